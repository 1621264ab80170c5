"""Swish, also known as SiLU."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ovopt.model.graph.spelling import ONE_PLUS_EXP, Op, SpellingRewrite, Values, either, number, op

if TYPE_CHECKING:
    import openvino


SIGMOID = either(op("Sigmoid", "x"), op("Divide", 1.0, ONE_PLUS_EXP), op("Power", ONE_PLUS_EXP, -1.0))
BETA_X = op("Multiply", "x", "beta")


class Swish(SpellingRewrite):
    """x * sigmoid(beta * x) = x / (1 + exp(-beta * x)) = Swish(x, beta), for a constant beta.

    NNCF quantizes the inputs of the spelled-out product (two FakeQuantize more, one kernel more), not those of `Swish`.
    """

    name: ClassVar[str] = "swish"
    spellings: ClassVar[tuple[Op, ...]] = (
        op("Multiply", "x", SIGMOID),
        op("Divide", "x", ONE_PLUS_EXP),
        op("Multiply", "x", op("Sigmoid", BETA_X)),
        op("Divide", "x", op("Add", op("Exp", op("Negative", BETA_X)), 1.0)),
        op("Divide", "x", op("Add", op("Exp", op("Multiply", "x", "negated_beta")), 1.0)),
    )

    def replacement(self, values: Values) -> openvino.Node | None:
        """Swish(x, beta)."""
        from openvino import opset13 as ops

        x = values["x"]
        if "beta" not in values and "negated_beta" not in values:
            return ops.swish(x)
        beta = number(values["beta"]) if "beta" in values else number(values["negated_beta"])
        if beta is None:
            return None
        return ops.swish(x, ops.constant(beta if "beta" in values else -beta, x.get_element_type()))
