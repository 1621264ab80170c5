"""Clamps."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ovopt.model.graph.spelling import Op, SpellingRewrite, Values, number, op

if TYPE_CHECKING:
    import openvino


class HardClamps(SpellingRewrite):
    """min(max(x, low), high) = max(min(x, high), low) = Clamp(x, low, high) for low <= high, and max(x, 0) = Relu(x).

    OpenVINO leaves min(Relu(x), 6) and max(x, 0) to a kernel of their own; `Clamp` and `Relu` run inside the
    convolution before them. NNCF's patterns of hard swish and its kin, too, know `Clamp` only.
    """

    name: ClassVar[str] = "hard_clamps"
    spellings: ClassVar[tuple[Op, ...]] = (
        op("Minimum", op("Maximum", "x", "low"), "high"),
        op("Maximum", op("Minimum", "x", "high"), "low"),
        op("Minimum", op("Relu", "x"), "high"),
        op("Relu", op("Minimum", "x", "high")),
        op("Maximum", "x", 0.0),
    )

    def replacement(self, values: Values) -> openvino.Node | None:
        """Clamp(x, low, high), or Relu(x) without `high`."""
        from openvino import opset13 as ops

        if "high" not in values:
            return ops.relu(values["x"])
        low = number(values["low"]) if "low" in values else 0.0
        high = number(values["high"])
        return ops.clamp(values["x"], low, high) if low is not None and high is not None and low <= high else None
