"""Pairs of samples that are labelled by who or what is on them, so that no identity is on both sides of a split."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import NoneType
from typing import Any

import numpy as np

from ovopt.contracts import BadLabel, Parts, Samples
from ovopt.data.id_lists import places_of
from ovopt.data.own_splits import DEFAULTS, NAMES, usual_split
from ovopt.data.pairs import Pairs, listed_pairs
from ovopt.data.split import Splits, counts, split
from ovopt.errors import DataError, quoted
from ovopt.preparing.drawn_pairs import Pair, drawn_pairs

MOST_OTHERS = 300
"""Pairs to calibrate with, of samples that a file of pairs does not name: as many as NNCF takes."""
FEWEST = 6
"""Identities of a split that wants few pairs: with less, these would all be of the same."""
JUDGES = "test"
"""What the data's own split of such a file's pairs is called."""
Made = dict[tuple[str, str], list[Pair]]
"""Pairs of each split, and of each of the data's own that it draws from; that is empty where they have none."""


@dataclass(frozen=True)
class Paired:
    """Samples of two parts, labelled 1 (the same) or 0, and the indices of each split."""

    samples: Samples
    splits: dict[str, tuple[int, ...]]


def paired(samples: Samples, pairs: Pairs, splits: Splits, seed: int) -> Paired:
    """Pairs in place of samples, so that each identity is in the pairs of one split alone.

    Raises DataError where labels tell no identities, or there are too few for so many pairs."""
    who = [_identity(label, index) for index, label in enumerate(samples.labels or [None] * len(samples))]
    if pairs.file is None:
        made = _drawn(samples, pairs.same or 0, pairs.different or 0, who, splits, seed)
    else:
        made = _listed(samples, pairs.file, who, splits)
    chosen = [(split, own, *pair) for (split, own), several in made.items() for pair in several]

    def load(index: int) -> Parts:
        *_, first, second, _ = chosen[index]
        return Parts((samples.load(first), samples.load(second)))

    joined = replace(
        samples,
        ids=tuple(f"{samples.ids[first]} + {samples.ids[second]}" for *_, first, second, _ in chosen),
        labels=tuple(int(same) for *_, same in chosen),
        load=load,
        fingerprint=_digest(samples.fingerprint, *map(str, chosen)),
        classes=(),
        class_count=None,
        splits=tuple(own for _, own, *_ in chosen) if any(own for _, own in made) else None,
        keys=None,
        columns={},
    )
    places = {name: tuple(place for place, (split, *_) in enumerate(chosen) if split == name) for name in NAMES}
    return Paired(joined, places)


def _identity(label: Any, index: int) -> str:
    """Who or what is on a sample; the sample itself, where its label does not say."""
    known = label is not None and not isinstance(label, BadLabel) and np.size(label) == 1
    return f"={np.asarray(label).item()}" if known else f"#{index}"


def _drawn(samples: Samples, same: int, different: int, who: Sequence[str], splits: Splits, seed: int) -> Made:
    """Pairs of identities that were divided: so many altogether, or of each of the data's own splits."""
    members, own = _members(samples, who)
    if len(members) < 2:
        raise DataError(
            f"{samples.source}: data.pairs needs samples whose labels say who or what is on them; these name "
            f"{len(members) or 'nobody'}{' alone' if members else ''}"
        )
    total, names = same + different, list(members)
    amounts = {name: amount for name in NAMES if type(amount := getattr(splits, name)) is int}
    if sum(amounts.values()) > total:
        said = " + ".join(f"{name} {amount}" for name, amount in amounts.items())
        raise DataError(f"data.splits: {said} pairs asked for, data.pairs makes {total}; lower them, or make more")
    least = min(FEWEST / len(members), 1 / len(NAMES))
    asked = {name: max(amount / total, least) if amount else 0.0 for name, amount in amounts.items()}
    surplus = max(1.0, sum(asked.values()))
    shares = splits.model_copy(update={name: share / surplus for name, share in asked.items()})
    several = [len(members[name]) > 1 for name in names]
    pools: dict[tuple[str, str], list[str]] = defaultdict(list)
    of_own = [own[name] for name in names] if own else None
    for split_name, indices in split(names, shares, seed, several, own=of_own).items():
        for index in indices:
            pools[split_name, own[names[index]] if own else ""].append(names[index])
    made: Made = {}
    for (name, of), size in _sizes(pools, amounts, total).items():
        rng = np.random.default_rng(int(_digest(str(seed), name, of)[:16], 16))
        pool, alike = {one: members[one] for one in pools[name, of]}, round(same * size / total)
        said = f"of the {len(pool)} identities of {name}"
        made[name, of] = drawn_pairs(pool, alike, size - alike, rng, said)
    return made


