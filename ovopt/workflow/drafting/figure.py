"""The figure that a recipe reaches, as `ovopt evaluate` gives it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ovopt import units
from ovopt.contracts import Progress
from ovopt.records import Quality
from ovopt.workflow.drafting.draft import Draft
from ovopt.workflow.drafting.trials import Trials, guess

LOWEST = 0.01
NOTHING_RIGHT = (
    "next to nothing is right: the order of the classes, the head or the preparation is probably not the model's"
)
NO_DEPTH_RIGHT = (
    "next to no depth is right: their unit (`data.source.scale`: 0.001 makes metres of millimetres), what the output "
    "tells (`align` and `inverse` of the metrics), or the preparation is probably not the model's"
)
MOST = 300
"""Samples that are judged at most."""


@dataclass(frozen=True)
class Figure:
    """Figures of a recipe's metrics on `n` of the `total` samples that `evaluate` judges."""

    metrics: Mapping[str, Quality]
    guesses: Mapping[str, float]
    """By metric: what the best guess reaches."""
    n: int
    total: int
    doubts: tuple[str, ...] = ()
    better_order: tuple[str, ...] = ()
    """Names of the classes in the order that the answers tell, where that is another one."""
    better_places: Mapping[str, int] = field(default_factory=dict)
    """The same as places among the scores."""

    @property
    def lines(self) -> Iterator[str]:
        """A line for each metric, and one for each doubt."""
        on = f"{self.n:,} samples" if self.n == self.total else f"{self.n:,} of {self.total:,} samples"
        for name, one in self.metrics.items():
            value, low, high = (units.quality(figure, one.unit) for figure in (one.value, one.low, one.high))
            chance = f", chance {units.quality(self.guesses[name], one.unit)}" if self.guesses.get(name) else ""
            yield f"{name} {value} [{low}, {high}] on {on}{chance}"
        yield from (f"doubt: {doubt}" for doubt in self.doubts)


def figure_of(draft: Draft, trials: Trials, progress: Progress) -> Figure | None:
    """The figure of a draft; None without a metric that looks at labels. Raises UsageError where the samples do not go
    through it."""
    prepared = trials.prepared(draft)
    if not any(metric.kind == "accuracy" for metric in prepared.recipe.metrics):
        next(prepared.prepare_each([0]), None)  # a recipe that does not run must not be written
        return None
    judging = prepared.judging
    chosen = _some(judging)
    with progress.task("evaluate the new recipe", total=len(chosen)) as advance:
        scorer, scored = trials.scored(prepared, chosen, advance=advance)
    found = {m.label: scorer.quality(m, scored.rows[m.label]) for m in scorer.metrics if scored.rows[m.label]}
    if not found:
        raise prepared.no_sample_error("judge by")
    guesses = {metric.label: guess(metric, scorer, scored) for metric in scorer.metrics if metric.label in found}
    doubts = (*scorer.doubts, *scorer.doubts_of(scored, found))
    of_depths = prepared.recipe.task == "depth"
    if (of_depths or not doubts) and _says_nothing(found):
        doubts = (NO_DEPTH_RIGHT if of_depths else NOTHING_RIGHT,)
    n = max(quality.n for quality in found.values())
    return Figure(
        found,
        guesses,
        n,
        len(judging),
        doubts,
        tuple(scored.shifts.better_order() or ()),
        scored.shifts.better_places(),
    )


def _says_nothing(found: Mapping[str, Quality]) -> bool:
    """True where the first figure is the lowest that there is; an error has no worst, so that a share behind it
    tells."""
    shares = [one for one in found.values() if one.unit == "share" and one.higher_is_better]
    first = next(iter(found.values()))
    return bool(shares) and shares[0].value < LOWEST and (first is shares[0] or not first.higher_is_better)


def _some(judging: Sequence[int]) -> Sequence[int]:
    """All of them, or some from all over them."""
    if len(judging) <= MOST:
        return judging
    return [judging[place] for place in np.linspace(0, len(judging) - 1, MOST).astype(int)]
