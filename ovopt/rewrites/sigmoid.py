"""Sigmoid."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ovopt.model.graph.spelling import ONE_PLUS_EXP, Op, SpellingRewrite, Values, op

if TYPE_CHECKING:
    import openvino


class Sigmoid(SpellingRewrite):
    """1 / (1 + exp(-x)) = Sigmoid(x).

    OpenVINO computes the spelled-out form in a kernel of its own; `Sigmoid` runs inside the convolution before it.
    """

    name: ClassVar[str] = "sigmoid"
    spellings: ClassVar[tuple[Op, ...]] = (op("Divide", 1.0, ONE_PLUS_EXP), op("Power", ONE_PLUS_EXP, -1.0))

    def replacement(self, values: Values) -> openvino.Node | None:
        """Sigmoid(x)."""
        from openvino import opset13 as ops

        return ops.sigmoid(values["x"])
