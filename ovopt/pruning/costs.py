"""Work of a model, operation by operation, and the part of it that is left once channels are gone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from ovopt.model.graph.nodes import constant, producer
from ovopt.pruning.groups import Group
from ovopt.pruning.trace import Trace, sizes

if TYPE_CHECKING:
    import openvino


def multiply_adds(model: openvino.Model, sample: Sequence[NDArray[Any]]) -> dict[str, float]:
    """Multiplications with an addition of one inference with this sample (arrays [1, ...]), by the name of the
    operation.

    Raises RuntimeError where the model does not take the sample's shapes.
    """
    fixed = model.clone()
    fixed.reshape(dict(enumerate(tuple(array.shape) for array in sample)))
    return {
        op.get_friendly_name(): count
        for op in fixed.get_ordered_ops()
        if op.get_type_name() in _COUNTED and (count := _count(op))
    }


def parameters(model: openvino.Model) -> int:
    """Elements of all constants of a floating-point type."""
    return sum(
        prod(op.get_output_shape(0))
        for op in model.get_ordered_ops()
        if op.get_type_name() == "Constant" and op.get_element_type().is_real()
    )


def _count(op: openvino.Node) -> float:
    if all(constant(producer(op, index)) is not None for index in (0, 1)):
        return 0.0
    kind, out = op.get_type_name(), _lengths(op.output(0))
    first, second = (_lengths(op.input_value(index)) for index in (0, 1))
    if kind == "MatMul":
        turned = op.get_attributes()["transpose_a"] and len(first) > 1
        return float(prod(out)) * first[-2 if turned else -1]
    if kind == "ScaledDotProductAttention":
        return float(prod(first[:-1])) * second[-2] * (first[-1] + out[-1])
    weights = float(prod(second))
    if "Backprop" in kind:
        groups = second[0] if "Group" in kind else 1
        return prod(first) * weights / (first[1] * groups)
    return prod(out) * weights / out[1]


def _lengths(value: openvino.Output) -> list[int]:
    """Dynamic dimensions that are left (computed ones) count as one."""
    return [length or 1 for length in sizes(value) or []]


_COUNTED = {
    "Convolution", "ConvolutionBackpropData", "GroupConvolution", "GroupConvolutionBackpropData", "MatMul",
    "ScaledDotProductAttention",
}  # fmt: skip


@dataclass(frozen=True)
class Factor:
    """An axis that an operation's work is in proportion to."""

    length: int
    parts: Mapping[int, float]
    """Group -> positions per unit of it."""

    def share(self, removed: Sequence[int]) -> float:
        """Share of its length that is left."""
        return 1 - sum(each * removed[group] for group, each in self.parts.items()) / self.length


@dataclass(frozen=True)
class Cost:
    """An operation's work, and what it is in proportion to."""

    full: float
    factors: tuple[Factor, ...]

    def left(self, removed: Sequence[int]) -> float:
        """The work once so many units are removed of each group."""
        return self.full * prod(factor.share(removed) for factor in self.factors)


@dataclass(frozen=True)
class Costs:
    """All the work of a model."""

    items: tuple[Cost, ...]
    by_group: Mapping[int, tuple[int, ...]]
    """Group -> the items that get smaller with it."""

    @property
    def full(self) -> float:
        """The work of the whole model."""
        return sum(item.full for item in self.items)

    def left(self, removed: Sequence[int]) -> float:
        """The work that is left."""
        return sum(item.left(removed) for item in self.items)

    def saved(self, removed: Sequence[int], group: int, more: int) -> float:
        """Work that removing so many more units of a group saves."""
        after = [count + more if place == group else count for place, count in enumerate(removed)]
        return sum(self.items[i].left(removed) - self.items[i].left(after) for i in self.by_group.get(group, ()))


def costs(trace: Trace, chosen: Sequence[Group], amounts: Mapping[str, float]) -> Costs:
    """The work of a model by operation, as a function of what is removed of each group."""
    group_of = {unit: place for place, group in enumerate(chosen) for unit in group.units}
    items = []
    for product in trace.products:
        amount = amounts.get(product.node.get_friendly_name(), 0.0)
        factors = (_factor(trace.units.of(labels).tolist(), group_of, chosen) for labels in product.factors)
        items.append(Cost(amount, tuple(factor for factor in factors if factor.parts)))
    known = {product.node.get_friendly_name() for product in trace.products}
    rest = sum(amount for name, amount in amounts.items() if name not in known)
    by_group = {
        place: tuple(i for i, item in enumerate(items) if any(place in factor.parts for factor in item.factors))
        for place in range(len(chosen))
    }
    return Costs((*items, Cost(rest, ())), by_group)


def _factor(units: Sequence[int], group_of: Mapping[int, int], chosen: Sequence[Group]) -> Factor:
    counts = Counter(group_of[unit] for unit in units if unit in group_of)
    return Factor(len(units), {place: count / len(chosen[place].units) for place, count in counts.items()})
