"""Log-softmax."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ovopt.model.graph.nodes import axes_of, dimensions
from ovopt.model.graph.spelling import Op, SpellingRewrite, Term, Values, op

if TYPE_CHECKING:
    import openvino

LARGEST = op("ReduceMax", "x", "of_largest", keep_dims=True).named("largest")
SHIFTED = op("Subtract", "x", LARGEST)


def _log_sum_exp(x: Term) -> Op:
    return op("Log", op("ReduceSum", op("Exp", x), "of_sum", keep_dims=True).named("sum"))


class LogSoftmax(SpellingRewrite):
    """x - log(sum(exp(x))) = LogSoftmax(x), with or without max(x) subtracted before, all over one axis.

    NNCF quantizes the inputs of the spelled-out subtractions (three FakeQuantize more), not those of `LogSoftmax`,
    which does not overflow beyond x = 88 either. Log(Softmax(x)) stays: OpenVINO computes it in fewer kernels.
    """

    name: ClassVar[str] = "log_softmax"
    spellings: ClassVar[tuple[Op, ...]] = (
        op("Subtract", SHIFTED, _log_sum_exp(SHIFTED)),
        op("Subtract", "x", op("Add", LARGEST, _log_sum_exp(SHIFTED))),
        op("Subtract", "x", _log_sum_exp("x")),
    )

    def replacement(self, values: Values) -> openvino.Node | None:
        """LogSoftmax(x) over the one axis of all reductions."""
        from openvino import opset13 as ops

        shape = dimensions(values["x"])
        if shape is None:
            return None
        axes = [axes_of(values[name].get_node(), len(shape)) for name in ("sum", "largest") if name in values]
        if axes[0] is None or len(axes[0]) != 1 or any(others != axes[0] for others in axes):
            return None
        return ops.log_softmax(values["x"], axes[0][0])
