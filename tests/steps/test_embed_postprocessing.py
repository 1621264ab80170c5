"""Which decoders go into the model: what can be embedded, and agrees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops

from ovopt.contracts import Array, Decoder, Host, Materials, Stepped, Way
from ovopt.decoders.parts import MaxParts
from ovopt.decoders.scores import Argmax, Sigmoid, Softmax
from ovopt.errors import RecipeError
from ovopt.model.inspect.runs import outputs_in_f32
from ovopt.model.ports.attach import POSTPROCESS_PREFIX
from ovopt.model.ports.facts import facts
from ovopt.preparing.host_preparation import HostPreparation
from ovopt.stats import Interval
from ovopt.steps.embed_postprocessing import EmbedPostprocessing
from ovopt.workflow.beginning.options import Silent
from tests.factories import exactly
from tests.models import conv_model

PICTURES = [np.random.default_rng(i).standard_normal((3, 8, 8)).astype(np.float32) for i in range(3)]
FASTER = Interval(1.5, 1.4, 1.6)


class Offset(Decoder):
    """Adds one; in a model, it adds two."""

    name = "offset"  # type: ignore[misc]

    def __call__(self, output: Any, inputs: Mapping[str, Array]) -> Array:
        return np.asarray(output) + 1

    def embedded(self, batch: ov.Output, inputs: Mapping[str, ov.Output]) -> ov.Output:
        return ops.add(batch, np.float32(2)).output(0)


class Written(Decoder):
    """Only the host can do it."""

    name = "written"  # type: ignore[misc]

    def __call__(self, output: Any, inputs: Mapping[str, Array]) -> str:
        return str(output)


def embedded(
    decoders: Sequence[Decoder],
    model: ov.Model | None = None,
    output: int | tuple[int, ...] = 0,
    speedup: Interval = FASTER,
    **settings: Any,
) -> Stepped:
    model = model or conv_model()
    inputs = facts(model).inputs

    def speedups(ways: Sequence[Way], seconds: float) -> list[Interval]:
        """What each way answers is run, once."""
        for way in ways:
            tensors = way.preparation.preprocess(PICTURES[0])[0]
            assert way.answer is not None
            way.answer(tensors, tuple(array.astype(np.float32) for array in outputs_in_f32(way.model, [tensors])))
        return [speedup]

    host = Host(
        transforms=(),
        inputs=inputs,
        filled=tuple(port.name for port in inputs),
        contents=PICTURES,
        preparation=lambda some, ports: HostPreparation(tuple(some), tuple(ports), {}),
        speedups=speedups,
        delta=lambda way: None,
        decoders=tuple(decoders),
        output=output,
        seen=lambda content: [{inputs[0].name: content[None]}],
        known=tuple(port.name for port in inputs),
    )
    before = facts(model)
    stepped = EmbedPostprocessing(**settings).apply(model, Materials((), 0, Silent(), host=host))
    assert facts(model) == before, "a step never changes its input"
    return stepped


def test_the_outputs_are_those_of_the_decoders_on_the_host() -> None:
    stepped, model = embedded([Softmax(), Argmax()]), conv_model()
    assert stepped.report.decoded == 2
    assert stepped.report.effect["end_to_end_speedup"] == 1.5
    assert stepped.report.effect["largest_difference"] == 0
    assert stepped.report.notes == (
        "the host still does: nothing; the model gives 'scores' i64[1]",
        "softmax, argmax in the model: 1.50x [1.40, 1.60] end to end",
    )
    tensors = [(picture[None],) for picture in PICTURES]
    wanted = [array.argmax(-1) for array in outputs_in_f32(model, tensors)]
    assert np.array_equal(outputs_in_f32(stepped.model, tensors), wanted)


def test_what_follows_the_first_that_cannot_be_embedded_stays_on_the_host() -> None:
    stepped = embedded([Softmax(), Written(), Sigmoid()])
    assert stepped.report.decoded == 1
    assert stepped.report.effect["on_host"] == 2
    assert stepped.report.notes[0] == "the host still does: written, sigmoid; the model gives 'scores' f32[1,5]"
    assert "written stays on the host: no operations stand for it" in stepped.report.notes


@pytest.mark.parametrize(
    ("decoders", "said"),
    [
        ([Written(), Softmax()], "written stays on the host: no operations stand for it"),
        ([MaxParts()], "max_parts stays on the host: it takes all parts of a sample"),
        ([Softmax(axis=3)], "softmax stays on the host: no operations stand for it on 'scores' f32[1,5]"),
        ([Offset()], "offset in the model was left out: results differ by "),
    ],
)
def test_where_nothing_can_be_embedded_the_model_stays_as_it_is_with_a_note(decoders: list[Decoder], said: str) -> None:
    stepped = embedded(decoders)
    assert stepped.report.decoded == 0
    assert stepped.report.effect == {"embedded": 0, "on_host": len(decoders)}
    assert any(note.startswith(said) for note in stepped.report.notes)
    assert facts(stepped.model) == facts(conv_model())


def test_the_longest_beginning_that_agrees_is_taken() -> None:
    stepped = embedded([Softmax(), Offset(), Sigmoid()])
    assert stepped.report.decoded == 1
    assert len([note for note in stepped.report.notes if "was left out: results differ by" in note]) == 2


def test_a_loss_of_time_is_said() -> None:
    stepped = embedded([Softmax()], speedup=Interval(0.8, 0.7, 0.9))
    assert stepped.report.decoded == 1
    assert stepped.report.notes[1] == (
        "softmax in the model: 0.80x [0.70, 0.90] end to end; it is slower than on the host"
    )


def two_outputs(batch: int = 1) -> ov.Model:
    given = ops.parameter([1, 3, 8, 8], np.float32, name="picture")
    given.output(0).set_names({"picture"})
    first = ops.relu(given)
    second = ops.reshape(ops.reduce_mean(given, np.array([2, 3])), np.array([batch, -1]), special_zero=False)
    first.output(0).set_names({"first"})
    second.output(0).set_names({"second"})
    return ov.Model([first, second], [given], "two")


def test_the_chosen_output_changes_in_its_place_and_the_others_stay() -> None:
    stepped = embedded([Softmax(), Argmax()], two_outputs(), output=1)
    first, second = facts(stepped.model).outputs
    assert first == facts(two_outputs()).outputs[0]
    assert (second.name, second.shape, second.dtype) == ("second", (1,), "i64")
    own = [op for op in stepped.model.get_ordered_ops() if op.get_friendly_name().startswith(POSTPROCESS_PREFIX)]
    assert {"Softmax", "TopK"} <= {op.get_type_name() for op in own}


def test_decoders_of_several_outputs_and_outputs_without_a_batch_stay_on_the_host() -> None:
    several = embedded([Softmax()], two_outputs(), output=(0, 1))
    assert (
        "softmax stays on the host: `model.output` lists several outputs, and only a decoder of one can be "
        in (several.report.notes[1])
    )
    flat = embedded([Softmax()], two_outputs(batch=3), output=1)
    assert flat.report.notes[1] == (
        "softmax stays on the host: 'second' f32[3,1] does not begin with a batch dimension of 1"
    )


def test_without_decoders_there_is_nothing_to_do() -> None:
    said = "optimize.embed_postprocessing: the recipe has no `postprocess` left on the host to embed"
    with pytest.raises(RecipeError, match=exactly(said)):
        embedded([])
