"""Disjoint splits: calibration, tuning, gate."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

from pydantic import Field

from ovopt.data.id_lists import listed_samples
from ovopt.data.own_splits import DEFAULTS, NAMES, Amount, Choice, Pool, SplitError, Wants, drawn_from, is_amount
from ovopt.records import Record

MANY = 1 << 40
"""Samples, more than any split asks for by their count."""
ROUNDING = 1e-9
"""What shares may be off by: 0.29 * 100 is a little less than 29."""


class Splits(Record):
    """The samples of each split: a count, a share, `rest` for one of them, or what the data set itself calls a split:
    its name, several names, a part of one (`{train: 0.5}`), or a text file with an id on each line.

    By default those that the data bring (training samples calibrate and never judge), else a quarter, a quarter and the
    rest. Where the data bring splits, a count is of those that this split draws from, and shares divide only what
    several draw from."""

    calibration: Choice | None = Field(default=None, description="statistics of the optimization")
    tuning: Choice | None = Field(default=None, description="decisions of accuracy control and search")
    gate: Choice | None = Field(default=None, description="the verdict, on samples that no step has seen")

    @property
    def choices(self) -> dict[str, Choice | None]:
        """The recipe's choice for each split."""
        return {"calibration": self.calibration, "tuning": self.tuning, "gate": self.gate}


def split(
    ids: Sequence[str],
    splits: Splits,
    seed: int,
    classes: Sequence[Any] | None = None,
    *,
    own: Sequence[str] | None = None,
    keys: Sequence[str] | None = None,
    groups: Sequence[str | None] | None = None,
) -> dict[str, tuple[int, ...]]:
    """Indices of each split, in random order. A sample's place follows from its key (by default its id) and the seed,
    so that samples added later move few of the others. `own` are the splits that the data set itself puts the samples
    in. Raises SplitError where the splits ask for more samples than there are, or for a split that there is not.

    Where classes are given, every split holds about the same share of each: the samples of a class are spread evenly
    over the order that the splits are cut from (systematic sampling with a random start). Samples of one group come
    into one split, as far as they are drawn from the same own splits.
    """
    listed = listed_samples(ids, splits.choices)
    keys = ids if keys is None else keys
    order = _order(keys, seed, classes)
    place = {index: rank for rank, index in enumerate(order)}
    units = [[index] for index in order] if groups is None else _in_groups(keys, seed, classes, groups)
    chosen: dict[str, list[int]] = {name: list(listed.get(name, ())) for name in NAMES}
    taken = {index for indices in chosen.values() for index in indices}
    choices = {name: choice for name, choice in splits.choices.items() if name not in listed}
    for pool, wants in sorted(
        drawn_from(choices, tuple(dict.fromkeys(own or ()))).items(), key=lambda one: len(one[0])
    ):
        free = [[i for i in unit if i not in taken and (own is None or own[i] in pool)] for unit in units]
        for name, indices in _shared_out([unit for unit in free if unit], wants, pool, own is not None).items():
            chosen[name] += indices
            taken.update(indices)
    return {name: tuple(sorted(chosen[name], key=place.__getitem__)) for name in NAMES}


def torn(splits: Mapping[str, Sequence[int]], groups: Sequence[str | None]) -> dict[str, dict[str, list[int]]]:
    """Groups with samples in several splits, as data sets' own may have them: group -> split -> those samples."""
    found: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for name, indices in splits.items():
        for index in indices:
            if (group := groups[index]) is not None:
                found[group][name].append(index)
    return {group: dict(held) for group, held in found.items() if len(held) > 1}


