"""Rewrites are kept where the outputs stay, whatever the rewrites are."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from typing import Any, ClassVar

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops
from pydantic import ValidationError

from ovopt.contracts import Materials, Step, Stepped, plugins
from ovopt.errors import RecipeError
from ovopt.model.graph.nodes import Rewrite
from ovopt.model.ports.facts import facts
from ovopt.recipe import parse_recipe
from ovopt.steps import simplify as module
from ovopt.steps.simplify import MOST_ROUNDS, Simplify
from tests.bench.test_quick_speedup import Unknown
from tests.factories import exactly
from tests.models import accumulating_model

SAMPLES = tuple((row[None],) for row in np.random.default_rng(0).standard_normal((12, 4)).astype(np.float32))


def example_model() -> ov.Model:
    """relu(x + x) * 5 + 1."""
    given = ops.parameter([1, 4], np.float32, name="x")
    given.output(0).set_names({"x"})
    node = ops.relu(ops.add(given, given, name="twice"), name="active")
    node = ops.subtract(ops.multiply(node, np.float32(5), name="scaled"), np.float32(-1), name="moved")
    node.output(0).set_names({"y"})
    return ov.Model([node], [given], "example")


def replaced(model: ov.Model, kind: str, build: Callable[[ov.Node], ov.Node]) -> int:
    """Every operation of a type by what is built for it."""
    found = [op for op in model.get_ordered_ops() if op.get_type_name() == kind]
    for op in found:
        readers, new = op.output(0).get_target_inputs(), build(op)
        new.set_friendly_name(op.get_friendly_name())
        for reader in readers:
            reader.replace_source_output(new.output(0))
    return len(found)


class Doubled(Rewrite):
    """x + x = 2 x"""

    name: ClassVar[str] = "doubled"

    def apply(self, model: ov.Model) -> int:
        return replaced(model, "Add", lambda op: ops.multiply(op.input_value(0), np.float32(2)))


class Halved(Rewrite):
    """2 x = x + x: takes back what the other did."""

    name: ClassVar[str] = "halved"

    def apply(self, model: ov.Model) -> int:
        twos = [op for op in model.get_ordered_ops() if op.get_friendly_name() == "twice"]
        if twos[0].get_type_name() != "Multiply":
            return 0
        (readers,) = [output.get_target_inputs() for output in twos[0].outputs()]
        new = ops.add(twos[0].input_value(0), twos[0].input_value(0), name="twice")
        for reader in readers:
            reader.replace_source_output(new.output(0))
        return 1


class Wrong(Rewrite):
    """relu(x) is not tanh(x)."""

    name: ClassVar[str] = "wrong"

    def apply(self, model: ov.Model) -> int:
        return replaced(model, "Relu", lambda op: ops.tanh(op.input_value(0)))


class Slightly(Rewrite):
    """relu(x) is nearly 1.004 relu(x)."""

    name: ClassVar[str] = "slightly"

    def apply(self, model: ov.Model) -> int:
        return replaced(model, "Relu", lambda op: ops.multiply(ops.relu(op.input_value(0)), np.float32(1.004)))


class Infinite(Rewrite):
    """Outputs that are no numbers are no outputs."""

    name: ClassVar[str] = "infinite"

    def apply(self, model: ov.Model) -> int:
        return replaced(model, "Relu", lambda op: ops.log(ops.multiply(op.input_value(0), np.float32(0))))


class Reshaped(Rewrite):
    """The outputs have another shape."""

    name: ClassVar[str] = "reshaped"

    def apply(self, model: ov.Model) -> int:
        return replaced(model, "Relu", lambda op: ops.concat([op.output(0), op.output(0)], 0))


class Uncompilable(Rewrite):
    """A graph that is sound, with an operation that no device has."""

    name: ClassVar[str] = "uncompilable"

    def apply(self, model: ov.Model) -> int:
        return replaced(model, "Relu", lambda op: Unknown([op.input_value(0)]))


class Unsound(Rewrite):
    """Shapes that do not go together."""

    name: ClassVar[str] = "unsound"

    def apply(self, model: ov.Model) -> int:
        (scaled,) = [op for op in model.get_ordered_ops() if op.get_friendly_name() == "scaled"]
        scaled.set_argument(1, ops.constant(np.ones((1, 3), np.float32)).output(0))
        return 1


class Raising(Rewrite):
    """OpenVINO's node factory refuses."""

    name: ClassVar[str] = "raising"

    def apply(self, model: ov.Model) -> int:
        ops.add(np.ones((1, 3), np.float32), np.ones((1, 4), np.float32))
        return 1


