"""A recipe's samples, divided: by what the data bring and the recipe says, and as they were for a bundle."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ovopt.contracts import Boxes, Samples
from ovopt.contracts.samples import bare_id
from ovopt.data.own_splits import NAMES, SplitError, is_amount, unexpected, usual_split
from ovopt.data.split import split, torn
from ovopt.errors import did_you_mean, quoted
from ovopt.preparing.groups import groups_of
from ovopt.recipe import Recipe
from ovopt.records import Manifest
from ovopt.units import a_few, counted, listed

MANY_FEW = 2
"""Samples of each whole number, on average, that make these classes."""
JUDGING_FIRST = NAMES[::-1]


@dataclass(frozen=True)
class Division:
    """Indices of each split; what looks odd about it."""

    splits: dict[str, tuple[int, ...]]
    groups: Sequence[str | None] | None = None
    """The group of each sample, where the recipe says what belongs together."""
    torn: Mapping[int, str] = field(default_factory=dict)
    """Samples that may not be used as others of their group judge, and why."""
    why_torn: str = ""
    """What of the groups that several splits have; empty where none has."""
    remarks: tuple[str, ...] = ()


def divide(
    samples: Samples,
    recipe: Recipe,
    seed: int,
    made: Sequence[Manifest] = (),
    pairs: dict[str, tuple[int, ...]] | None = None,
) -> Division:
    """The splits of these samples: those of a bundle that was made with them, as its manifest keeps them, else drawn,
    unless they are `pairs` that are divided already.

    Raises SplitError where they cannot be divided as the recipe says, DataError where the samples do not tell what
    belongs together.
    """
    data = recipe.data
    if pairs is not None and data.group is not None:
        raise SplitError("data.group", "pairs share no identity with those of another split; take it out")
    groups = None if data.group is None else groups_of(samples, data.group)
    kept = next((found for one in made if (found := _kept(samples, recipe, seed, one))), None)
    classes = _classes(samples, recipe)
    divided: Any = {"own": samples.splits, "keys": samples.places, "groups": groups}
    if groups and classes and _are_classes(groups, classes):
        raise SplitError("data.group", "the groups are the classes themselves, which every split should hold")
    splits = kept or pairs or split(samples.ids, data.splits, seed, classes, **divided)
    several = torn(splits, groups) if groups else {}
    return Division(
        splits,
        groups,
        dict(_unusable(several)),
        _why_torn(several, samples),
        tuple(_remarks(samples, recipe, splits, classes)),
    )


def _are_classes(groups: Sequence[str | None], classes: Sequence[Any]) -> bool:
    """Tell groups that are nothing but the classes under other names."""
    both = {(group, repr(label)) for group, label in zip(groups, classes, strict=True) if group is not None}
    return len(both) > 1 and len({group for group, _ in both}) == len(both) == len({label for _, label in both})


def check_parts(names: Sequence[str], recipe: Recipe) -> None:
    """Raises SplitError where parts were given names that no split draws from."""
    for name in unexpected(recipe.data.splits.choices, tuple(names)):
        raise SplitError(
            "data.source",
            f"the part {quoted(name)} has neither a usual name nor one that data.splits names; "
            f"{did_you_mean(name, [*NAMES, 'train', 'val', 'test'])}",
        )


def _kept(samples: Samples, recipe: Recipe, seed: int, made: Manifest) -> dict[str, tuple[int, ...]] | None:
    """The splits that a bundle was made with, where it was made with these samples, divided as now."""
    data = made.data
    now, then = (one.get("data") or {} for one in (recipe.resolved(), made.recipe))
    alike = all(now.get(key) == then.get(key) for key in ("splits", "group", "pairs"))
    if data is None or not alike or data.seed != seed or data.fingerprint != samples.fingerprint:
        return None
    place = {bare_id(one, samples.source): index for index, one in enumerate(samples.ids)}
    ids = {name: [bare_id(one, data.source) for one in chosen] for name, chosen in data.splits.items()}
    if {*ids} != {*NAMES} or not all(one in place for chosen in ids.values() for one in chosen):
        return None
    return {name: tuple(place[one] for one in ids[name]) for name in NAMES}


def _classes(samples: Samples, recipe: Recipe) -> Sequence[Any] | None:
    """Labels that are classes, which every split should hold alike; None where they are texts or figures: there, labels
    are classes only where they are few whole numbers."""
    labels = samples.labels
    if not labels or not all(label is None or isinstance(label, int | str) for label in labels):
        return None
    if any(metric.one_class for metric in recipe.metrics):
        return labels
    known = [label for label in labels if label is not None]
    few = len(set(known)) * MANY_FEW <= len(known)
    return labels if few and all(isinstance(label, int) for label in known) else None


def _unusable(several: Mapping[str, Mapping[str, Sequence[int]]]) -> Iterator[tuple[int, str]]:
    for group, held in several.items():
        judges = next(name for name in JUDGING_FIRST if name in held)
        for name in (name for name in held if name != judges):
            yield from ((index, f"others of its group, {quoted(group)}, are in {judges}") for index in held[name])


def _why_torn(several: Mapping[str, Mapping[str, Sequence[int]]], samples: Samples) -> str:
    if not several:
        return ""
    group, held = next(iter(several.items()))
    said = [f"{counted(len(chosen), 'sample')} in {_of_own(name, chosen, samples)}" for name, chosen in held.items()]
    groups = "a group is" if len(several) == 1 else f"{len(several)} groups are"
    return f"{groups} in several splits: {quoted(group)} has {listed(said)}"


def _of_own(name: str, indices: Sequence[int], samples: Samples) -> str:
    """`calibration (train)`: a split, and the data's own splits that these samples of it are from."""
    own = samples.splits
    return name if own is None else f"{name} ({listed(list(dict.fromkeys(own[index] for index in indices)))})"


