"""Disjoint splits: calibration, tuning, gate."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Literal

from pydantic import Field

from ovopt.errors import DataError
from ovopt.records import Record

Amount = int | float | Literal["rest"]
NAMES = ("calibration", "tuning", "gate")
ROUNDING = 1e-9
"""What shares may be off by: 0.29 * 100 is a little less than 29."""


class Splits(Record):
    """Sizes of the splits: a count, a share below 1, or `rest` for one of them."""

    calibration: Amount = Field(default=0.25, description="statistics of the optimization")
    tuning: Amount = Field(default=0.25, description="decisions of accuracy control and search")
    gate: Amount = Field(default="rest", description="the verdict, on samples that no step has seen")


def split(
    ids: Sequence[str], splits: Splits, seed: int, labels: Sequence[Any] | None = None
) -> dict[str, tuple[int, ...]]:
    """Indices of each split, in random order. A sample's place follows from its id and the seed, so that samples
    added later move few of the others. Raises DataError where the splits ask for more samples than there are.

    Where all labels are numbers or names of classes, every split holds about the same share of each class: the samples
    of a class are spread evenly over the order that the splits are cut from (systematic sampling with a random start).
    """
    classes = labels if labels is not None and all(isinstance(label, int | str) for label in labels) else None
    members: dict[Any, list[int]] = defaultdict(list)
    for index in range(len(ids)):
        members[repr(classes[index]) if classes is not None else ""].append(index)
    place: dict[int, tuple[float, bytes]] = {}
    for label, indices in members.items():
        start = int.from_bytes(_draw(label, seed)) / 2**64
        drawn = sorted((_draw(ids[index], seed), index) for index in indices)
        for rank, (draw, index) in enumerate(drawn):
            place[index] = ((rank + start) / len(drawn), draw)
    order = sorted(place, key=place.__getitem__)
    sizes = counts(splits, len(ids))
    chosen, begin = {}, 0
    for name in NAMES:
        chosen[name] = tuple(order[begin : begin + sizes[name]])
        begin += sizes[name]
    return chosen


class SplitError(DataError):
    """A division that cannot be made: the key of the recipe, and why."""

    def __init__(self, key: str, why: str) -> None:
        super().__init__(f"{key}: {why}")
        self.key, self.why = key, why


def counts(splits: Splits, total: int) -> dict[str, int]:
    """Samples of each split, of so many altogether. Raises SplitError where that is no division of them."""
    amounts = {name: getattr(splits, name) for name in NAMES}
    fixed = {name: _count(amount, total, name) for name, amount in amounts.items() if amount != "rest"}
    open_ = [name for name in NAMES if name not in fixed]
    if len(open_) > 1:
        raise SplitError("data.splits", f"{' and '.join(open_)} cannot both be `rest`")
    shares = sum(amount for amount in amounts.values() if isinstance(amount, float))
    if shares > 1 + ROUNDING:
        raise SplitError("data.splits", f"the shares add up to {shares:g}, more than all samples")
    used = sum(fixed.values())
    if used > total:
        said = " + ".join(f"{name} {fixed[name]}" for name in NAMES if name in fixed)
        raise SplitError(
            "data.splits",
            f"{said} = {used} samples asked for, the data holds {total}; "
            "lower them in the recipe or with --set data.splits.calibration=...",
        )
    return {**fixed, **dict.fromkeys(open_, total - used)}


def _count(amount: Amount, total: int, name: str) -> int:
    if isinstance(amount, float):
        if not 0 <= amount <= 1:
            raise SplitError(f"data.splits.{name}", f"{amount} is no share; give a count or a share from 0.0 to 1.0")
        return int(amount * total + ROUNDING)
    if not isinstance(amount, int) or amount < 0:
        raise SplitError(f"data.splits.{name}", f"{amount!r} is no count of samples")
    return amount


def _draw(sample_id: str, seed: int) -> bytes:
    return hashlib.blake2b(f"{seed}\0{sample_id}".encode(errors="surrogateescape"), digest_size=8).digest()
