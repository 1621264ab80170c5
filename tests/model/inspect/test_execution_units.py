"""Times of layers that a device fuses."""

from __future__ import annotations

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops

from ovopt.model.inspect.layer_errors import DeviceModel
from ovopt.model.inspect.layers import layers
from ovopt.model.inspect.profile import Node, Profile, profiles, units
from ovopt.turns import Length
from tests.models import SHAPE, conv_model

PICTURE = (np.zeros(SHAPE, np.float32),)


def chain(*names: str) -> ov.Model:
    node = given = ops.parameter([1, 4], np.float32, name="x")
    for name in names:
        node = ops.relu(node, name=name)
    return ov.Model([node], [given], "chain")


def node(name: str, us: float, *said: str, kind: str = "Eltwise", readers: tuple[str, ...] = ()) -> Node:
    return Node(name, said, kind, "jit", "f32", us, readers)


def profile(*nodes: Node) -> Profile:
    return Profile(nodes, 1.0, "f32")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ovopt.model.inspect.profile.REPLICAS", 2)
    monkeypatch.setattr("ovopt.model.inspect.profile.TURN", Length(0.001))


def test_all_time_of_a_real_model_is_given_to_its_layers() -> None:
    models, done = [conv_model(), conv_model()], []
    order = list(layers(models[0]))
    found = profiles([DeviceModel(model, "CPU", {}) for model in models], PICTURE, set(order), lambda: done.append(1))
    assert len(done) == 2
    made = units(models, found, order)
    assert [name for unit in made for name in unit.layers] == order
    for place, one in enumerate(found):
        assert one.wall_ms > 0
        spent = sum(work.us for unit in made if (work := unit.work[place]))
        assert spent == pytest.approx(sum(node.us for node in one.nodes))


def test_layers_that_one_model_fuses_are_a_unit_in_both() -> None:
    found = units(
        [chain("a", "b", "c")] * 2,
        [profile(node("n", 5, "a", "b"), node("m", 1, "c")), profile(*(node(x, 2, x) for x in "abc"))],
        ["a", "b", "c"],
    )
    assert [unit.layers for unit in found] == [("a", "b"), ("c",)]
    assert [[work and work.us for work in unit.work] for unit in found] == [[5, 4], [1, 2]]


def test_reorders_count_with_what_reads_them() -> None:
    reorder = node("r", 3, kind="Reorder", readers=("n",))
    (unit,) = units([chain("a")], [profile(reorder, node("n", 5, "a"))], ["a"])
    work = unit.work[0]
    assert work is not None
    assert (work.us, work.reorders, work.reorders_us, work.primitive) == (8, 1, 3, "Eltwise|jit")


def test_a_layer_that_the_graph_does_not_name_is_in_what_reads_it() -> None:
    (unit,) = units([chain("a", "b")], [profile(node("n", 5, "b"))], ["a", "b"])
    assert unit.layers == ("a", "b")


def test_layers_of_one_model_alone_are_timed_with_those_that_read_them() -> None:
    before = profile(*(node(name, 2, name) for name in ("a", "b", "c")))
    after = profile(node("d", 1, "d"), node("c", 2, "c"))
    found = units([chain("a", "b", "c"), chain("d", "c")], [before, after], ["a", "b", "c", "d"])
    assert {frozenset(unit.layers) for unit in found} == {frozenset("abcd")}
    assert [work and work.us for work in found[0].work] == [6, 3]


def test_a_layer_that_is_not_executed_has_no_work() -> None:
    both = profile(node("n", 1, "a"), node("m", 1, "b"))
    found = units([chain("a", "b")] * 2, [both, profile(node("n", 1, "a"))], ["a", "b"])
    assert [[work and work.us for work in unit.work] for unit in found] == [[1, 1], [1, None]]
