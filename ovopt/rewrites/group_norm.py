"""Group normalization."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from ovopt.model.graph.nodes import axes_of, constant, dimensions
from ovopt.model.graph.spelling import Op, SpellingRewrite, Values, op

if TYPE_CHECKING:
    import openvino

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
        from openvino import opset13 as ops

        x, attributes = values["x"], values["normalized"].get_node().get_attributes()
        groups, channels = _groups(values), _channels(x)
        if groups is None or channels is None or channels % groups or attributes["eps_mode"].lower() != "inside_sqrt":
            return None
        terms = _scale_and_shift(values, groups, channels)
        if terms is None:
            return None
        scale, shift = (ops.constant(each, x.get_element_type()) for each in terms)
        return ops.group_normalization(x, scale, shift, groups, attributes["eps"])


def _channels(x: openvino.Output) -> int | None:
    shape = dimensions(x)
    return shape[1].get_length() if shape is not None and len(shape) > 2 and shape[1].is_static else None


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
