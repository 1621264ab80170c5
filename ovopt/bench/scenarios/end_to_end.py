"""End to end: from the content of the user's file through decode, preprocess, inference and postprocess."""

from __future__ import annotations

from itertools import chain
from typing import ClassVar

import numpy as np

from ovopt.bench.protocol import TakeEndToEnd
from ovopt.bench.turn_scenario import Turns, TurnScenario
from ovopt.bench.workers import Crew
from ovopt.comparison import judged
from ovopt.records import EndToEnd, EndToEndSpeedup, EndToEndTurn
from ovopt.stats import Floats


class EndToEndScenario(TurnScenario):
    """Every stage apart, sample after sample; then pipelined, so that preparation overlaps inference."""

    name: ClassVar[str] = "end_to_end"
    weight: ClassVar[float] = 1.0
    hint: ClassVar[str] = "LATENCY"
    batched: ClassVar[bool] = False

    def prepare(self, crew: Crew) -> None:
        """Hand every worker the contents of a few samples."""
        for name in crew.present:
            crew.ask(name, crew.arms[name].contents)

    def take(self, seconds: float, first: int) -> TakeEndToEnd:
        """Half a slice sample after sample, half pipelined."""
        return TakeEndToEnd(seconds, first)

    def seconds(self, turn: EndToEndTurn) -> float:
        """The median way of a sample."""
        return float(np.median(turn.totals_ns)) / 1e9

    def figures(self, raw: Turns) -> EndToEnd:
        """Medians over all samples, stage by stage."""
        turns: list[EndToEndTurn] = list(chain.from_iterable(raw))
        stages = np.concatenate([np.array(turn.stages_ns, dtype=np.float64) for turn in turns]) / 1e6
        names = ("decode_ms", "preprocess_ms", "inference_ms", "postprocess_ms")
        return EndToEnd(
            total_ms=float(np.median(stages.sum(axis=1))),
            **dict(zip(names, np.median(stages, axis=0).tolist(), strict=True)),
            pipelined_samples_per_s=float(np.median([turn.pipelined.samples_per_s for turn in turns])),
            n=len(stages),
            raw=tuple(tuple(rounds) for rounds in raw),
        )

    def pair(self, baseline: Turns, candidate: Turns, control: Turns | None) -> EndToEndSpeedup:
        """Both ways of running."""
        return EndToEndSpeedup(
            sequential=judged(self.table(baseline), self.table(candidate), self.table(control) if control else None),
            pipelined=judged(_pipelined(baseline), _pipelined(candidate), _pipelined(control) if control else None),
        )


def _pipelined(turns: Turns) -> Floats:
    return np.array([[turn.pipelined.seconds_per_sample for turn in rounds] for rounds in turns])
