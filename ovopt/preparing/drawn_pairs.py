"""Pairs that are drawn from identities, evenly and without one twice."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, islice
from typing import TypeAlias

import numpy as np

from ovopt.errors import DataError

Pair: TypeAlias = tuple[int, int, bool]
"""Two samples, and if they are of one identity."""
Members: TypeAlias = Mapping[str, Sequence[int]]
"""Identity -> its samples."""
DRAWN_FREELY = 4
"""Where there are so many times more pairs than wanted, they are drawn until enough differ; else chosen from all."""


def drawn_pairs(members: Members, same: int, different: int, rng: np.random.Generator, said: str) -> list[Pair]:
    """So many pairs of one identity, and of two. Raises DataError where the identities do not make as many: `said`
    tells whose they are."""
    return [*_same(members, same, rng, said), *_different(members, different, rng, said)]


def _same(members: Members, count: int, rng: np.random.Generator, said: str) -> Iterator[Pair]:
    """Pairs of all identities in turn."""
    order = [one for one in sorted(members) if len(members[one]) > 1]
    rng.shuffle(order)
    most = {one: math.comb(len(members[one]), 2) for one in order}
    _check(count, sum(most.values()), "same", said)
    wanted = dict.fromkeys(order, 0)
    while left := count - sum(wanted.values()):
        for one in [one for one in order if wanted[one] < most[one]][:left]:
            wanted[one] += 1
    for one, number in wanted.items():
        for place in rng.choice(most[one], number, replace=False).tolist():
            later = (1 + math.isqrt(1 + 8 * place)) // 2
            yield members[one][place - math.comb(later, 2)], members[one][later], True


def _different(members: Members, count: int, rng: np.random.Generator, said: str) -> Iterator[Pair]:
    """Pairs of two identities, both drawn from all identities alike."""
    pool = [members[one] for one in sorted(members)]
    sizes = np.array([len(indices) for indices in pool], np.int64)
    most = int((sizes.sum() ** 2 - (sizes**2).sum()) // 2)
    _check(count, most, "different", said)
    if most < DRAWN_FREELY * count:
        everything = [(a, b) for one, two in combinations(pool, 2) for a in one for b in two]
        yield from ((*everything[place], False) for place in rng.choice(len(everything), count, replace=False))
        return
    found: dict[tuple[int, int], None] = {}
    alike = True
    while len(found) < count:  # by turns from identities alike and by their size, which reaches every pair
        drawn = rng.choice(len(pool), (count, 2), p=None if alike else sizes / sizes.sum())
        for one, two in np.sort(drawn[drawn[:, 0] != drawn[:, 1]], axis=1).tolist():
            found.setdefault((pool[one][int(rng.integers(sizes[one]))], pool[two][int(rng.integers(sizes[two]))]))
        alike = not alike
    yield from ((*pair, False) for pair in islice(found, count))


def _check(count: int, most: int, key: str, said: str) -> None:
    if count > most:
        raise DataError(
            f"data.pairs.{key}: {count:,} asked for {said}, of which {most:,} can be made; ask for fewer with --set "
            f"data.pairs.{key}=..., or give that split more of all samples (data.splits)"
        )
