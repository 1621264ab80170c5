"""Which axes before a reshape become which axes after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ovopt.pruning.units import Labels, Units

Size = int | None
"""The length of an axis; None where it is dynamic."""


@dataclass(frozen=True)
class Block:
    """Axes `old` hold, in the same order, what axes `new` hold."""

    old: tuple[int, ...]
    new: tuple[int, ...]


def aligned(old: Sequence[Size], new: Sequence[Size], same: Sequence[int]) -> list[Block]:
    """Pieces of two shapes of the same tensor that correspond for sure: from the end as far as lengths are known, and
    from the front as far as they are known or, being dynamic, are equal for another reason (`same`)."""
    back, old_end, new_end = _from_the_end(old, new)
    front, place = [], 0
    while place < min(old_end, new_end) and (place in same or (old[place] is not None and old[place] == new[place])):
        front.append(Block((place,), (place,)))
        place += 1
    return [*front, *reversed(back)]


def _from_the_end(old: Sequence[Size], new: Sequence[Size]) -> tuple[list[Block], int, int]:
    """The blocks, and how many axes of each shape are left in front of them."""
    found, i, j = list[Block](), len(old), len(new)
    while True:
        block = _last_block(old[:i], new[:j])
        if block is None:
            return found, i, j
        found.append(block)
        i, j = block.old[0], block.new[0]


def _last_block(old: Sequence[Size], new: Sequence[Size]) -> Block | None:
    """The fewest last axes of both that hold as much."""
    i, j = len(old) - 1, len(new) - 1
    if i < 0 or j < 0:
        return None
    mine, theirs = old[i], new[j]
    while mine is not None and theirs is not None and mine != theirs:
        if mine < theirs:
            i -= 1
            mine = None if i < 0 or old[i] is None else mine * (old[i] or 0)
        else:
            j -= 1
            theirs = None if j < 0 or new[j] is None else theirs * (new[j] or 0)
    if mine is None or theirs is None:
        return None
    return Block(tuple(range(i, len(old))), tuple(range(j, len(new))))


def flattened(lengths: Sequence[int], axis: int, labels: Labels) -> Labels:
    """The labels of several axes made one, of which `axis` alone has labels."""
    inner, outer = int(np.prod(lengths[axis + 1 :])), int(np.prod(lengths[:axis]))
    return np.tile(np.repeat(labels, inner), outer)


def split(units: Units, labels: Labels, lengths: Sequence[int], heads: bool) -> list[Labels | None]:
    """The labels of one axis made several: one of these carries them, and its positions go as a whole.

    That is the one that leaves the smallest units. Of the axes of attention `heads`, the last holds what belongs to one
    head, and does not count.
    """
    table = units.of(labels).reshape(lengths)
    candidates = [axis for axis, length in enumerate(lengths) if length > 1]
    if heads and len(candidates) > 1:
        candidates = _heads(candidates[:-1], lengths)
    carrier = max(candidates, key=lambda axis: _distinct(table, axis))
    rows = np.moveaxis(table, carrier, 0).reshape(lengths[carrier], -1)
    for column in rows.T[1:]:
        units.unite(rows[:, 0], column)
    return [rows[:, 0] if axis == carrier else None for axis in range(len(lengths))]


def _heads(candidates: list[int], lengths: Sequence[int]) -> list[int]:
    """Without the axis of query, key and value, where these come from one product."""
    threes = [axis for axis in candidates if lengths[axis] == len("qkv")]
    return [axis for axis in candidates if axis != threes[0]] if threes and len(candidates) > 1 else candidates


def _distinct(table: Labels, axis: int) -> int:
    first = np.moveaxis(table, axis, 0).reshape(table.shape[axis], -1)[:, 0]
    return len(np.unique(first))