def counts(amounts: Wants, total: int, pool: Pool = ()) -> dict[str, int]:
    """Samples of each split, of so many in this pool. Raises SplitError where that is no division of them."""
    fixed = {name: _count(amount, total, name) for name, amount in amounts.items() if amount not in ("rest", None)}
    open_ = [name for name in amounts if name not in fixed]
    if [amounts[name] for name in open_].count("rest") > 1:
        raise SplitError("data.splits", f"{' and '.join(open_)} cannot both be `rest`")
    shares = sum(amount for amount in amounts.values() if isinstance(amount, float))
    if shares > 1 + ROUNDING:
        raise SplitError("data.splits", f"the shares add up to {shares:g}, more than all samples")
    used = sum(fixed.values())
    if used > total:
        said = " + ".join(f"{name} {fixed[name]}" for name in NAMES if name in fixed)
        first = next(name for name in NAMES if name in fixed)
        holder = f"{' and '.join(pool)} of the data holds" if pool else "the data holds"
        raise SplitError(
            "data.splits",
            f"{said} = {used} samples asked for, {holder} {total}; "
            f"lower them in the recipe or with --set data.splits.{first}=...",
        )
    left = [(total - used + place) // len(open_) for place in range(len(open_))]
    sizes = {**fixed, **dict(zip(open_, left, strict=True))}
    return {name: sizes[name] for name in amounts}


def check_amounts(splits: Splits) -> None:
    """Raises SplitError where counts and shares are no division of any data."""
    given = {name: choice for name, choice in splits.choices.items() if is_amount(choice)}
    amounts: dict[str, Any] = {name: DEFAULTS[name] if choice is None else choice for name, choice in given.items()}
    counts(amounts, MANY)


def _count(amount: Amount | None, total: int, name: str) -> int:
    if isinstance(amount, float):
        if not 0 <= amount <= 1:
            raise SplitError(f"data.splits.{name}", f"{amount} is no share; give a count or a share from 0.0 to 1.0")
        return int(amount * total + ROUNDING)
    if not isinstance(amount, int) or amount < 0:
        raise SplitError(f"data.splits.{name}", f"{amount!r} is no count of samples")
    return amount


def _order(keys: Sequence[str], seed: int, classes: Sequence[Any] | None) -> list[int]:
    members: dict[Any, list[int]] = defaultdict(list)
    for index in range(len(keys)):
        members[repr(classes[index]) if classes is not None else ""].append(index)
    place: dict[int, tuple[float, bytes]] = {}
    for label, indices in members.items():
        start = int.from_bytes(_draw(label, seed)) / 2**64
        drawn = sorted((_draw(keys[index], seed), index) for index in indices)
        for rank, (draw, index) in enumerate(drawn):
            place[index] = ((rank + start) / len(drawn), draw)
    return sorted(place, key=place.__getitem__)


def _draw(key: str, seed: int) -> bytes:
    return hashlib.blake2b(f"{seed}\0{key}".encode(errors="surrogateescape"), digest_size=8).digest()


def _in_groups(
    keys: Sequence[str], seed: int, classes: Sequence[Any] | None, groups: Sequence[str | None]
) -> list[list[int]]:
    """The samples of each group, and those of none one by one, in random order: groups by their name, and spread by
    the class that most of their samples have."""
    members: dict[tuple[bool, str], list[int]] = defaultdict(list)
    for index, group in enumerate(groups):
        members[group is not None, keys[index] if group is None else group].append(index)
    units = list(members.values())
    most = classes and [Counter(repr(classes[i]) for i in unit).most_common(1)[0][0] for unit in units]
    return [units[rank] for rank in _order([name for _, name in members], seed, most)]


def _shared_out(units: Sequence[list[int]], wants: Wants, pool: Pool, divided: bool) -> dict[str, list[int]]:
    """Samples of each split of those that draw from this pool, as near to the sizes that it wants as whole units come.
    Raises SplitError where there are too few of them."""
    if divided and not pool:
        return {}
    total = sum(map(len, units))
    sizes = counts(wants, total, pool)
    if total == len(units):
        ends = accumulate(sizes.values())
        found = {name: [*units[end - size : end]] for (name, size), end in zip(sizes.items(), ends, strict=True)}
    else:
        found = _fitted(units, sizes, [name for name, amount in wants.items() if amount in ("rest", None)])
        _fill_empty(found, sizes, total)
    return {name: [index for unit in chosen for index in unit] for name, chosen in found.items()}


def _fitted(units: Sequence[list[int]], sizes: Mapping[str, int], open_: Sequence[str]) -> dict[str, list[list[int]]]:
    """Each unit where it fits first; those that fit nowhere where most is missing, or where the rest goes."""
    missing, found = dict(sizes), {name: list[list[int]]() for name in sizes}

    def put(unit: list[int], name: str) -> None:
        found[name].append(unit)
        missing[name] -= len(unit)

    large = []
    for unit in units:
        name = next((name for name, count in missing.items() if count >= len(unit)), None)
        if name is None:
            large.append(unit)
        else:
            put(unit, name)
    for unit in large:
        name = max(sizes, key=lambda one: missing[one] / max(sizes[one], 1))
        if 2 * missing[name] > len(unit):
            put(unit, name)
        elif open_:
            put(unit, max(open_, key=missing.__getitem__))
    return found


def _fill_empty(found: Mapping[str, list[list[int]]], sizes: Mapping[str, int], total: int) -> None:
    """Give each split that would be empty the smallest unit of the one that has most. Raises SplitError where none has
    two."""
    for name in (name for name, size in sizes.items() if size and not found[name]):
        giver = max(found.values(), key=len)
        if len(giver) < 2:
            wanted = [name for name, size in sizes.items() if size]
            units = [len(unit) for held in found.values() for unit in held]
            raise SplitError(
                "data.group",
                f"{len(units)} groups cannot fill {len(wanted)} splits ({', '.join(wanted)}): the largest holds "
                f"{max(units)} of {total} samples; a split of 0 is left out, as with --set data.splits.{wanted[0]}=0",
            )
        smallest = min(giver, key=len)
        giver.remove(smallest)
        found[name].append(smallest)
