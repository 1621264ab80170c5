"""Samples whose outcome changed between baseline and candidate. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ovopt.records import Comparison, Pair, Quality

SHOWN = 1000
"""Of one candidate and metric. The comparison file has them all."""


@dataclass(frozen=True)
class Flip:
    """One sample that turned wrong (lost) or right (gained)."""

    candidate: str
    metric: str
    sample: str
    outcome: str


def flips(comparison: Comparison) -> Iterator[Flip]:
    """The samples that turned, of every candidate and right-or-wrong metric, lost ones first."""
    arms = {arm.name: arm for arm in comparison.arms}
    for pair in comparison.pairs:
        for name in _right_or_wrong(pair):
            before, after = (arms[arm].accuracy.get(name) for arm in (pair.baseline, pair.candidate))
            if before and after and len(before.rows) == len(after.rows):
                yield from _turned(comparison, pair.candidate, name, before, after)


def _right_or_wrong(pair: Pair) -> list[str]:
    return [name for name, delta in pair.accuracy.items() if delta.flips is not None and delta.kind == "accuracy"]


def _turned(comparison: Comparison, candidate: str, metric: str, before: Quality, after: Quality) -> Iterator[Flip]:
    ids = sample_ids(comparison, len(before.rows))
    rows = list(zip(ids, before.rows, after.rows, strict=True))
    turned = [(sample, "lost") for sample, was, is_ in rows if was == 1 and is_ == 0]
    turned += [(sample, "gained") for sample, was, is_ in rows if was == 0 and is_ == 1]
    yield from (Flip(candidate, metric, sample, outcome) for sample, outcome in turned[:SHOWN])


def sample_ids(comparison: Comparison, count: int) -> Sequence[str]:
    """The ids of the samples that judged; their numbers where the record does not say."""
    data = comparison.data
    known: Any = [i for i in data.splits.get("gate", ()) if i not in data.left_out] if data else []
    return known if len(known) == count else [f"sample {index}" for index in range(count)]
