"""Softplus."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ovopt.model.graph.spelling import Op, SpellingRewrite, Values, either, op

if TYPE_CHECKING:
    import openvino

POSITIVE = either(op("Relu", "x"), op("Maximum", "x", 0.0))
MINUS_SIZE = either(op("Negative", op("Abs", "x")), op("Multiply", op("Abs", "x"), -1.0))


class Softplus(SpellingRewrite):
    """max(x, 0) + log(1 + exp(-|x|)) = log(1 + exp(x)) = SoftPlus(x).

    OpenVINO computes the first, stable form in three kernels, and NNCF quantizes its sum; `SoftPlus` is one operation
    that runs inside the convolution before it. The second form OpenVINO recognises by itself: it stays.
    """

    name: ClassVar[str] = "softplus"
    spellings: ClassVar[tuple[Op, ...]] = (op("Add", POSITIVE, op("Log", op("Add", op("Exp", MINUS_SIZE), 1.0))),)

    def replacement(self, values: Values) -> openvino.Node | None:
        """SoftPlus(x)."""
        from openvino import opset13 as ops

        return ops.softplus(values["x"])
