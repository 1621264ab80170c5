"""Softplus."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ovopt.model.graph.spelling import STABLE_SOFTPLUS, Op, SpellingRewrite, Values

if TYPE_CHECKING:
    import openvino


class Softplus(SpellingRewrite):
    """max(x, 0) + log(1 + exp(-|x|)) = log(1 + exp(x)) = SoftPlus(x).

    OpenVINO computes the first, stable form in three kernels, and NNCF quantizes its sum; `SoftPlus` is one operation
    that runs inside the convolution before it. The second form OpenVINO recognises by itself: it stays.
    """

    name: ClassVar[str] = "softplus"
    spellings: ClassVar[tuple[Op, ...]] = (STABLE_SOFTPLUS,)

    def replacement(self, values: Values) -> openvino.Node | None:
        """SoftPlus(x)."""
        from openvino import opset13 as ops

        return ops.softplus(values["x"])
