"""The order of a tensor's axes, as a Transpose takes it: output axis i is input axis order[i]."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ovopt.model.graph.nodes import constant, dimensions, producer

if TYPE_CHECKING:
    import openvino

Order = tuple[int, ...]


def order_of(node: openvino.Node) -> Order | None:
    """The order of a Transpose; None where it is none, or has no constant order."""
    order = constant(producer(node, 1)) if node.get_type_name() == "Transpose" else None
    return tuple(int(axis) for axis in order) if order is not None and order.size else None


def after(first: Order, second: Order) -> Order:
    """The one order that does what the first does and then the second.

    >>> after((0, 2, 3, 1), (0, 3, 1, 2))
    (0, 1, 2, 3)
    """
    return tuple(first[axis] for axis in second)


def inverse(order: Order) -> Order:
    """The order that undoes one.

    >>> inverse((0, 2, 3, 1))
    (0, 3, 1, 2)
    """
    return tuple(sorted(range(len(order)), key=order.__getitem__))


def identity(order: Order) -> Order:
    """The order of as many axes that changes nothing."""
    return tuple(range(len(order)))


def moved_elements(shape: Sequence[int], order: Order) -> int:
    """Elements that a Transpose moves: all, or none where only unit dimensions change places."""
    long = [axis for axis in order if shape[axis] != 1]
    return 0 if long == sorted(long) else math.prod(shape)


def sizes(output: openvino.Output) -> list[int]:
    """An output's sizes, to compare costs: one that is not fixed counts as 2."""
    shape = dimensions(output) or []
    return [size.get_length() if size.is_static else 2 for size in shape]
