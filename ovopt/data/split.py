"""Disjoint splits: calibration, tuning, gate."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePath
from typing import Any, Literal, TypeAlias

from pydantic import Field

from ovopt.data.content import read_text
from ovopt.errors import DataError, did_you_mean, quoted
from ovopt.locate import expand
from ovopt.records import Record
from ovopt.units import a_few

Amount: TypeAlias = int | float | Literal["rest"]
Choice: TypeAlias = Amount | str | tuple[str, ...] | dict[str, Amount]
NAMES = ("calibration", "tuning", "gate")
DEFAULTS: Mapping[str, Amount] = {"calibration": 0.25, "tuning": 0.25, "gate": "rest"}
"""Of data that is not divided."""
USUAL: Mapping[str, Sequence[str]] = {
    "calibration": ("calibration", "calib", "train", "training", "trainset"),
    "tuning": ("tuning", "val", "valid", "validation", "dev", "eval"),
    "gate": ("gate", "test", "testing", "testset"),
}
"""Names of a data set's own splits, and the split that each is for."""
LISTS = (".txt", ".lst", ".ids")
"""Suffixes of files that list the samples of a split."""
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


class SplitError(DataError):
    """A division that cannot be made: the key of the recipe, and why."""

    def __init__(self, key: str, why: str) -> None:
        super().__init__(f"{key}: {why}")
        self.key, self.why = key, why


def usual_split(name: str) -> str | None:
    """The split that a data set's own split of this name is for; None where the name tells nothing."""
    return next((split for split, names in USUAL.items() if name.lower() in names), None)


def split(
    ids: Sequence[str],
    splits: Splits,
    seed: int,
    classes: Sequence[Any] | None = None,
    *,
    own: Sequence[str] | None = None,
    keys: Sequence[str] | None = None,
) -> dict[str, tuple[int, ...]]:
    """Indices of each split, in random order. A sample's place follows from its key (by default its id) and the seed,
    so that samples added later move few of the others. `own` are the splits that the data set itself puts the samples
    in. Raises SplitError where the splits ask for more samples than there are, or for a split that there is not.

    Where classes are given, every split holds about the same share of each: the samples of a class are spread evenly
    over the order that the splits are cut from (systematic sampling with a random start).
    """
    listed = dict(_listed(ids, splits))
    taken = {index for chosen in listed.values() for index in chosen}
    order = [index for index in _order(ids if keys is None else keys, seed, classes) if index not in taken]
    place = dict(zip(order, range(len(order)), strict=True))
    chosen: dict[str, list[int]] = {name: list(listed.get(name, ())) for name in NAMES}
    known = tuple(dict.fromkeys(own or ()))
    for pool, amounts in sorted(_wanted(splits, known, listed).items(), key=lambda item: len(item[0])):
        members = [index for index in order if index not in taken and (own is None or own[index] in pool)]
        begin = 0
        for name, size in counts(amounts, len(members), pool).items():
            chosen[name] += members[begin : begin + size]
            begin += size
        taken.update(members[:begin])
    return {name: tuple(sorted(chosen[name], key=lambda index: place.get(index, index))) for name in NAMES}


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


Pool: TypeAlias = tuple[str, ...]
"""Names of the data's own splits; empty where it has none."""


def _wanted(splits: Splits, known: Pool, listed: Mapping[str, Any]) -> dict[Pool, dict[str, Amount | None]]:
    """The amount of each pool that each split takes. None is what the others leave, evenly where several want it."""
    choices = {name: getattr(splits, name) for name in NAMES if name not in listed}
    amounts = {name: choice for name, choice in choices.items() if _is_amount(choice)}
    found: dict[Pool, dict[str, Amount | None]] = defaultdict(dict)
    named: list[str] = []
    for name in choices.keys() - amounts.keys():
        for one, amount in _named(name, choices[name], known).items():
            found[one,][name] = amount
            named.append(one)
    usual = _usual(known)
    for name, amount in amounts.items():
        pool = usual[name] if usual else tuple(one for one in known if one not in named)
        found[pool][name] = DEFAULTS[name] if amount is None and not usual else amount
    for wants in (found[pool] for pool in usual.values() if list(usual.values()).count(pool) == 1):
        for name in (
            name for name, amount in wants.items() if isinstance(amount, float) and amount and name in amounts
        ):
            wants[name] = None  # shares divide what several splits draw from
    return {pool: {name: wants[name] for name in NAMES if name in wants} for pool, wants in found.items()}


def _is_amount(choice: Choice | None) -> bool:
    return choice is None or choice == "rest" or isinstance(choice, int | float)


