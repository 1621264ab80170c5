"""Hard sigmoid."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ovopt.model.graph.spelling import CLOSE, SHIFTED_RELU6, Op, SpellingRewrite, Values, number, op

if TYPE_CHECKING:
    import openvino


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
        from openvino import opset13 as ops

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
