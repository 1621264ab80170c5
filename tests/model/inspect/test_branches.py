"""Branches of an If that samples take."""

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops

from ovopt.model.inspect.branches import idle_branches, name_bodies_apart


def forked(given: ov.Node, bodies: list[ov.Node], inner: list[ov.Node], name: str, above: float) -> ov.Node:
    """An If on the sum of its input: the first body where it is larger."""
    larger = ops.greater(ops.reduce_sum(given, np.array([0, 1])), np.float32(above))
    fork = ops.if_op(larger.output(0))
    fork.set_friendly_name(name)
    models = [ov.Model([ops.result(body)], [own]) for body, own in zip(bodies, inner, strict=True)]
    fork.set_then_body(models[0])
    fork.set_else_body(models[1])
    fork.set_input(given.output(0), *inner)
    return fork.set_output(*(model.results[0] for model in models))


def nested_model() -> ov.Model:
    """An If whose first body holds another one; all bodies' operations are called `act`."""
    given = ops.parameter([1, 2], np.float32, name="x")
    outer = [ops.parameter([1, 2], np.float32) for _ in range(2)]
    inner = [ops.parameter([1, 2], np.float32) for _ in range(2)]
    deep = forked(outer[0], [ops.relu(inner[0], name="act"), ops.tanh(inner[1], name="act")], inner, "deep", 10)
    either = forked(given, [deep, ops.relu(outer[1], name="act")], outer, "fork", 0)
    return ov.Model([either], [given], "nested")


def rows(*values: float) -> list[tuple[np.ndarray]]:
    return [(np.array([[value, value]], np.float32),) for value in values]


@pytest.mark.parametrize(
    ("values", "idle"),
    [
        ((-1, 1, 6), []),
        ((-1, 1), [("deep", "then")]),
        ((-1, 6), [("deep", "else")]),
        ((1, 6), [("fork", "else")]),
        ((-1,), [("fork", "then")]),
    ],
)
def test_the_branches_that_no_sample_takes_are_found_however_deep(values, idle):
    found = idle_branches(nested_model(), rows(*values))
    assert [(branch.operation, branch.kind) for branch in found] == idle


def test_an_idle_branch_names_all_that_is_in_it():
    model = nested_model()
    name_bodies_apart(model)
    (found,) = idle_branches(model, rows(-1))
    assert found.names[-1].endswith("act")
    assert len(set(found.names)) == len(found.names) >= 4
    every = [op.get_friendly_name() for op in model.get_ordered_ops()]
    assert not set(found.names) & set(every)


def test_without_an_if_there_is_no_branch():
    given = ops.parameter([1, 2], np.float32, name="x")
    assert idle_branches(ov.Model([ops.relu(given)], [given], "plain"), rows(1)) == []
