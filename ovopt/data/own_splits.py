"""A data set's own splits: their usual names, and those that calibration, tuning and gate draw from."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeAlias

from ovopt.errors import DataError, did_you_mean, quoted

Amount: TypeAlias = int | float | Literal["rest"]
Choice: TypeAlias = Amount | str | tuple[str, ...] | dict[str, Amount]
Pool: TypeAlias = tuple[str, ...]
"""Names of the data's own splits; empty where it has none."""
Wants: TypeAlias = Mapping[str, Amount | None]
"""Split -> the amount that it takes of a pool; None is what the others leave, evenly where several want it."""
NAMES = ("calibration", "tuning", "gate")
DEFAULTS: Mapping[str, Amount] = {"calibration": 0.25, "tuning": 0.25, "gate": "rest"}
"""Of samples that all three draw from."""
USUAL: Mapping[str, Sequence[str]] = {
    "calibration": ("calibration", "calib", "train", "training", "trainset", "trainval"),
    "tuning": ("tuning", "val", "valid", "validation", "dev", "eval"),
    "gate": ("gate", "test", "testing", "testset"),
}
"""Names of a data set's own splits, and the split that each is for."""
PLAIN = re.compile(r"[^\W\d_]+[-_]?\d*")
"""A word, with a number behind it at the most."""
WORD = re.compile(r"[^\W\d_]*")
"""What a name begins with: `train` of `train2017`, `validation` of `validation_matched`."""


class SplitError(DataError):
    """A division that cannot be made: the key of the recipe, and why."""

    def __init__(self, key: str, why: str) -> None:
        super().__init__(f"{key}: {why}")
        self.key, self.why = key, why


def usual_split(name: str) -> str | None:
    """The split that a data set's own split of this name is for; None where the name tells nothing.

    >>> usual_split("train2017"), usual_split("validation_matched"), usual_split("trained")
    ('calibration', 'tuning', None)
    """
    word = WORD.match(name.lower())
    return next((split for split, names in USUAL.items() if word and word.group() in names), None)


def own_splits_in(folder: Path) -> dict[str, list[Path]]:
    """Places in a folder under the usual name of a split, or one with a number behind it: folders, or where there
    are none, files by their names without suffix."""
    try:
        places = sorted(place for place in folder.iterdir() if PLAIN.fullmatch(place.stem))
    except OSError:
        return {}
    named = [place for place in places if usual_split(place.stem)]
    if folders := {place.name: [place] for place in named if place.is_dir()}:
        return folders
    found: dict[str, list[Path]] = {}
    for place in named:
        if place.is_file():
            found.setdefault(place.stem, []).append(place)
    return found


def is_amount(choice: Choice | None) -> bool:
    """Tell a count, a share and `rest` from the data's own names."""
    return choice is None or choice == "rest" or isinstance(choice, int | float)


def drawn_from(choices: Mapping[str, Choice | None], known: Pool) -> dict[Pool, Wants]:
    """The pools that the splits draw from, each with what each split takes of it. `known` are the data's own splits.

    A split takes what it names; others take from what is left, by usual names. Raises SplitError where there is no
    split of a name, or none to judge by.
    """
    named = {name: _named(name, choice, known) for name, choice in choices.items() if not is_amount(choice)}
    amounts: dict[str, Any] = {name: choice for name, choice in choices.items() if is_amount(choice)}
    found: dict[Pool, dict[str, Amount | None]] = defaultdict(dict)
    for name, asked in named.items():
        for one, amount in asked.items():
            found[one,][name] = amount
    taken = {one for asked in named.values() for one, amount in asked.items() if amount in (None, "rest")}
    pools = _pools(tuple(one for one in known if one not in taken), known, amounts)
    for pool in dict.fromkeys(pools.values()):
        wants = {name: amounts[name] for name in pools if pools[name] == pool}
        found[pool] |= _shares(wants, alone=not found[pool])
    return {pool: {name: wants[name] for name in NAMES if name in wants} for pool, wants in found.items()}


def unexpected(choices: Mapping[str, Choice | None], known: Pool) -> Pool:
    """Own splits that no split draws from as their names tell nothing."""
    named = {one for name, choice in choices.items() if not is_amount(choice) for one in _asked(choice)}
    unclear = tuple(one for one in known if usual_split(one) is None and one not in named)
    return unclear if len(unclear) < len(set(known) - named) else ()


def _shares(wants: Wants, alone: bool) -> Wants:
    """Shares as they divide what these splits draw from, and nobody else where they are alone: of all samples, two
    splits may want a quarter each; where there are no others, that is a half."""
    if len(wants) == len(NAMES):
        return {name: DEFAULTS[name] if amount is None else amount for name, amount in wants.items()}
    total = sum(amount for amount in wants.values() if isinstance(amount, float))
    if not alone or not total or not all(isinstance(amount, float) for amount in wants.values()):
        return wants
    return {name: amount / total for name, amount in wants.items() if isinstance(amount, float)}


def _asked(choice: Any) -> Mapping[str, Amount | None]:
    if isinstance(choice, Mapping):
        return choice
    return dict.fromkeys((choice,) if isinstance(choice, str) else choice)


def _named(name: str, choice: Any, known: Pool) -> Mapping[str, Amount | None]:
    for one in _asked(choice):
        if one not in known:
            hint = (
                did_you_mean(one, known) if known else "they bring none; give a count, a share such as 0.25, or `rest`"
            )
            raise SplitError(f"data.splits.{name}", f"the data have no split {quoted(one)}; {hint}")
    return _asked(choice)


def _pools(left: Pool, known: Pool, amounts: Mapping[str, Amount | None]) -> dict[str, Pool]:
    """The own splits that each split draws from which names none: those of its usual names, or of the next best.

    One that is called `gate` judges as a whole, and nothing else is drawn from it; training samples judge only where
    the data bring no others.
    """
    calibration, tuning, gate = (_called(name, left) for name in NAMES)
    if not (calibration or tuning or gate):
        found = dict.fromkeys(NAMES, left)
    elif gate == ("gate",):
        found = {"calibration": calibration or tuning, "tuning": tuning or calibration, "gate": gate}
    elif tuning or gate:
        found = {"calibration": calibration or tuning or gate, "tuning": tuning or gate, "gate": gate or tuning}
    else:
        found = dict.fromkeys(NAMES, calibration)
        if calibration == ("calibration",):
            found["gate"] = ()
        elif set(left) - set(calibration) and amounts.get("gate", 0) != 0:
            raise _none_judges(left, calibration)
    return {name: found[name] for name in amounts}


def _none_judges(left: Pool, training: Pool) -> SplitError:
    others = [one for one in left if one not in training]
    said = " or ".join(quoted(one) for one in others[:3])
    return SplitError(
        "data.splits.gate",
        f"the data come as {', '.join(left)}, of which training samples do not judge; name what does, such as {said}: "
        f"--set data.splits.gate={others[0]}",
    )


def _called(name: str, known: Pool) -> Pool:
    """Those of the usual names; one that is called as we do goes before all others."""
    return (name,) if name in known else tuple(one for one in known if usual_split(one) == name)