def _remarks(
    samples: Samples, recipe: Recipe, splits: Mapping[str, Sequence[int]], classes: Sequence[Any] | None
) -> Iterator[str]:
    if (own := samples.splits) is None:
        return
    choices = recipe.data.splits.choices
    if unclear := unexpected(choices, tuple(dict.fromkeys(own))):
        names = listed([quoted(name) for name in unclear])
        yield f"samples of {names} are not used: the name does not tell what for; data.splits can say it"
    for name, chosen in splits.items():
        drawn = sorted({own[index] for index in chosen if usual_split(own[index]) == name})
        if len(drawn) > 1 and is_amount(choices[name]):
            yield f"{name} draws from {listed(drawn)}, which are names for the same; data.splits.{name} can choose"
    yield from _in_one_alone(samples, own, samples.classes or recipe.data.classes, splits, classes)


def _in_one_alone(
    samples: Samples,
    own: Sequence[str],
    names: Sequence[str],
    splits: Mapping[str, Sequence[int]],
    classes: Sequence[Any] | None,
) -> Iterator[str]:
    """Classes that only one of the data's own splits has."""
    held: dict[str, set[Any]] = defaultdict(set)
    for chosen in splits.values():
        for index in chosen:
            held[own[index]].update(_classes_in(samples, classes, index))
    known = {name: found for name, found in held.items() if found}
    counts = Counter(found for several in known.values() for found in several)
    for name, found in known.items() if len(known) > 1 else ():
        if lone := sorted(one for one in found if counts[one] == 1):
            said = a_few(names[one] if isinstance(one, int) and 0 <= one < len(names) else str(one) for one in lone)
            what = "class" if len(lone) == 1 else "classes"
            yield f"of the data's own splits only {name} has samples of {what} {said}"


def _classes_in(samples: Samples, classes: Sequence[Any] | None, index: int) -> Sequence[Any]:
    label = None if samples.labels is None else samples.labels[index]
    if isinstance(label, Boxes):
        found: list[int] = label.classes.tolist()
        return found
    return [] if classes is None or label is None else [label]
