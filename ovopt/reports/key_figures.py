"""The three or four figures of the candidate that the verdict is about. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ovopt import units
from ovopt.budgets.checks import metric_of
from ovopt.figures import DECIDING
from ovopt.records import Comparison, Pair
from ovopt.reports.budgets import checks_of
from ovopt.reports.cells import TONES, Tone
from ovopt.reports.rows import change_of, quality_tone, title_of
from ovopt.reports.verdict import verdict_of


@dataclass(frozen=True)
class KeyFigure:
    """One figure in large type, and what it is held against."""

    title: str
    figure: str
    beside: str
    tone: Tone


def key_figures(comparison: Comparison) -> list[KeyFigure]:
    """Of the candidate that the verdict speaks of; none where several stay behind."""
    about = verdict_of(comparison).about
    return [figure for pair in comparison.pairs if pair.candidate == about for figure in _figures(comparison, pair)]


def _figures(comparison: Comparison, pair: Pair) -> Iterator[KeyFigure]:
    for one in DECIDING:
        speed = one.speedup(pair)
        if speed and speed.low is not None and speed.high is not None:
            beside = f"{speed.verdict}, interval {units.factor_interval(speed.low, speed.high)}"
            yield KeyFigure(
                f"speed, {one.pair_name}", units.factor(speed.estimate), beside, TONES.get(speed.verdict, "plain")
            )
    budgeted = [metric_of(check) for check in checks_of(comparison, pair.candidate)]
    name = next((name for name in (*budgeted, *pair.accuracy) if name in pair.accuracy), None)
    if name:
        delta = pair.accuracy[name]
        agreement = delta.kind == "agreement"
        beside = "agreement with the original" if agreement else f"change {change_of(delta)}"
        yield KeyFigure(
            title_of(name),
            units.quality(delta.candidate, delta.unit),
            beside,
            "plain" if agreement else quality_tone(delta),
        )
    smaller: Tone = "good" if pair.size.ratio < 1 else "plain"
    ratio = f"{100 * pair.size.ratio:.0f} %"
    sizes = [arm.model.size_bytes for arm in comparison.arms if arm.name in (pair.baseline, pair.candidate)]
    yield KeyFigure("size", ratio, f"of the original's {units.size(sizes[0])}", smaller)
