"""Group normalization."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ovopt.model.patterns import axes_of, constant, dimensions
from ovopt.model.spelling import Op, SpellingRewrite, Values, op

if TYPE_CHECKING:
    import openvino

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
        outer = [_per_channel(values[name], channels, x) for name in ("scale", "shift")]
        inner = [_per_group(values.get(name), groups, channels) for name in ("group_scale", "group_shift")]
        if outer[0] is None or outer[1] is None or inner[0] is None or inner[1] is None:
            return None
        (inner_scale, inner_shift), (scale, shift) = inner, outer
        terms = [ops.constant(each, x.get_element_type()) for each in (inner_scale * scale, inner_shift * scale + shift)]
        return ops.group_normalization(x, *terms, groups, attributes["eps"])


def _channels(x: openvino.Output) -> int | None:
    shape = dimensions(x)
    return shape[1].get_length() if shape is not None and len(shape) > 2 and shape[1].is_static else None


def _groups(values: Values) -> int | None:
    """How many groups are normalized, where each is a run of channels of one sample."""
    before, after = dimensions(values["x"]), dimensions(values["grouped"])
    if before is None or after is None or len(after) < 3 or after[1].is_dynamic:
        return None
    axes = axes_of(values["normalized"].get_node(), len(after))
    whole = axes == list(range(2, len(after)))
    return int(after[1].get_length()) if whole and _keeps_batch(values, before, after) else None


def _keeps_batch(values: Values, before: list[Any], after: list[Any]) -> bool:
    target = constant(values["groups"].get_node())
    if target is not None and target[0] == 0 and values["grouped"].get_node().get_attributes()["special_zero"]:
        return True
    if before[0].is_static and after[0].is_static:
        return bool(before[0] == after[0])
    samples = [[dimension.get_length() for dimension in shape[1:] if dimension.is_static] for shape in (before, after)]
    known = len(samples[0]) == len(before) - 1 and len(samples[1]) == len(after) - 1
    return known and prod(samples[0]) == prod(samples[1])


def _per_channel(value: openvino.Output, channels: int, x: openvino.Output) -> NDArray[np.float64] | None:
    """A constant of shape [1, channels, 1, ...], the first dimension at will."""
    found, rank = constant(value.get_node()), len(dimensions(x) or ())
    if found is None or found.size != channels or found.ndim not in {rank, rank - 1}:
        return None
    is_channels = found.shape[1 - (rank - found.ndim)] == channels
    return found.reshape(-1).astype(np.float64) if is_channels else None


def _per_group(value: openvino.Output | None, groups: int, channels: int, missing: float) -> Numbers | None:
    """A constant of one value for each group [1, groups, 1, ...], or for all of them, spread over the channels."""
    if value is None:
        return np.full(channels, missing)
    found, rank = constant(value.get_node()), value.get_partial_shape().rank.get_length()
    if found is None or found.size not in {1, groups}:
        return None
    is_groups = found.size == 1 or found.ndim >= 2 and 0
    return np.repeat(np.broadcast_to(found.reshape(-1).astype(np.float64), groups), channels // groups)
