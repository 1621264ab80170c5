"""Hard swish."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ovopt.model.graph.spelling import SHIFTED_RELU6, Op, SpellingRewrite, Values, either, op

if TYPE_CHECKING:
    import openvino

SIXTH = either(op("Divide", "x", 6.0), op("Multiply", "x", 1 / 6))
HARD_SIGMOID = either(
    op("HSigmoid", "x"),
    op("HardSigmoid", "x", 1 / 6, 0.5),
    op("Divide", SHIFTED_RELU6, 6.0),
    op("Multiply", SHIFTED_RELU6, 1 / 6),
    op("Clamp", op("Add", SIXTH, 0.5), min=0.0, max=1.0),
)


class HardSwish(SpellingRewrite):
    """x * relu6(x + 3) / 6 = HSwish(x), with relu6 and the division spelled in any way.

    Where relu6 is a minimum and a maximum, as ONNX opset 11 and later have it, NNCF quantizes the inputs of the product
    (two FakeQuantize more, one kernel more), not those of `HSwish`; `HardSigmoid` would run in a kernel of its own.
    """

    name: ClassVar[str] = "hard_swish"
    spellings: ClassVar[tuple[Op, ...]] = (
        op("Multiply", "x", HARD_SIGMOID),
        op("Divide", op("Multiply", "x", SHIFTED_RELU6), 6.0),
        op("Multiply", op("Multiply", "x", SHIFTED_RELU6), 1 / 6),
        op("Multiply", SIXTH, SHIFTED_RELU6),
    )

    def replacement(self, values: Values) -> openvino.Node | None:
        """HSwish(x)."""
        from openvino import opset13 as ops

        return ops.hswish(values["x"])
