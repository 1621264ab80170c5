"""L2 normalization."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ovopt.model.graph.nodes import axes_of, constant, dimensions
from ovopt.model.graph.spelling import Op, SpellingRewrite, Term, Values, either, number, op

if TYPE_CHECKING:
    import openvino

SQUARE = either(op("Multiply", "x", "x"), op("Power", "x", 2.0))
SUM = op("ReduceSum", SQUARE, "axes", keep_dims=True).named("reduced")


def _root(x: Term) -> Term:
    return either(op("Sqrt", x), op("Power", x, 0.5))


NORM = either(_root(SUM), op("ReduceL2", "x", "axes", keep_dims=True).named("reduced"))
ADDED = op("Add", SUM, "added")
AT_LEAST = either(op("Maximum", SUM, "least"), op("Clamp", SUM).named("clamp"))
NORM_AT_LEAST = either(
    op("Maximum", NORM, "least_norm"),
    op("Minimum", op("Maximum", NORM, "least_norm"), "most"),
    op("Clamp", NORM).named("clamp_norm"),
)
LENGTH = either(_root(ADDED), _root(AT_LEAST), NORM_AT_LEAST)
DENOMINATOR = either(LENGTH, op("Broadcast", LENGTH, op("ShapeOf", "x")), op("Broadcast", LENGTH, "shape"))
INVERSE = either(
    op("Divide", 1.0, LENGTH),
    op("Power", LENGTH, -1.0),
    op("Power", either(ADDED, AT_LEAST), -0.5),
)

UNBOUNDED = 1e30
"""An upper bound beyond this is an exporter's way to say that there is none."""


class L2Normalization(SpellingRewrite):
    """x / sqrt(sum(x^2) + eps), x / sqrt(max(sum(x^2), eps)) and x / max(norm(x), sqrt(eps)) = NormalizeL2(x, eps).

    OpenVINO computes the spelled-out forms in two or three kernels, and NNCF quantizes their products (up to three
    FakeQuantize more); `NormalizeL2` is one kernel over the channels, and is left alone over any axes.
    """

    name: ClassVar[str] = "l2_normalization"
    spellings: ClassVar[tuple[Op, ...]] = (op("Divide", "x", DENOMINATOR), op("Multiply", "x", INVERSE))

    def replacement(self, values: Values) -> openvino.Node | None:
        """NormalizeL2(x)."""
        from openvino import opset13 as ops

        shape = dimensions(values["x"])
        axes = None if shape is None else axes_of(values["reduced"].get_node(), len(shape))
        eps = _eps(values)
        if not axes or eps is None or not eps > 0 or not _keeps_shape(values):
            return None
        mode = "add" if "added" in values else "max"
        return ops.normalize_l2(values["x"], np.array(axes, np.int64), eps, mode)


def _eps(values: Values) -> float | None:
    """The epsilon that is added to the sum of squares, or the least that it can be."""
    if "added" in values:
        return number(values["added"])
    if "least" in values:
        return number(values["least"])
    if "clamp" in values:
        return _lower_bound(values["clamp"])
    if "least_norm" in values:
        most = number(values["most"]) if "most" in values else np.inf
        norm = number(values["least_norm"]) if most is not None and most > UNBOUNDED else None
    else:
        norm = _lower_bound(values["clamp_norm"])
    return norm**2 if norm is not None and norm > 0 else None


def _lower_bound(clamp: openvino.Output) -> float | None:
    attributes = clamp.get_node().get_attributes()
    return float(attributes["min"]) if attributes["max"] > UNBOUNDED else None


def _keeps_shape(values: Values) -> bool:
    """True where the norm is spread over no more than x itself."""
    if "shape" not in values:
        return True
    spread, shape = constant(values["shape"].get_node()), values["x"].get_partial_shape()
    return spread is not None and shape.is_static and spread.tolist() == list(shape.to_shape())
