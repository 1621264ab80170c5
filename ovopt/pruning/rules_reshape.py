"""Channels through reshaping: axes are joined and split again, reordered, added and dropped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ovopt.model.graph.nodes import BROADCASTING, UNARY, axes_of, constant, dimensions, equal, producer, set_constant
from ovopt.pruning.trace import Axes, AxisLabels, Keep, Rule, Trace, Units, called, sizes

if TYPE_CHECKING:
    import openvino


Length = int | None
"""The length of an axis; None where it is dynamic."""


@dataclass(frozen=True)
class _Block:
    """Axes `old` hold, in the same order, what axes `new` hold."""

    old: tuple[int, ...]
    new: tuple[int, ...]


def _aligned(old: Sequence[Length], new: Sequence[Length], same: Sequence[int]) -> list[_Block]:
    """Pieces of two shapes of the same tensor that correspond for sure: from the end as far as lengths are known, and
    from the front as far as they are known or, being dynamic, are equal for another reason (`same`)."""
    back, old_end, new_end = _from_the_end(old, new)
    front, place = [], 0
    while place < min(old_end, new_end) and (place in same or (old[place] is not None and old[place] == new[place])):
        front.append(_Block((place,), (place,)))
        place += 1
    return [*front, *reversed(back)]


def _from_the_end(old: Sequence[Length], new: Sequence[Length]) -> tuple[list[_Block], int, int]:
    """The blocks, and how many axes of each shape are left in front of them."""
    found, i, j = list[_Block](), len(old), len(new)
    while True:
        block = _last_block(old[:i], new[:j])
        if block is None:
            return found, i, j
        found.append(block)
        i, j = block.old[0], block.new[0]


def _last_block(old: Sequence[Length], new: Sequence[Length]) -> _Block | None:
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
    return _Block(tuple(range(i, len(old))), tuple(range(j, len(new))))


def _flattened(lengths: Sequence[int], axis: int, labels: AxisLabels) -> AxisLabels:
    """The labels of several axes made one, of which `axis` alone has labels."""
    inner, outer = int(np.prod(lengths[axis + 1 :])), int(np.prod(lengths[:axis]))
    return np.tile(np.repeat(labels, inner), outer)


def _split_labels(units: Units, labels: AxisLabels, lengths: Sequence[int], heads: bool) -> list[AxisLabels | None]:
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


def _distinct(table: AxisLabels, axis: int) -> int:
    first = np.moveaxis(table, axis, 0).reshape(table.shape[axis], -1)[:, 0]
    return len(np.unique(first))


THROUGH = UNARY | BROADCASTING | {
    "Gather", "Slice", "Split", "Squeeze", "StridedSlice", "Transpose", "Unsqueeze", "VariadicSplit",
}  # fmt: skip
"""Operations that may lie between the split into heads and the product of queries and keys."""
FAR = 12
"""Operations after which a split into heads would have come to its product."""


def _reshape(trace: Trace, node: openvino.Node) -> Sequence[Axes] | None:
    old, new = sizes(node.input_value(0)), sizes(node.output(0))
    data, target = trace.axes(node.input_value(0)), constant(producer(node, 1))
    if old is None or new is None:
        return None
    if all(labels is None for labels in data):
        return [(None,) * len(new)]
    if target is None:
        trace.protect(data, f"{called(node)} has a shape that is computed while it runs")
        return [(None,) * len(new)]
    copied = {int(i) for i in np.flatnonzero(target == 0)} if node.get_attributes()["special_zero"] else set[int]()
    blocks = _aligned(old, new, _same(node, copied))
    found = _through(trace, node, blocks)
    covered = {axis for block in blocks for axis in block.old}
    trace.protect([labels for axis, labels in enumerate(data) if axis not in covered], _mixes(node))
    for axis in copied:
        if found[axis] is None:
            trace.protect([data[axis]], _mixes(node))
    trace.repairs.append(lambda keep: _retarget(node, found, keep))
    return [tuple(found)]


def _same(node: openvino.Node, copied: set[int]) -> list[int]:
    """Dynamic axes that are as long as before, in the same place."""
    pairs = zip(dimensions(node.input_value(0)) or (), dimensions(node.output(0)) or (), strict=False)
    return [axis for axis, (before, after) in enumerate(pairs) if axis in copied or equal(before, after)]


def _through(trace: Trace, node: openvino.Node, blocks: Sequence[_Block]) -> list[AxisLabels | None]:
    old, new = sizes(node.input_value(0)) or [], sizes(node.output(0)) or []
    data = trace.axes(node.input_value(0))
    found: list[AxisLabels | None] = [None] * len(new)
    for block in blocks:
        held = [axis for axis in block.old if data[axis] is not None]
        if len(held) > 1:
            trace.protect([data[axis] for axis in held], _mixes(node))
        elif held:
            labels = data[held[0]]
            assert labels is not None
            if len(block.old) > 1:
                lengths = [old[axis] or 1 for axis in block.old]
                labels = _flattened(lengths, block.old.index(held[0]), labels)
            parts = [new[axis] or 1 for axis in block.new]
            pieces = _split_labels(trace.units, labels, parts, _leads_to_product(node)) if len(parts) > 1 else [labels]
            for axis, piece in zip(block.new, pieces, strict=True):
                found[axis] = piece
    return found


def _leads_to_product(node: openvino.Node) -> bool:
    """True where what comes out is multiplied with another activation, as queries, keys and values are."""
    waiting, seen = [node], 0
    while waiting and seen < FAR:
        seen += 1
        current = waiting.pop(0)
        for target in (target for output in current.outputs() for target in output.get_target_inputs()):
            reader = target.get_node()
            if reader.get_type_name() in ("MatMul", "ScaledDotProductAttention"):
                return True
            if reader.get_type_name() in THROUGH:
                waiting.append(reader)
    return False


def _retarget(node: openvino.Node, found: Sequence[AxisLabels | None], keep: Keep) -> None:
    target = constant(producer(node, 1))
    assert target is not None
    changed = target.copy()
    for axis, labels in enumerate(found):
        if labels is not None and target[axis] != -1:
            changed[axis] = int(keep(labels).sum())
    if not np.array_equal(changed, target):
        set_constant(node, 1, changed)


def _mixes(node: openvino.Node) -> str:
    return f"{called(node)} mixes them with other axes"


def _transpose(trace: Trace, node: openvino.Node) -> Sequence[Axes] | None:
    data, order = trace.axes(node.input_value(0)), constant(producer(node, 1))
    if not data or order is None:
        return None
    turned = [int(axis) for axis in order.reshape(-1)] or range(len(data))[::-1]
    return [tuple(data[axis] for axis in turned)]


def _squeeze(trace: Trace, node: openvino.Node) -> Sequence[Axes] | None:
    data, shape = trace.axes(node.input_value(0)), sizes(node.input_value(0))
    if not data or shape is None:
        return None
    if node.get_input_size() > 1:
        gone = axes_of(node, len(data))
    else:
        gone = None if None in shape else [axis for axis, size in enumerate(shape) if size == 1]
    return None if gone is None else [tuple(labels for axis, labels in enumerate(data) if axis not in gone)]


def _unsqueeze(trace: Trace, node: openvino.Node) -> Sequence[Axes] | None:
    shape = sizes(node.output(0))
    added = axes_of(node, len(shape)) if shape is not None else None
    if shape is None or added is None:
        return None
    data = iter(trace.axes(node.input_value(0)))
    return [tuple(None if axis in added else next(data) for axis in range(len(shape)))]


RULES: Mapping[str, Rule] = {
    "Reshape": _reshape,
    "Transpose": _transpose,
    "Squeeze": _squeeze,
    "Unsqueeze": _unsqueeze,
}
