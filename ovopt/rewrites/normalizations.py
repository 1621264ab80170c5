"""Batch, group and L2 normalization, in the form that NNCF and OpenVINO treat best."""

from __future__ import annotations

from math import prod
from typing import ClassVar

import numpy as np
import openvino
from numpy.typing import NDArray
from openvino import opset13 as ops

from ovopt.model.graph.nodes import Rewrite, axes_of, constant, dimensions, substitute
from ovopt.model.graph.spelling import Op, SpellingRewrite, Term, Values, either, number, op

DATA = {"opset1": 2, "opset5": 0}
"""Place of the input with the data; the others are scale, shift, mean and variance of each channel, in this order."""


class BatchNorm(Rewrite):
    """BatchNormInference(x) = x * a + b with a = scale / sqrt(variance + eps) and b = shift - mean * a.

    NNCF quantizes the input of `BatchNormInference`, but takes a product and a sum for a part of the layer before them
    (one FakeQuantize less for each). OpenVINO runs both forms inside the convolution.
    """

    name: ClassVar[str] = "batch_norm"

    def apply(self, model: openvino.Model) -> int:
        """A product and a sum for each; the number of places."""
        return sum(_spelled_out(node) for node in model.get_ordered_ops())


def _spelled_out(node: openvino.Node) -> bool:
    if node.get_type_name() != "BatchNormInference":
        return False
    data = node.input_value(DATA[node.get_type_info().version_id])
    statistics = [constant(value.get_node()) for value in node.input_values() if value != data]
    shape = dimensions(data)
    if shape is None or any(each is None for each in statistics):
        return False
    scale, shift, mean, variance = (np.asarray(each, np.float64) for each in statistics)
    factor = scale / np.sqrt(variance + node.get_attributes()["epsilon"])
    terms = [
        ops.constant(each.reshape(1, -1, *[1] * (len(shape) - 2)), data.get_element_type())
        for each in (factor, shift - mean * factor)
    ]
    substitute(node, ops.add(ops.multiply(data, terms[0]), terms[1]))
    return True


Numbers = NDArray[np.float64]
GROUPED = op("Reshape", "x", "groups").named("grouped")
NORMALIZED = op("MVN", GROUPED, "axes", normalize_variance=True).named("normalized")
SCALED = op("Add", op("Multiply", NORMALIZED, "group_scale"), "group_shift")


class GroupNorm(SpellingRewrite):
    """Reshape to [batch, groups, ...], MVN over all but these two, Reshape back, times a scale and plus a shift of each
    channel = GroupNormalization. The groups may have a scale and a shift of their own, as ONNX exporters write them.

    NNCF quantizes the input of the spelled-out scale and shift (one FakeQuantize more for each), and OpenVINO computes
    small spelled-out maps in four kernels instead of one.
    """

    name: ClassVar[str] = "group_norm"
    spellings: ClassVar[tuple[Op, ...]] = tuple(
        op("Add", op("Multiply", op("Reshape", inner, "shape"), "scale"), "shift") for inner in (NORMALIZED, SCALED)
    )

    def replacement(self, values: Values) -> openvino.Node | None:
        """GroupNormalization(x, scale, shift)."""
        x, attributes = values["x"], values["normalized"].get_node().get_attributes()
        groups, shape = _groups(values), dimensions(x)
        if groups is None or shape is None or len(shape) < 3 or shape[1].is_dynamic:
            return None
        channels = shape[1].get_length()
        if channels % groups or attributes["eps_mode"].lower() != "inside_sqrt":
            return None
        terms = _scale_and_shift(values, groups, channels)
        if terms is None:
            return None
        scale, shift = (ops.constant(each, x.get_element_type()) for each in terms)
        return ops.group_normalization(x, scale, shift, groups, attributes["eps"])


def _groups(values: Values) -> int | None:
    """The number of groups that are normalized, where each is a run of channels of one sample."""
    before, after = dimensions(values["x"]), dimensions(values["grouped"])
    if before is None or after is None or len(after) < 3 or after[1].is_dynamic:
        return None
    axes = axes_of(values["normalized"].get_node(), len(after))
    whole = axes == list(range(2, len(after)))
    return int(after[1].get_length()) if whole and _keeps_batch(values, before, after) else None


def _scale_and_shift(values: Values, groups: int, channels: int) -> tuple[Numbers, Numbers] | None:
    """Scale and shift of each channel [channels], with those of its group before them."""
    outer, inner = (len(dimensions(values[name]) or ()) for name in ("x", "grouped"))
    scale, shift = (_along_channels(values[name], outer, channels) for name in ("scale", "shift"))
    if scale is None or shift is None or "group_scale" not in values:
        return (scale, shift) if scale is not None and shift is not None else None
    factor, offset = (_along_channels(values[name], inner, groups) for name in ("group_scale", "group_shift"))
    if factor is None or offset is None:
        return None
    return np.repeat(factor, channels // groups) * scale, np.repeat(offset, channels // groups) * scale + shift


def _keeps_batch(values: Values, before: list[openvino.Dimension], after: list[openvino.Dimension]) -> bool:
    target = constant(values["groups"].get_node())
    if target is not None and target[0] == 0 and values["grouped"].get_node().get_attributes()["special_zero"]:
        return True
    if before[0].is_static and after[0].is_static:
        return before[0] == after[0]
    samples = [[dimension.get_length() for dimension in shape[1:] if dimension.is_static] for shape in (before, after)]
    known = len(samples[0]) == len(before) - 1 and len(samples[1]) == len(after) - 1
    return known and prod(samples[0]) == prod(samples[1])


def _along_channels(value: openvino.Output, rank: int, size: int) -> Numbers | None:
    """A constant of one value for each index of axis 1, or of one for all of them."""
    found = constant(value.get_node())
    if found is None or found.size not in {1, size} or found.ndim > rank:
        return None
    shape = (1,) * (rank - found.ndim) + found.shape
    fits = found.size == 1 or shape[1] == size
    return np.broadcast_to(found.reshape(-1).astype(np.float64), size) if fits else None


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
