"""Which orders of steps are taken, doubted, refused; any step that says its stage is known."""

from __future__ import annotations

from typing import ClassVar

import pytest

from ovopt.contracts import Materials, Stage, Step, Stepped, plugins
from ovopt.errors import NoEffectError, RecipeError
from ovopt.steps.batch import Batch
from ovopt.steps.fold import Fold
from ovopt.steps.freeze_shapes import FreezeShapes
from ovopt.steps.precision import Precision
from ovopt.steps.quantize import Quantize
from ovopt.steps.simplify import Simplify
from ovopt.workflow.beginning.options import Silent
from ovopt.workflow.optimizing.step_order import Remark, check_order, in_order, no_steps
from tests.factories import exactly
from tests.models import conv_model


class Thin(Step):
    """A step that nobody has heard of."""

    name: ClassVar[str] = "thin"
    stage: ClassVar[Stage] = Stage.STRUCTURE

    def apply(self, model: object, materials: Materials) -> Stepped:
        """Nothing."""
        raise NoEffectError("thin changed nothing: there is nothing to thin")


class Squeeze(Thin):
    """Another one."""

    name: ClassVar[str] = "squeeze"
    stage: ClassVar[Stage] = Stage.WEIGHTS


class Teach(Thin):
    """One that trains."""

    name: ClassVar[str] = "teach"
    stage: ClassVar[Stage] = Stage.TRAINING
    epochs: int = 1


RIGHT = [Teach(), Fold(), Simplify(), Thin(), Quantize(), FreezeShapes(), Precision(storage="f16"), Batch(size=4)]


def test_the_order_that_the_stages_say_is_right() -> None:
    assert check_order(RIGHT) == []


def test_what_may_stand_anywhere_may_stand_first() -> None:
    assert check_order([FreezeShapes(), *[step for step in RIGHT[1:] if step.name != "freeze_shapes"]]) == []


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        (
            [Quantize(), Simplify()],
            "optimize[1].simplify stands behind optimize[0].quantize: what quantize has made of the operations, "
            "simplify does not recognise; put simplify first",
        ),
        (
            [Quantize(), Thin()],
            "optimize[1].thin stands behind optimize[0].quantize: thin refits weights in floating point, and quantize "
            "has rounded them; put thin first",
        ),
        (
            [Precision(storage="f16"), Quantize()],
            "optimize[1].quantize stands behind optimize[0].precision: quantize rounds weights, and precision has "
            "rounded them once already; put quantize first",
        ),
        (
            [Batch(size=2), FreezeShapes()],
            "optimize[1].freeze_shapes stands behind optimize[0].batch: freeze_shapes hands over one sample at a time, "
            "and behind batch the model is called in another way; put freeze_shapes first",
        ),
        (
            [Simplify(), Teach()],
            "optimize[1].teach stands behind optimize[0].simplify: teach trains the original in its own framework, and "
            "simplify has made another model of it; put teach first",
        ),
        (
            [Teach(), Teach(epochs=2)],
            "optimize[1].teach stands behind optimize[0].teach: teach trains the original in its own framework, and "
            "teach has made another model of it",
        ),
        ([Simplify(), Simplify()], "optimize[1].simplify: the same as optimize[0]; leave one of them out"),
    ],
    ids=["simplify", "prune", "storage", "batch", "train", "train twice", "twice"],
)
def test_an_order_that_spoils_a_step_is_refused_with_the_reason(steps: list[Step], said: str) -> None:
    with pytest.raises(RecipeError, match=exactly(said)):
        check_order(steps)


def test_every_fault_is_told() -> None:
    with pytest.raises(RecipeError) as caught:
        check_order([Quantize(), Simplify(), Thin()])
    assert len(str(caught.value).splitlines()) == 2


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        (
            [Thin(), Simplify()],
            "optimize[1].simplify stands behind optimize[0].thin: thin finds more to remove in a graph that simplify "
            "has put in order; put simplify first",
        ),
        (
            [Quantize(), Squeeze()],
            "optimize[1].squeeze stands behind optimize[0].quantize: quantize has rounded weights already; squeeze "
            "adds its own loss",
        ),
    ],
    ids=["prune before simplify", "rounded twice"],
)
def test_an_order_that_is_seldom_best_is_taken_and_told(steps: list[Step], said: str) -> None:
    assert check_order(steps) == [Remark(1, said)]


def test_where_there_is_no_step_those_that_could_stand_there_are_named_in_order() -> None:
    known = plugins("ovopt.steps", Step)
    said = no_steps(known)
    assert said.startswith("optimize: the recipe lists no steps; there could stand, in this order: ")
    names = in_order(known)
    assert sorted(names) == sorted(known)
    check_order([known[name].model_construct() for name in names if name != "compress"])
    assert names.index("simplify") < names.index("quantize") < names.index("precision") < names.index("batch")


def test_no_effect_is_an_error_or_a_note_as_the_step_is_told() -> None:
    materials = Materials([], 0, Silent())
    with pytest.raises(NoEffectError, match="there is nothing to thin"):
        Thin().run(conv_model(), materials)
    done = Thin(allow_no_effect=True).run(conv_model(), materials)
    assert done.report.notes == ("thin changed nothing: there is nothing to thin",)
    assert done.report.effect == {}
    assert done.report.parameters == {"allow_no_effect": True}


@pytest.mark.parametrize("kind", plugins("ovopt.steps", Step).values(), ids=lambda kind: kind.name)
def test_every_step_has_the_key(kind: type[Step]) -> None:
    assert not kind.model_fields["allow_no_effect"].default
