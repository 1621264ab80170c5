"""Operations of a model as rewrites see them: reading constants and shapes, comparing dimensions, rewiring readers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import openvino


_SINGLE = """
    Abs Ceiling Clamp Convert Cos Elu Erf Exp Floor Gelu HSigmoid HSwish HardSigmoid Log LogicalNot Mish Negative Relu
    Round Selu Sigmoid Sign Sin SoftPlus SoftSign Sqrt Swish Tan Tanh
"""
_SEVERAL = """
    Add Divide Equal FakeQuantize FloorMod Greater GreaterEqual Less LessEqual LogicalAnd LogicalOr Maximum Minimum Mod
    Multiply NotEqual Power Select SquaredDifference Subtract
"""
UNARY = frozenset(_SINGLE.split())
"""On one tensor; further inputs are parameters, single numbers."""
BROADCASTING = frozenset(_SEVERAL.split())
"""On tensors that are broadcast against each other."""
REDUCING = frozenset({"ReduceL1", "ReduceL2", "ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd", "ReduceSum"})
"""Over the axes that their second input names."""


class Rewrite(ABC):
    """One identity, stated in the class's docstring. It changes the model in place; whoever calls it works on a clone
    and keeps the change only if the outputs stay the same."""

    name: ClassVar[str]

    @abstractmethod
    def apply(self, model: openvino.Model) -> int:
        """Rewrites wherever the identity holds; the number of places."""


def constant(node: openvino.Node) -> NDArray[Any] | None:
    """A constant's values, in its own shape [...], through a conversion of its type; None for anything else."""
    kind = node.get_type_name()
    if kind == "Convert" and node.input_value(0).get_node().get_type_name() == "Constant":
        values = node.input_value(0).get_node().data
        return np.asarray(values, node.get_output_element_type(0).to_dtype())
    return np.asarray(node.data) if kind == "Constant" else None


def scalar(node: openvino.Node) -> float | None:
    """The one value of a constant, however many dimensions it has."""
    values = constant(node)
    return float(values.reshape(())) if values is not None and values.size == 1 else None


def producer(node: openvino.Node, index: int = 0) -> openvino.Node:
    """The operation that makes an input."""
    made: openvino.Node = node.input_value(index).get_node()
    return made


def consumers(output: openvino.Output) -> set[openvino.Node]:
    """The operations that take an output."""
    return {target.get_node() for target in output.get_target_inputs()}


def other(node: openvino.Node, value: float) -> openvino.Output | None:
    """The input of an operation on two beside the constant `value` (to the precision of f32); None where there is no
    such constant."""
    for index in (0, 1):
        found = scalar(producer(node, index))
        if found is not None and np.isclose(found, value, rtol=1e-6, atol=0):
            return node.input_value(1 - index)
    return None


def constant_names(model: openvino.Model) -> frozenset[str]:
    """Unique names of the operations whose values follow from constants alone: no input and no state reaches them."""
    found = set[str]()
    for op in model.get_ordered_ops():
        before = [value.get_node().get_name() for value in op.input_values()]
        kind = op.get_type_name()
        if kind == "Constant" or (before and kind != "ReadValue" and found.issuperset(before)):
            found.add(op.get_name())
    return frozenset(found)


def upstream(ends: Iterable[openvino.Node]) -> set[str]:
    """Unique names of these operations and of all that leads to them."""
    reached, waiting = set[str](), list(ends)
    while waiting:
        node = waiting.pop()
        if node.get_name() not in reached:
            reached.add(node.get_name())
            waiting += [value.get_node() for value in node.input_values()]
    return reached


def substitute(old: openvino.Node, new: openvino.Node) -> None:
    """Lets all that take the old operation's outputs take the new one's, under the old name."""
    new.set_friendly_name(old.get_friendly_name())
    for mine, theirs in zip(old.outputs(), new.outputs(), strict=True):
        mine.replace(theirs)


def substitute_each(model: openvino.Model, replacement: Callable[[openvino.Node], openvino.Node | None]) -> int:
    """Substitutes every operation that has a replacement; their number. Dynamic dimensions have names by then."""
    name_dimensions(model)
    places = 0
    for node in model.get_ordered_ops():
        new = replacement(node)
        if new is not None:
            substitute(node, new)
            places += 1
    return places


def bypass_each(model: openvino.Model, same: Callable[[openvino.Node], openvino.Output | None]) -> int:
    """Leads around every operation that changes nothing; their number. Dynamic dimensions have names by then."""
    name_dimensions(model)
    return sum(lead(node.output(0), found) for node in model.get_ordered_ops() if (found := same(node)) is not None)


def reciprocal_of(node: openvino.Node) -> openvino.Output | None:
    """The tensor x of 1 / x or x^-1."""
    kind = node.get_type_name()
    if kind == "Divide" and other(node, 1) == node.input_value(1):
        return node.input_value(1)
    return node.input_value(0) if kind == "Power" and scalar(producer(node, 1)) == -1 else None


