"""Mish."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ovopt.model.graph.spelling import STABLE_SOFTPLUS, Op, SpellingRewrite, Values, either, op

if TYPE_CHECKING:
    import openvino

SOFTPLUS = either(op("SoftPlus", "x"), op("Log", op("Add", op("Exp", "x"), 1.0)), STABLE_SOFTPLUS)


class Mish(SpellingRewrite):
    """x * tanh(softplus(x)) = Mish(x), with softplus spelled in any way.

    NNCF quantizes the inputs of the spelled-out product (two FakeQuantize more, two kernels more), not those of `Mish`.
    """

    name: ClassVar[str] = "mish"
    spellings: ClassVar[tuple[Op, ...]] = (op("Multiply", "x", op("Tanh", SOFTPLUS)),)

    def replacement(self, values: Values) -> openvino.Node | None:
        """Mish(x)."""
        from openvino import opset13 as ops

        return ops.mish(values["x"])