def _named(name: str, choice: Any, known: Pool) -> Mapping[str, Amount | None]:
    asked = (
        dict(choice) if isinstance(choice, Mapping) else dict.fromkeys((choice,) if isinstance(choice, str) else choice)
    )
    for one in asked:
        if one not in known:
            hint = did_you_mean(one, known) if known else "they bring no splits of their own"
            raise SplitError(f"data.splits.{name}", f"the data have no split {quoted(one)}; {hint}")
    return asked


def _usual(known: Pool) -> dict[str, Pool]:
    """The data's own splits that each split takes; empty where their names do not tell training from judging."""
    found = {name: tuple(one for one in known if usual_split(one) == name) for name in NAMES}
    calibration, tuning, gate = (found[name] for name in NAMES)
    if not (calibration and (tuning or gate)) and not (tuning and gate):
        return {}
    if "gate" in gate:  # said in our own word: all of it judges
        tuning = tuning or calibration
    return {"calibration": calibration or tuning, "tuning": tuning or gate, "gate": gate or tuning}


def counts(amounts: Mapping[str, Amount | None], total: int, pool: Pool = ()) -> dict[str, int]:
    """Samples of each split, of so many in this pool. None is an even part of what is
    left. Raises SplitError where that is no division of them."""
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
        holder = f"the data's own split {' and '.join(pool)}" if pool else "the data"
        raise SplitError(
            "data.splits",
            f"{said} = {used} samples asked for, {holder} holds {total}; "
            "lower them in the recipe or with --set data.splits.calibration=...",
        )
    left = [(total - used + place) // len(open_) for place in range(len(open_))]
    sizes = {**fixed, **dict(zip(open_, left, strict=True))}
    return {name: sizes[name] for name in amounts}


def check_amounts(splits: Splits) -> None:
    """Raises SplitError where counts and shares are no division of any data."""
    given = {name: getattr(splits, name) for name in NAMES}
    counts({name: DEFAULTS[name] if one is None else one for name, one in given.items() if _is_amount(one)}, MANY)


def _count(amount: Amount | None, total: int, name: str) -> int:
    if isinstance(amount, float):
        if not 0 <= amount <= 1:
            raise SplitError(f"data.splits.{name}", f"{amount} is no share; give a count or a share from 0.0 to 1.0")
        return int(amount * total + ROUNDING)
    if not isinstance(amount, int) or amount < 0:
        raise SplitError(f"data.splits.{name}", f"{amount!r} is no count of samples")
    return amount


def _listed(ids: Sequence[str], splits: Splits) -> Iterator[tuple[str, list[int]]]:
    """Indices of the samples that a split's text file names, by the split. Raises SplitError where it names one that
    there is not, or that another split's file names."""
    taken: dict[int, str] = {}
    for name in NAMES:
        choice = getattr(splits, name)
        if not isinstance(choice, str) or PurePath(choice).suffix.lower() not in LISTS:
            continue
        file, key = expand(choice), f"data.splits.{name}"
        places = places_of(ids)
        lines = [line.strip() for line in read_text(file).splitlines() if line.strip()]
        unknown = [line for line in lines if places.get(line) is None]
        if unknown:
            raise SplitError(key, f"{file}: no single sample is called {a_few(unknown)}; ids are as {quoted(ids[0])}")
        chosen = [index for line in dict.fromkeys(lines) if (index := places[line]) is not None]
        for index in chosen:
            if index in taken:
                raise SplitError(key, f"{file}: {ids[index]} is in the list of {taken[index]}, too")
            taken[index] = name
        yield name, chosen


def places_of(ids: Sequence[str]) -> dict[str, int | None]:
    """The index of each sample by its id, the last part of it, and both without suffix; None for what several are
    called."""
    found: dict[str, int | None] = {}
    for index, one in enumerate(ids):
        path = PurePath(one)
        for name in {path.name, path.stem, str(path.with_suffix(""))} - {one}:
            found[name] = None if name in found else index
    return {**found, **{one: index for index, one in enumerate(ids)}}


def own_splits_in(folder: Path) -> dict[str, Path]:
    """What lies in a folder under a usual name of a split: folders, and files whose name without suffix is one."""
    try:
        places = sorted(folder.iterdir())
    except OSError:
        return {}
    return {
        place.stem if place.is_file() else place.name: place
        for place in places
        if usual_split(place.stem if place.is_file() else place.name)
    }


def _draw(sample_id: str, seed: int) -> bytes:
    return hashlib.blake2b(f"{seed}\0{sample_id}".encode(errors="surrogateescape"), digest_size=8).digest()
