"""Fixes for what an optimization lost: looked for by running them, and checked before they are proposed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ovopt.bench.quick_speedup import quick_speedup
from ovopt.bisection import shortest_prefix, thinned
from ovopt.contracts import Progress, Tensors
from ovopt.errors import ArmLostError, StepError, UsageError
from ovopt.model.inspect.ignored_scope import Scope
from ovopt.model.inspect.quantizers import reverted
from ovopt.records import QualityDelta
from ovopt.records.diagnosis import Fix, FixCheck
from ovopt.time_budget import OutOfTimeError, TimeBudget

if TYPE_CHECKING:
    import openvino

RECOVERED = 0.8
"""A fix for the accuracy gives back so much of what can be had back."""
UNBOUNDED = float("inf")
"""A drop without a limit, and that of a model that does not run."""


@dataclass(frozen=True)
class FixTarget:
    """The optimized model, what it was made from, and how it can be made again."""

    optimized: openvino.Model
    source: openvino.Model
    """With operations of the same names; lends what is reverted."""
    wall_ms: float
    sample: Tensors
    device: str
    judge: Callable[[openvino.Model], QualityDelta] | None
    """Quality against the original; None where the recipe has no metric."""
    scope: Callable[[Collection[str]], Scope]
    lines: Callable[[Scope], str]
    remake: Callable[[Scope], openvino.Model] | None
    """Makes the model again; None where it cannot be."""
    remake_s: float
    """About how long that takes."""


class FixSearch:
    """Search for fixes that are checked, within a time budget."""

    def __init__(self, target: FixTarget, budget: TimeBudget, progress: Progress) -> None:
        self._target = target
        self._budget = budget
        self._progress = progress
        self._known: dict[frozenset[str], float] = {}

    def culprits(self, ranked: Sequence[str], whole: float, allowed: float | None) -> tuple[str, ...]:
        """The fewest of the ranked layers that, reverted, leave no more than is allowed of the whole drop (None: that
        give back most of it), as far as the time goes; none where nothing does."""
        reserved_s = self._target.remake_s if self._target.remake else 0.0
        goal: float | None = None
        with self._progress.task("look for a fix", total=self._budget.seconds) as advance:

            def drop(names: Sequence[str]) -> float:
                began_s = self._budget.spent_s
                if self._budget.left_s <= reserved_s:
                    raise OutOfTimeError
                found = self._drop(names)
                advance(self._budget.spent_s - began_s, f"{len(self._known)} tried")
                return found

            try:
                left = drop(ranked)
                goal = whole - RECOVERED * (whole - left) if allowed is None else allowed
                if left >= whole or left > goal:
                    return ()
                prefix = shortest_prefix(ranked, lambda names: drop(names) <= goal)
                return (
                    thinned(prefix, lambda names: drop(names) <= goal) if prefix and len(prefix) > 1 else prefix or ()
                )
            except OutOfTimeError:
                self._progress.say("the time for checks has ended; the best fix so far counts")
                return self._best(ranked, goal)

    def fastest(self, slow: Sequence[Sequence[str]]) -> tuple[str, ...]:
        """Sets of layers to revert, the most promising first: how many of them, by a quick look at 1, 2, 4 ..."""
        found: dict[tuple[str, ...], float] = {}
        length = 1
        while not found or not self._budget.is_over:
            names = tuple(dict.fromkeys(name for several in slow[:length] for name in several))
            found[names] = self._speedup(self._reverted(names)) or 0.0
            if length >= len(slow):
                break
            length = min(2 * length, len(slow))
        return max(found, key=found.__getitem__)

    def _speedup(self, model: openvino.Model) -> float | None:
        target = self._target
        return quick_speedup(target.optimized, model, target.sample, target.device)

    def fix(self, layers: Sequence[str], pays: Callable[[FixCheck], bool]) -> Fix:
        """The fix for these layers, checked."""
        scope = self._target.scope(layers)
        checks = [self._check("reverted", self._reverted(layers))]
        if pays(checks[0]) and self._target.remake and self._target.remake_s < self._budget.left_s:
            try:
                checks.append(self._check("made again", self._target.remake(scope)))
            except (StepError, UsageError) as error:
                self._progress.say(f"the model cannot be made again with these lines: {error}")
        return Fix(layers=tuple(layers), recipe=self._target.lines(scope), checks=tuple(checks), pays=pays(checks[-1]))

    def _best(self, ranked: Sequence[str], goal: float | None) -> tuple[str, ...]:
        """The fewest layers of a set that was tried and reaches the goal."""
        good = [names for names, drop in self._known.items() if goal is not None and drop <= goal]
        return tuple(name for name in ranked if good and name in min(good, key=len))

    def _drop(self, layers: Sequence[str]) -> float:
        key = frozenset(layers)
        if key not in self._known:
            judged = self._judged(self._reverted(layers))
            self._known[key] = judged.drop[0] if judged else UNBOUNDED
        return self._known[key]

    def _reverted(self, layers: Collection[str]) -> openvino.Model:
        return reverted(self._target.optimized, self._target.source, self._target.scope(layers).reverted)

    def _judged(self, model: openvino.Model) -> QualityDelta | None:
        try:
            return self._target.judge(model) if self._target.judge else None
        except ArmLostError as error:
            self._progress.say(f"with {error}")
            return None

    def _check(self, how: Literal["reverted", "made again"], model: openvino.Model) -> FixCheck:
        speedup = self._speedup(model)
        cost_ms = self._target.wall_ms * (1 / speedup - 1) if speedup else None
        return FixCheck(how=how, quality=self._judged(model), speedup=speedup, cost_ms=cost_ms)
