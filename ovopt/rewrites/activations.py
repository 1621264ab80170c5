"""Activation functions, spelled out. Each becomes the one operation that NNCF leaves whole and OpenVINO fuses."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import openvino
from openvino import opset13 as ops

from ovopt.model.graph.spelling import CLOSE, Op, SpellingRewrite, Values, either, number, op

NEGATED = either(op("Negative", "x"), op("Multiply", "x", -1.0))
"""-x"""
ONE_PLUS_EXP = op("Add", op("Exp", NEGATED), 1.0)
"""1 + exp(-x), the reciprocal of a sigmoid"""
_MINUS_SIZE = either(op("Negative", op("Abs", "x")), op("Multiply", op("Abs", "x"), -1.0))
STABLE_SOFTPLUS = op(
    "Add", either(op("Relu", "x"), op("Maximum", "x", 0.0)), op("Log", op("Add", op("Exp", _MINUS_SIZE), 1.0))
)
"""max(x, 0) + log(1 + exp(-|x|))"""
_SHIFTED = either(op("Add", "x", 3.0), op("Subtract", "x", -3.0))
SHIFTED_RELU6 = either(
    op("Clamp", _SHIFTED, min=0.0, max=6.0),
    op("Minimum", op("Relu", _SHIFTED), 6.0),
    op("Minimum", op("Maximum", _SHIFTED, 0.0), 6.0),
    op("Maximum", op("Minimum", _SHIFTED, 6.0), 0.0),
    op("Relu", op("Minimum", _SHIFTED, 6.0)),
)
"""min(max(x + 3, 0), 6)"""


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
        if "high" not in values:
            return ops.relu(values["x"])
        low = number(values["low"]) if "low" in values else 0.0
        high = number(values["high"])
        return ops.clamp(values["x"], low, high) if low is not None and high is not None and low <= high else None


class HardSigmoid(SpellingRewrite):
    """max(0, min(1, alpha * x + beta)) = HSigmoid(x) for alpha = 1/6 and beta = 1/2, also spelled relu6(x + 3) / 6.

    OpenVINO runs `HardSigmoid`, as ONNX exporters write it, in a reference kernel of its own; `HSigmoid`, and for other
    alpha and beta (Paddle's 0.2 and 0.5) a product, a sum and a `Clamp`, run inside the convolution before it.
    NNCF's pattern of squeeze and excitation, which it leaves unquantized, knows `HSigmoid` only.
    """

    name: ClassVar[str] = "hard_sigmoid"
    spellings: ClassVar[tuple[Op, ...]] = (
        op("HardSigmoid", "x", "alpha", "beta"),
        op("Divide", SHIFTED_RELU6, 6.0),
        op("Multiply", SHIFTED_RELU6, 1 / 6),
        op("Clamp", op("Add", op("Multiply", "x", 1 / 6), 0.5), min=0.0, max=1.0),
        op("Clamp", op("Add", op("Divide", "x", 6.0), 0.5), min=0.0, max=1.0),
    )

    def replacement(self, values: Values) -> openvino.Node | None:
        """HSigmoid(x), or what HardSigmoid(x, alpha, beta) means."""
        x = values["x"]
        if "alpha" not in values:
            return ops.hsigmoid(x)
        alpha, beta = number(values["alpha"]), number(values["beta"])
        if alpha is None or beta is None:
            return None
        if np.allclose([alpha, beta], [1 / 6, 1 / 2], rtol=CLOSE, atol=0):
            return ops.hsigmoid(x)
        slope, shift = (ops.constant(value, x.get_element_type()) for value in (alpha, beta))
        return ops.clamp(ops.add(ops.multiply(x, slope), shift), 0.0, 1.0)


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
        return ops.hswish(values["x"])


class Sigmoid(SpellingRewrite):
    """1 / (1 + exp(-x)) = Sigmoid(x).

    OpenVINO computes the spelled-out form in a kernel of its own; `Sigmoid` runs inside the convolution before it.
    """

    name: ClassVar[str] = "sigmoid"
    spellings: ClassVar[tuple[Op, ...]] = (op("Divide", 1.0, ONE_PLUS_EXP), op("Power", ONE_PLUS_EXP, -1.0))

    def replacement(self, values: Values) -> openvino.Node | None:
        """Sigmoid(x)."""
        return ops.sigmoid(values["x"])


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
        x = values["x"]
        if "beta" not in values and "negated_beta" not in values:
            return ops.swish(x)
        beta = number(values["beta"]) if "beta" in values else number(values["negated_beta"])
        if beta is None:
            return None
        return ops.swish(x, ops.constant(beta if "beta" in values else -beta, x.get_element_type()))


class Softplus(SpellingRewrite):
    """max(x, 0) + log(1 + exp(-|x|)) = log(1 + exp(x)) = SoftPlus(x).

    OpenVINO computes the first, stable form in three kernels, and NNCF quantizes its sum; `SoftPlus` is one operation
    that runs inside the convolution before it. The second form OpenVINO recognises by itself: it stays.
    """

    name: ClassVar[str] = "softplus"
    spellings: ClassVar[tuple[Op, ...]] = (STABLE_SOFTPLUS,)

    def replacement(self, values: Values) -> openvino.Node | None:
        """SoftPlus(x)."""
        return ops.softplus(values["x"])


SOFTPLUS = either(op("SoftPlus", "x"), op("Log", op("Add", op("Exp", "x"), 1.0)), STABLE_SOFTPLUS)


class Mish(SpellingRewrite):
    """x * tanh(softplus(x)) = Mish(x), with softplus spelled in any way.

    NNCF quantizes the inputs of the spelled-out product (two FakeQuantize more, two kernels more), not those of `Mish`.
    """

    name: ClassVar[str] = "mish"
    spellings: ClassVar[tuple[Op, ...]] = (op("Multiply", "x", op("Tanh", SOFTPLUS)),)

    def replacement(self, values: Values) -> openvino.Node | None:
        """Mish(x)."""
        return ops.mish(values["x"])