def name_dimensions(model: openvino.Model) -> None:
    """Gives every dynamic dimension a symbol: dimensions with the same symbol are equal, whatever they are.

    First those of the inputs, which shape inference carries far, through computed shapes too; then those where it does
    not know the outcome, which it still carries from operation to operation.
    """
    for parameter in model.get_parameters():
        parameter.set_partial_shape(_named(parameter.get_partial_shape()))
    model.validate_nodes_and_infer_types()
    for operation in model.get_ordered_ops():
        sizes = [size for output in operation.outputs() for size in dimensions(output) or ()]
        if not all(size.is_static or size.has_symbol() for size in sizes):
            operation.validate_and_infer_types()
            for index, output in enumerate(operation.outputs()):
                operation.set_output_type(index, output.get_element_type(), _named(output.get_partial_shape()))


def _named(shape: openvino.PartialShape) -> openvino.PartialShape:
    from openvino import Symbol

    if shape.rank.is_dynamic:
        return shape
    dimensions = list(shape)
    for dimension in dimensions:
        if dimension.is_dynamic and not dimension.has_symbol():
            dimension.set_symbol(Symbol())
    return type(shape)(dimensions)


def dimensions(output: openvino.Output) -> list[openvino.Dimension] | None:
    """An output's dimensions; None where not even their number is known."""
    shape = output.get_partial_shape()
    return None if shape.rank.is_dynamic else list(shape)


def equal(one: openvino.Dimension, two: openvino.Dimension) -> bool:
    """True where two dimensions are the same for sure."""
    if one.is_static or two.is_static:
        return one.is_static and two.is_static and one.get_length() == two.get_length()
    return one.has_symbol() and two.has_symbol() and one.get_symbol() == two.get_symbol()


def equal_shapes(one: Sequence[openvino.Dimension] | None, two: Sequence[openvino.Dimension] | None) -> bool:
    """True where two shapes are the same for sure."""
    if one is None or two is None or len(one) != len(two):
        return False
    return all(equal(mine, theirs) for mine, theirs in zip(one, two, strict=True))


def is_unit(dimension: openvino.Dimension) -> bool:
    """True where a dimension is 1 for sure."""
    return dimension.is_static and dimension.get_length() == 1


def without_units(shape: Sequence[openvino.Dimension]) -> list[openvino.Dimension]:
    """The dimensions that are not 1: what reshaping that only adds or drops unit dimensions keeps."""
    return [dimension for dimension in shape if not is_unit(dimension)]


def axes_of(node: openvino.Node, rank: int, index: int = 1) -> list[int] | None:
    """The axes that a constant input names, counted from the front, sorted."""
    values = constant(producer(node, index))
    return None if values is None else sorted(int(axis) % rank for axis in values.reshape(-1))


def axis_of(node: openvino.Node, rank: int, index: int) -> int | None:
    """The one axis that a constant input names, counted from the front; exporters write it as a number or as a list."""
    axes = axes_of(node, rank, index)
    return axes[0] if axes is not None and len(axes) == 1 else None


def kept(shape: Sequence[openvino.Dimension], axes: Sequence[int]) -> list[openvino.Dimension]:
    """The shape of a reduction that keeps its axes as dimensions of 1."""
    from openvino import Dimension

    return [Dimension(1) if axis in axes else dimension for axis, dimension in enumerate(shape)]


def through_reshape(output: openvino.Output) -> openvino.Output:
    """The tensor in front of operations that only add or drop dimensions of 1."""
    while output.get_node().get_type_name() in {"Reshape", "Squeeze", "Unsqueeze"}:
        before = output.get_node().input_value(0)
        mine, theirs = dimensions(output), dimensions(before)
        if mine is None or theirs is None or not equal_shapes(without_units(mine), without_units(theirs)):
            break
        output = before
    return output


def lead(old: openvino.Output, new: openvino.Output) -> bool:
    """Lets all that reads `old` read `new`, which takes the name of an output of the model over; True where it was
    done.

    It is not where two of the model's inputs and outputs would become one and share their names.
    """
    readers = old.get_target_inputs()
    if any(_is_result(reader) for reader in readers):
        if new.get_node().get_type_name() == "Parameter" or any(map(_is_result, new.get_target_inputs())):
            return False
        new.add_names(old.get_names())
    for reader in readers:
        reader.replace_source_output(new)
    return bool(readers)


def feeds_result(output: openvino.Output) -> bool:
    """True for a tensor that is an output of the model."""
    return any(map(_is_result, output.get_target_inputs()))


def set_constant(node: openvino.Node, index: int, values: NDArray[Any]) -> None:
    """Gives an operation a constant [...] of its own for an input, of the element type that the input had."""
    from openvino import opset13 as ops

    dtype = node.input_value(index).get_element_type().to_dtype()
    node.set_argument(index, ops.constant(np.array(values, dtype, order="C")).output(0))


def _is_result(reader: openvino.Input) -> bool:
    return bool(reader.get_node().get_type_name() == "Result")