def _members(samples: Samples, who: Sequence[str]) -> tuple[dict[str, list[int]], dict[str, str]]:
    """Samples of each identity, and the split of the data's own that it is in: of several, that which judges, or the
    last, and its samples of the others are left out."""
    members: dict[str, list[int]] = defaultdict(list)
    for index, identity in enumerate(who):
        if identity.startswith("="):
            members[identity].append(index)
    if samples.splits is None:
        return dict(members), {}
    of, names = samples.splits, list(dict.fromkeys(samples.splits))
    rank = {name: (NAMES.index(usual_split(name) or NAMES[0]), place) for place, name in enumerate(names)}
    own = {identity: max((of[index] for index in held), key=rank.__getitem__) for identity, held in members.items()}
    return {one: [index for index in held if of[index] == own[one]] for one, held in members.items()}, own


def _sizes(
    pools: Mapping[tuple[str, str], Sequence[str]], amounts: Mapping[str, int], total: int
) -> dict[tuple[str, str], int]:
    """The number of pairs that each pool makes: as many as its split asks for, or its share of what is left."""
    sizes: dict[tuple[str, str], int] = {}
    for own in dict.fromkeys(own for _, own in pools):
        asked = {key: amounts[key[0]] for key in pools if key[1] == own and key[0] in amounts}
        open_ = [key for key in pools if key[1] == own and key not in asked]
        ends = np.cumsum([0, *(len(pools[key]) for key in open_)])
        parts = np.diff(ends * (total - sum(asked.values())) // max(int(ends[-1]), 1)).tolist()
        sizes |= {**asked, **dict(zip(open_, parts, strict=True))}
    return sizes


def _listed(samples: Samples, file: str, who: Sequence[str], splits: Splits) -> Made:
    """Pairs of a file, which judge. Samples of identities that it does not name calibrate, if there are such."""
    places = places_of(samples.ids)
    pairs: list[Pair] = []
    for where, one, two, same, _ in listed_pairs(file):
        for name in (one, two):
            if places.get(name) is None:
                raise DataError(f"{where}: no single sample is called {quoted(name)}; ids are as {samples.ids[0]!r}")
        first, second = (places[name] or 0 for name in (one, two))
        pairs.append((first, second, same))
    seen = {who[index] for first, second, _ in pairs for index in (first, second)}
    left = [index for index, identity in enumerate(who) if identity not in seen]
    left.sort(key=lambda index: _digest(samples.ids[index]))
    others = [(a, b, who[a] == who[b]) for a, b in zip(left[::2], left[1::2], strict=False)]
    amounts = {name: getattr(splits, name) for name in (NAMES[1:] if others else NAMES)}
    given = {name: DEFAULTS[name] if isinstance(one, NoneType | str) else one for name, one in amounts.items()}
    made = _apart(pairs, who, counts(given, len(pairs)))
    if others:
        return {(NAMES[0], "train"): others[:MOST_OTHERS], **{(name, JUDGES): own for name, own in made.items()}}
    return {(name, ""): own for name, own in made.items()}


def _apart(pairs: Sequence[Pair], who: Sequence[str], sizes: Mapping[str, int]) -> dict[str, list[Pair]]:
    """Pairs of each split. Those that hang together through their identities stay together, the largest such first and
    each where most pairs are lacking; if that leaves a split without any, they are divided one by one."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    places = {identity: place for place, identity in enumerate(dict.fromkeys(who))}
    edges = np.array([[places[who[first]], places[who[second]]] for first, second, _ in pairs])
    graph = coo_array((np.ones(len(edges)), edges.T), (len(places), len(places)))
    parts: dict[int, list[Pair]] = defaultdict(list)
    for pair, part in zip(pairs, connected_components(graph, directed=False)[1][edges[:, 0]].tolist(), strict=True):
        parts[part].append(pair)
    made: dict[str, list[Pair]] = {name: [] for name, size in sizes.items() if size}
    for own in sorted(parts.values(), key=len, reverse=True):
        made[max(made, key=lambda name: sizes[name] - len(made[name]))] += own
    if all(made.values()):
        return made
    mixed = sorted(pairs, key=lambda pair: _digest(*map(str, pair)))
    ends = np.cumsum(list(sizes.values())).tolist()
    return {name: mixed[end - size : end] for (name, size), end in zip(sizes.items(), ends, strict=True)}


def _digest(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode(errors="surrogateescape")).hexdigest()
