"""Scenarios made of turns: replicas of every arm, rounds in random order, until the intervals are narrow enough."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from ovopt.bench.equal_settings import open_all, same_settings
from ovopt.bench.scenario import Effort, Found, Scenario
from ovopt.bench.workers import Crew
from ovopt.comparison import judged
from ovopt.contracts import Progress
from ovopt.records import Measured, Record
from ovopt.stats import Floats, speedup_interval
from ovopt.turns import LEAST_REPLICAS, TURN, creation_order, rounds_per_block, turn_order, why_stop

DISTURBED_SHARE = 0.05
"""A round is named from this share of its processor time on that a hypervisor took away."""
RENEWED_SHARE = 0.3
"""A process has a bias of its own that all instances compiled in it share: a replica gets new ones, as far as starting
them takes no more than this share of the time."""
Turns = list[list[Any]]
"""One arm's turns, [replica][round]."""


class TurnScenario(Scenario):
    """A scenario whose arms take turns."""

    hint: ClassVar[str]
    forced: ClassVar[Mapping[str, str]] = {}
    """Properties that the scenario needs, whatever the arms ask for."""
    inferences: ClassVar[int] = 4
    """What a turn takes at least, the discarded ones included, in the time of one inference alone."""
    batched: ClassVar[bool] = True
    """Whether an inference takes as many samples as the recipe's batch says."""

    @abstractmethod
    def take(self, seconds: float, first: int) -> Any:
        """The command that makes a worker take a turn, from sample `first` on."""

    def seconds(self, turn: Any) -> float:
        """The figure that turns are compared by: seconds per sample."""
        return float(turn.seconds_per_sample)

    def prepare(self, crew: Crew) -> None:
        """Whatever the arms need before their first turn."""

    def look_closer(self, crew: Crew, found: Found) -> None:
        """Whatever is to be found out while the arms are still open."""

    def measure(self, crew: Crew, effort: Effort, progress: Progress) -> Found:
        """Blocks of one replica each; the schedule adapts to how long an inference takes."""
        found = Found()
        rng = np.random.default_rng(effort.seed)
        started = crew.clock()
        with progress.task(f"measure {self.name.replace('_', ' ')}", total=effort.time_budget_s) as advance:
            self.prepare(crew)
            settings = same_settings(self.name, crew, effort.hint or self.hint, found, self.batched, self.forced)
            affordable = crew.loading_s * LEAST_REPLICAS <= RENEWED_SHARE * effort.time_budget_s
            renewed_s = crew.loading_s if affordable else 0.0
            per_block: int | None = None
            replica, rounds, spent = 0, 0, 0.0
            stopped: str | None = None
            if crew.baseline in crew.lost:
                stopped = "the baseline was lost"
            while stopped is None:
                if replica and affordable:
                    crew.renew()
                    self.prepare(crew)
                opened, opening_s = open_all(crew, settings, creation_order(crew.present, replica))
                if per_block is None:
                    left = effort.time_budget_s - (crew.clock() - started - opening_s)
                    inference_s = [o.inference_s for o in opened.values()]
                    per_block = rounds_per_block(inference_s, opening_s + renewed_s, left, self.inferences)
                rounds += per_block
                self._take_block(crew, per_block, rng, found)
                replica += 1
                before, spent = spent, crew.clock() - started
                widths = self._half_widths(found, crew)
                stopped = why_stop(replica, widths, effort.precision, spent, effort.time_budget_s)
                if crew.baseline in crew.lost:
                    stopped = "the baseline was lost"
                note = f"±{100 * max(widths.values()):.1f} %" if widths else ""
                advance(effort.time_budget_s if stopped else spent - before, note)
            self.look_closer(crew, found)
        for name in crew.lost:
            found.raw.pop(name, None)
        found.measured = Measured(
            replicas=replica,
            rounds=rounds,
            seconds=round(crew.clock() - started, 1),
            stopped=stopped,
            disturbed=tuple(found.disturbed),
            drift=_drift(self.table(found.raw[crew.baseline])) if crew.baseline in found.raw else 1.0,
        )
        return found

    def restore(self, figures: Any) -> Turns:
        """The turns again."""
        return [list(rounds) for rounds in figures.raw]

    def pair(self, baseline: Turns, candidate: Turns, control: Turns | None) -> Record:
        """Seconds per sample of one arm's turns over the other's, of the same rounds."""
        return judged(self.table(baseline), self.table(candidate), self.table(control) if control else None)

    def table(self, turns: Turns) -> Floats:
        """Seconds per sample of each turn, shape [replicas, rounds]."""
        return np.array([[self.seconds(turn) for turn in rounds] for rounds in turns], dtype=np.float64)

    def _take_block(self, crew: Crew, rounds: int, rng: np.random.Generator, found: Found) -> None:
        taken: dict[str, list[Any]] = {name: [] for name in crew.present}
        replica = len(found.raw.get(crew.baseline, ()))
        for index in range(rounds):
            before = crew.ticks()
            first = int(rng.integers(1 << 20))
            for name in turn_order(crew.present, rng):
                taken[name].append(crew.ask(name, self.take(TURN.seconds, first)))
            after = crew.ticks()
            stolen = after.steal_share_since(before) if before and after else 0.0
            if stolen > DISTURBED_SHARE:
                found.disturbed.append((replica, index, round(stolen, 3)))
        for name in crew.present:
            found.raw.setdefault(name, []).append(taken[name])

    def _half_widths(self, found: Found, crew: Crew) -> dict[str, float]:
        if crew.baseline in crew.lost or len(found.raw.get(crew.baseline, ())) < 2:
            return {}
        baseline = self.table(found.raw[crew.baseline])
        others = [name for name in crew.present if name != crew.baseline]
        return {n: speedup_interval(baseline, self.table(found.raw[n])).relative_half_width for n in others}


def _drift(table: Floats) -> float:
    """Movement of the baseline's own time: last third of its turns over the first third."""
    flat = table.ravel()
    third = max(1, len(flat) // 3)
    return float(np.median(flat[-third:]) / np.median(flat[:third]))