class Idle(Rewrite):
    """Finds no place."""

    name: ClassVar[str] = "idle"

    def apply(self, model: ov.Model) -> int:
        return 0


ALL: dict[str, type[Rewrite]] = {
    kind.name: kind
    for kind in (Doubled, Halved, Wrong, Slightly, Infinite, Reshaped, Uncompilable, Unsound, Raising, Idle)
}
REFUSED = [Wrong, Slightly, Infinite, Reshaped, Uncompilable, Unsound, Raising]


class Watched:
    """Progress that counts."""

    def __init__(self) -> None:
        self.tasks: dict[str, list[float | None]] = {}

    @contextmanager
    def task(self, name: str, total: float | None = None) -> Any:
        self.tasks[name] = [0, total]

        def advance(amount: float = 1, note: str = "") -> None:
            self.tasks[name][0] += amount  # type: ignore[operator]

        yield advance

    def say(self, message: str) -> None:
        raise AssertionError(message)


@pytest.fixture
def applied(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Stepped]:
    """Simplify with the given rewrites and no others."""

    def apply(*kinds: type[Rewrite], model: ov.Model | None = None, given: Any = SAMPLES, **fields: Any) -> Stepped:
        monkeypatch.setattr(module, "plugins", lambda package, kind: {one.name: one for one in kinds})
        materials = Materials(given, 0, Watched(), lambda before, after: 1.25)
        return Simplify(**fields).apply(model or example_model(), materials)

    return apply


def outputs(model: ov.Model) -> np.ndarray:
    compiled = ov.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return np.stack([compiled(list(sample))[0] for sample in SAMPLES])


def kinds(model: ov.Model) -> dict[str, int]:
    return facts(model).operations


# What is kept


def test_an_exact_rewrite_is_kept(applied: Any) -> None:
    done = applied(Doubled)
    assert "Add" not in kinds(done.model)
    np.testing.assert_allclose(outputs(done.model), outputs(example_model()), rtol=1e-6)
    assert done.report.name == "simplify"
    assert (done.report.effect, done.report.speedup) == ({"doubled": 1, "largest_difference": 0.0}, 1.25)
    assert done.report.changed
    assert done.report.notes == ()


@pytest.mark.parametrize("kind", REFUSED, ids=lambda kind: kind.name)
def test_what_changes_the_outputs_or_does_not_run_is_left_out_with_a_note(applied: Any, kind: type[Rewrite]) -> None:
    done = applied(kind)
    assert kinds(done.model) == kinds(example_model())
    np.testing.assert_array_equal(outputs(done.model), outputs(example_model()))
    assert done.report.effect == {}
    said, nothing = done.report.notes
    assert said.startswith(f"{kind.name} was left out: ")
    assert nothing == "nothing to rewrite: the graph is as simple as ovopt knows"


@pytest.mark.parametrize("kind", REFUSED, ids=lambda kind: kind.name)
@pytest.mark.parametrize("first", [True, False], ids=["before", "after"])
def test_a_bad_rewrite_does_not_spoil_a_good_one(applied: Any, kind: type[Rewrite], first: bool) -> None:
    done = applied(*((kind, Doubled) if first else (Doubled, kind)))
    np.testing.assert_allclose(outputs(done.model), outputs(example_model()), rtol=1e-6)
    assert done.report.effect["doubled"] == 1
    assert [note.partition(" ")[0] for note in done.report.notes] == [kind.name]


def test_rewrites_that_take_each_other_back_end_after_a_few_rounds(applied: Any) -> None:
    done = applied(Doubled, Halved)
    assert done.report.effect["doubled"] == done.report.effect["halved"] == MOST_ROUNDS
    np.testing.assert_allclose(outputs(done.model), outputs(example_model()), rtol=1e-6)


def test_a_rewrite_that_makes_room_for_another_has_it_tried_again(applied: Any) -> None:
    done = applied(Halved, Doubled)
    assert done.report.effect["halved"] == MOST_ROUNDS - 1
    assert done.report.effect["doubled"] == MOST_ROUNDS


def test_where_nothing_applies_the_model_is_the_same(applied: Any) -> None:
    done = applied(Idle)
    assert kinds(done.model) == kinds(example_model())
    assert done.report.effect == {}
    assert done.report.notes == ("nothing to rewrite: the graph is as simple as ovopt knows",)


def test_the_model_given_is_never_changed(applied: Any) -> None:
    model = example_model()
    before = [(op.get_type_name(), op.get_friendly_name()) for op in model.get_ordered_ops()]
    values = outputs(model)
    done = applied(*ALL.values(), model=model)
    assert done.model is not model
    assert [(op.get_type_name(), op.get_friendly_name()) for op in model.get_ordered_ops()] == before
    np.testing.assert_array_equal(outputs(model), values)


