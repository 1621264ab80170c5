"""What nobody uses is gone, and what depends on constants alone is one."""

from __future__ import annotations

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops

from ovopt.contracts import Materials
from ovopt.errors import NoEffectError, RecipeError
from ovopt.model.ports.facts import facts
from ovopt.steps.fold import Fold
from ovopt.workflow.beginning.options import Silent
from tests.models import SHAPE, conv_model
from tests.steps.models import outputs

SAMPLE = (np.arange(3, dtype=np.float32)[None], np.ones((1, 3), np.float32))
MATERIALS = Materials([SAMPLE], 0, Silent(), lambda before, after, properties=None: 1.5)


def two_heads() -> ov.Model:
    """`sum` of a and b, and `scaled`, a times the sum of two constants."""
    a, b = (ops.parameter([1, 3], np.float32, name=name) for name in "ab")
    for node, name in ((a, "a"), (b, "b")):
        node.output(0).set_names({name})
    factor = ops.add(ops.constant(np.full(3, 2, np.float32)), ops.constant(np.ones(3, np.float32)))
    scaled, total = ops.multiply(a, factor), ops.add(a, b)
    scaled.output(0).set_names({"scaled"})
    total.output(0).set_names({"sum"})
    return ov.Model([total, scaled], [a, b], "two heads")


def ports(model: ov.Model) -> tuple[list[str], list[str]]:
    found = facts(model)
    return [port.name for port in found.inputs], [port.name for port in found.outputs]


@pytest.mark.parametrize("kept", ["scaled", 1, -1])
def test_only_the_outputs_that_are_named_are_left(kept: str | int) -> None:
    model = two_heads()
    done = Fold(outputs=(kept,)).apply(model, MATERIALS)
    assert ports(done.model) == (["a", "b"], ["scaled"])
    assert np.allclose(outputs(done.model, SAMPLE)[0], 3 * SAMPLE[0])
    assert done.report.effect["dropped_outputs"] == 1
    assert done.report.effect["operations_before"] == 3
    assert done.report.effect["operations"] == 1
    assert done.report.speedup == 1.5
    assert done.report.notes == ("the outputs that are left need no input b (`drop_inputs: true` drops them)",)
    assert ports(model) == (["a", "b"], ["sum", "scaled"])


def test_inputs_that_no_output_needs_go_if_that_is_asked_for() -> None:
    done = Fold(outputs=("scaled",), drop_inputs=True).apply(two_heads(), MATERIALS)
    assert ports(done.model) == (["a"], ["scaled"])
    assert done.report.effect["dropped_inputs"] == 1
    assert done.report.notes == ()
    assert np.allclose(outputs(done.model, SAMPLE[:1])[0], 3 * SAMPLE[0])


def test_constants_alone_are_folded_and_outputs_stay() -> None:
    done = Fold().apply(two_heads(), MATERIALS)
    assert ports(done.model) == (["a", "b"], ["sum", "scaled"])
    assert done.report.effect["operations"] == 2
    assert [v.tolist() for v in outputs(done.model, SAMPLE)] == [v.tolist() for v in outputs(two_heads(), SAMPLE)]


def test_nothing_to_drop_and_to_fold_is_no_effect() -> None:
    materials = Materials([(np.zeros(SHAPE, np.float32),)], 0, Silent())
    with pytest.raises(NoEffectError, match="fold changed nothing: every output is kept, no constant is computed"):
        Fold().apply(conv_model(), materials)


def test_an_unknown_output_is_named_with_the_nearest() -> None:
    with pytest.raises(RecipeError, match=r"no output .scaledd.; did you mean .scaled.\?"):
        Fold(outputs=("scaledd",)).apply(two_heads(), MATERIALS)
