"""Layer and instance normalization, spelled out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import openvino
from openvino import opset13 as ops

from ovopt.model.graph.nodes import (
    Rewrite,
    axes_of,
    dimensions,
    equal_shapes,
    kept,
    other,
    producer,
    reciprocal_of,
    scalar,
    substitute_each,
    through_reshape,
    without_units,
)


class LayerNorm(Rewrite):
    """(x - E x) / √(Var x + ε) = MVN(x), moments over any axes: Var x is E (x - E x)² or E x² - (E x)², perhaps
    clamped at 0; a mean is a mean, or a sum divided by the number of elements; dividing may be multiplying by the
    reciprocal, by a scaled one s, or be spread over x s + (b - s E x). ε may stand outside the root. Scale and shift
    stay as they are."""

    name: ClassVar[str] = "layer_norm"

    def apply(self, model: openvino.Model) -> int:
        """One MVN for each; the number of places."""
        return substitute_each(model, _normalized)


@dataclass(frozen=True)
class _Moments:
    """Moments E x and Var x of a tensor over some axes."""

    source: openvino.Output
    axes: tuple[int, ...]

    def follows(self, output: openvino.Output) -> bool:
        """True for a tensor with one value for each of these moments, in their order."""
        shape, found = dimensions(self.source), dimensions(output)
        return (
            shape is not None
            and found is not None
            and equal_shapes(without_units(kept(shape, self.axes)), without_units(found))
        )

    def meets(self, output: openvino.Output) -> bool:
        """True for a tensor that broadcasts along the axes when it meets the source."""
        return equal_shapes(dimensions(output), kept(dimensions(self.source) or [], self.axes))


@dataclass(frozen=True)
class _Epsilon:
    value: float
    mode: Literal["inside_sqrt", "outside_sqrt"]


def _normalized(last: openvino.Node) -> openvino.Node | None:
    """The operation that takes the place of a normalization's last one; each way of spelling that last one has its
    reader."""
    kind = last.get_type_name()
    if kind == "Divide":
        return _divided(last)
    if kind == "Multiply":
        return _multiplied(last)
    if kind in ("Add", "Subtract"):
        return _spread(last)
    return None


def _divided(last: openvino.Node) -> openvino.Node | None:
    """The difference from the mean, divided by the deviation."""
    moments = _centred(last.input_value(0))
    deviation = last.input_value(1)
    epsilon = _root(deviation, moments) if moments and moments.meets(deviation) else None
    return _mvn(moments, epsilon) if moments and epsilon else None


def _multiplied(last: openvino.Node) -> openvino.Node | None:
    """The difference from the mean times the reciprocal of the deviation, where either may be a factor of a product."""
    for index in (0, 1):
        for difference, scale in _factors(last.input_value(index)):
            moments = _centred(difference)
            for reciprocal, another in _factors(last.input_value(1 - index)) if moments else ():
                epsilon = _reciprocal(reciprocal, moments)
                if moments and epsilon:
                    result = _mvn(moments, epsilon)
                    for factor in (scale, another):
                        result = ops.multiply(result, factor) if factor is not None else result
                    return result
    return None


def _spread(last: openvino.Node) -> openvino.Node | None:
    """A scaled value with a shift from which the scaled mean was subtracted: x s + (b - s E x), or x s - s E x."""
    for index in (0, 1) if last.get_type_name() == "Add" else (0,):
        product, rest = last.input_value(index), last.input_value(1 - index)
        shift = None
        if last.get_type_name() == "Add":
            if rest.get_node().get_type_name() != "Subtract":
                continue
            shift, rest = rest.get_node().input_values()
        found = _scaled(product, rest)
        if found is not None:
            return found if shift is None else ops.add(found, shift)
    return None


def _scaled(product: openvino.Output, subtracted: openvino.Output) -> openvino.Node | None:
    """From x s and s E x, where s is the reciprocal of the deviation, perhaps times another factor."""
    if {product.get_node().get_type_name(), subtracted.get_node().get_type_name()} != {"Multiply"}:
        return None
    for mine in (0, 1):
        source, scale = product.get_node().input_value(mine), product.get_node().input_value(1 - mine)
        for theirs in (0, 1):
            mean, same = subtracted.get_node().input_value(theirs), subtracted.get_node().input_value(1 - theirs)
            moments = _mean(mean) if same == scale else None
            if moments is None or moments.source != source or not moments.meets(mean):
                continue
            for reciprocal, factor in _factors(scale):
                epsilon = _reciprocal(reciprocal, moments)
                if epsilon:
                    result = _mvn(moments, epsilon)
                    return ops.multiply(result, factor) if factor is not None else result
    return None


def _mvn(moments: _Moments, epsilon: _Epsilon) -> openvino.Node:
    return ops.mvn(moments.source, np.array(moments.axes, np.int64), True, epsilon.value, epsilon.mode)


def _factors(output: openvino.Output) -> Iterator[tuple[openvino.Output, openvino.Output | None]]:
    """A value by itself, and as a product: each factor with the other one."""
    yield output, None
    node = output.get_node()
    if node.get_type_name() == "Multiply":
        yield node.input_value(0), node.input_value(1)
        yield node.input_value(1), node.input_value(0)


def _centred(output: openvino.Output) -> _Moments | None:
    """The moments of x, for x - E x."""
    node = output.get_node()
    return _difference(node) if node.get_type_name() == "Subtract" else None


def _difference(node: openvino.Node) -> _Moments | None:
    moments = _mean(node.input_value(1))
    if moments and moments.source == node.input_value(0) and moments.meets(node.input_value(1)):
        return moments
    return None


def _mean(output: openvino.Output) -> _Moments | None:
    """The moments of x, for E x or a sum by the number of its elements."""
    node = through_reshape(output).get_node()
    count = 1.0
    if node.get_type_name() in ("Multiply", "Divide"):
        scaled = _by_scalar(node)
        if scaled is None:
            return None
        node, count = through_reshape(scaled[0]).get_node(), 1 / scaled[1]
    if node.get_type_name() != ("ReduceMean" if count == 1 else "ReduceSum"):
        return None
    source = node.input_value(0)
    shape = dimensions(source)
    axes = axes_of(node, len(shape)) if shape else None
    if not shape or not axes or (count != 1 and not _counts(shape, axes, count)):
        return None
    moments = _Moments(source, tuple(axes))
    return moments if moments.follows(output) else None


def _by_scalar(node: openvino.Node) -> tuple[openvino.Output, float] | None:
    """The tensor that is multiplied by a constant, and the constant."""
    for index in (0, 1) if node.get_type_name() == "Multiply" else (1,):
        factor = scalar(producer(node, index))
        if factor:
            return node.input_value(1 - index), factor if node.get_type_name() == "Multiply" else 1 / factor
    return None


def _counts(shape: list[openvino.Dimension], axes: list[int], count: float) -> bool:
    reduced = [shape[axis] for axis in axes]
    if any(dimension.is_dynamic for dimension in reduced):
        return False
    return bool(np.isclose(count, np.prod([dimension.get_length() for dimension in reduced]), rtol=1e-6))


def _variance(output: openvino.Output, moments: _Moments) -> bool:
    """True for E (x - E x)² or E x² - (E x)², perhaps at least 0."""
    output = through_reshape(output)
    node = output.get_node()
    if not moments.follows(output):
        return False
    if node.get_type_name() == "Relu":
        return _variance(node.input_value(0), moments)
    if node.get_type_name() == "Maximum":
        inner = other(node, 0)
        return inner is not None and _variance(inner, moments)
    if node.get_type_name() == "Subtract":
        return _mean_square(node.input_value(0), moments) and _square_mean(node.input_value(1), moments)
    squares = _mean(output)
    return squares is not None and squares.axes == moments.axes and _squared_difference(squares.source) == moments


def _squared_difference(output: openvino.Output) -> _Moments | None:
    """The moments of x, for (x - E x)²."""
    node = output.get_node()
    if node.get_type_name() == "SquaredDifference":
        return _difference(node)
    root = _square(output)
    return _centred(root) if root is not None else None


def _mean_square(output: openvino.Output, moments: _Moments) -> bool:
    """True for E x²."""
    squares = _mean(output)
    return squares is not None and squares.axes == moments.axes and _square(squares.source) == moments.source


def _square_mean(output: openvino.Output, moments: _Moments) -> bool:
    """True for (E x)²."""
    root = _square(through_reshape(output))
    return root is not None and _mean(root) == moments and moments.follows(output)


def _square(output: openvino.Output) -> openvino.Output | None:
    """The tensor that is squared, as x · x or x^2."""
    node: openvino.Node = output.get_node()
    if node.get_type_name() == "Multiply" and node.input_value(0) == node.input_value(1):
        return node.input_value(0)
    if node.get_type_name() == "Power" and scalar(producer(node, 1)) == 2:
        return node.input_value(0)
    return None


def _reciprocal(output: openvino.Output, moments: _Moments | None) -> _Epsilon | None:
    """The epsilon of a deviation, for its reciprocal where that meets the source."""
    if moments is None or not moments.meets(output):
        return None
    node = through_reshape(output).get_node()
    inverted = reciprocal_of(node)
    if inverted is not None:
        return _root(inverted, moments)
    if node.get_type_name() == "Power" and scalar(producer(node, 1)) == -0.5:
        return _inside(node.input_value(0), moments)
    return None


def _root(output: openvino.Output, moments: _Moments) -> _Epsilon | None:
    """The epsilon, for √(Var x + ε) or √(Var x) + ε."""
    output = through_reshape(output)
    radicand = _radicand(output)
    if radicand is not None:
        return _inside(radicand, moments)
    for inner, epsilon in _sums(output):
        radicand = _radicand(through_reshape(inner))
        if radicand is not None and _variance(radicand, moments):
            return _Epsilon(epsilon, "outside_sqrt")
    return None


def _radicand(output: openvino.Output) -> openvino.Output | None:
    node: openvino.Node = output.get_node()
    if node.get_type_name() == "Sqrt":
        return node.input_value(0)
    if node.get_type_name() == "Power" and scalar(producer(node, 1)) == 0.5:
        return node.input_value(0)
    return None


def _inside(output: openvino.Output, moments: _Moments) -> _Epsilon | None:
    """The epsilon, for Var x + ε."""
    for inner, epsilon in _sums(through_reshape(output)):
        if _variance(inner, moments):
            return _Epsilon(epsilon, "inside_sqrt")
    return None


def _sums(output: openvino.Output) -> Iterator[tuple[openvino.Output, float]]:
    """A value and the positive constant that is added to it."""
    node = output.get_node()
    if node.get_type_name() == "Add":
        for index in (0, 1):
            epsilon = scalar(producer(node, index))
            if epsilon is not None and epsilon > 0:
                yield node.input_value(1 - index), epsilon