def test_a_state_starts_anew_for_every_sample(applied: Any) -> None:
    samples = tuple((row[None, :2],) for (row,) in [(sample[0][0],) for sample in SAMPLES])
    done = applied(Idle, model=accumulating_model(), given=samples)
    assert done.report.effect == {}


# Tolerance


@pytest.mark.parametrize(("tolerance", "kept"), [(1e-3, False), (3e-3, False), (4.1e-3, True), (0.1, True)])
def test_the_tolerance_is_a_share_of_the_largest_output(applied: Any, tolerance: float, kept: bool) -> None:
    done = applied(Slightly, tolerance=tolerance)
    assert ("slightly" in done.report.effect) is kept
    if kept:
        before, after = outputs(example_model()).astype(np.float64), outputs(done.model)
        wanted = np.max(np.abs(after - before)[:8] / np.abs(before).max(axis=(1, 2), keepdims=True)[:8])
        assert done.report.effect["largest_difference"] <= tolerance
        assert done.report.effect["largest_difference"] == pytest.approx(wanted, rel=1e-2)


def test_many_small_differences_are_held_against_the_original_together(applied: Any) -> None:
    """Each round adds nearly 0.4 %; the third would be beyond 1 %."""
    done = applied(Slightly, tolerance=1e-2)
    assert done.report.effect["slightly"] == 2
    assert done.report.effect["largest_difference"] < 1e-2
    assert [note.partition(" ")[0] for note in done.report.notes] == ["slightly"]


@pytest.mark.parametrize("fields", [{"tolerance": 0}, {"tolerance": -1}, {"samples": 0}, {"only": "doubled"}, {"x": 1}])
def test_fields_that_make_no_sense_are_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Simplify(**fields)


def test_only_so_many_samples_are_run(applied: Any) -> None:
    unfit = (np.ones((1, 5), np.float32),)
    assert Simplify(samples=3).wanted == 3
    assert applied(Doubled, given=(*SAMPLES[:3], unfit), samples=3).report.effect["doubled"] == 1


# Which rewrites


@pytest.mark.parametrize(
    ("fields", "kept"),
    [
        ({}, {"doubled"}),
        ({"only": ["doubled"]}, {"doubled"}),
        ({"only": ["idle"]}, set()),
        ({"without": ["doubled"]}, set()),
        ({"without": ["idle"]}, {"doubled"}),
        ({"only": ["doubled", "idle"], "without": ["doubled"]}, set()),
    ],
    ids=str,
)
def test_rewrites_can_be_chosen(applied: Any, fields: dict[str, Any], kept: set[str]) -> None:
    done = applied(Doubled, Idle, **fields)
    assert set(done.report.effect) - {"largest_difference", "speedup"} == kept
    assert done.report.parameters.keys() == fields.keys()


@pytest.mark.parametrize("key", ["only", "without"])
def test_an_unknown_rewrite_is_an_error_with_the_nearest_name(applied: Any, key: str) -> None:
    message = f"optimize.simplify.{key}: unknown 'dubled'; did you mean 'doubled'?"
    with pytest.raises(RecipeError, match=exactly(message)):
        applied(Doubled, **{key: ["dubled"]})


def test_the_speed_is_not_measured_where_nothing_was_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "plugins", lambda package, kind: {"wrong": Wrong})

    def measured(before: ov.Model, after: ov.Model) -> float | None:
        raise AssertionError("measured")

    assert Simplify().apply(example_model(), Materials(SAMPLES, 0, Watched(), measured)).report.effect == {}


def test_a_speed_that_was_not_measured_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "plugins", lambda package, kind: {"doubled": Doubled})
    done = Simplify().apply(example_model(), Materials(SAMPLES, 0, Watched()))
    assert done.report.effect.keys() == {"doubled", "largest_difference"}


# The step


def test_it_is_a_step_that_takes_no_statistics() -> None:
    assert plugins("ovopt.steps", Step)["simplify"] is Simplify
    assert not Simplify.calibrates


def test_a_recipe_names_its_fields() -> None:
    raw = {"ovopt": 1, "family": "example", "optimize": [{"simplify": {"without": ["gelu"], "tolerance": 0.01}}]}
    assert parse_recipe(raw, "a test").optimize == (Simplify(without=("gelu",), tolerance=0.01),)


def test_the_shipped_rewrites_leave_a_model_that_they_do_not_know_alone() -> None:
    model = example_model()
    done = Simplify().apply(model, Materials(SAMPLES, 0, Watched()))
    np.testing.assert_allclose(outputs(done.model), outputs(model), rtol=1e-5)
