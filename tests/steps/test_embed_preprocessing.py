"""Which transforms go into the model: what agrees, is faster for certain, and keeps the metric."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import openvino as ov
import pytest

from ovopt.contracts import Array, Host, Materials, Parts, Stepped, Transform, Way
from ovopt.errors import ArmLostError, DataError, RecipeError
from ovopt.model.inspect.runs import largest_difference, outputs_in_f32
from ovopt.model.ports.attach import PREPROCESS_PREFIX
from ovopt.model.ports.facts import facts
from ovopt.preparing.host_preparation import HostPreparation
from ovopt.records import QualityDelta
from ovopt.stats import Interval
from ovopt.steps.embed_preprocessing import EmbedPreprocessing
from ovopt.transforms.geometry import CenterCrop, Resize
from ovopt.transforms.numbers import Cast, Normalize, Scale
from ovopt.transforms.shape import Layout
from ovopt.workflow.beginning.options import Silent
from tests.factories import exactly
from tests.models import adding_model, conv_model

RNG = np.random.default_rng(3)
SCALE = Scale(divisor=255)
NORMALIZE = Normalize(mean=(0.4, 0.5, 0.6), std=(0.2, 0.2, 0.2), axis=-1)
LAYOUT = Layout(order="chw")
USUAL = (CenterCrop(size=8), SCALE, NORMALIZE, LAYOUT)
PICTURES = [RNG.integers(0, 256, (12, 10 + i % 3, 3)).astype(np.uint8) for i in range(3)]
ALIKE = [RNG.integers(0, 256, (12, 10, 3)).astype(np.uint8) for _ in range(3)]
CUT = [picture[:8, :8] for picture in ALIKE]
FASTER = Interval(1.5, 1.4, 1.6)


class Offset(Transform):
    """Adds one; in a model, it adds two."""

    name = "offset"  # type: ignore[misc]

    def __call__(self, content: Any) -> Array:
        return np.asarray(content, np.float32) + 1

    def embedded(self, batch: ov.Output) -> ov.Output:
        from openvino import opset13 as ops

        return ops.add(ops.convert(batch, "f32"), np.float32(2)).output(0)


class Hashed(Transform):
    """Only the host can do it."""

    name = "hashed"  # type: ignore[misc]

    def __call__(self, content: Any) -> Array:
        return np.asarray(content)


class Halved(Transform):
    """Two parts of a sample."""

    name = "halved"  # type: ignore[misc]

    def __call__(self, content: Any) -> Parts:
        if len(content) % 2:
            raise DataError("halved: an odd length")
        return Parts(np.split(np.asarray(content), 2))


def delta(change: float, low: float, high: float) -> QualityDelta:
    return QualityDelta(
        baseline=0.9,
        candidate=0.9 + change,
        delta=change,
        low=low,
        high=high,
        unit="share",
        n=100,
        higher_is_better=True,
        kind="accuracy",
        flips=None,
        minimum_detectable_drop=None,
        verdict="no clear difference",
    )


def embedded(
    transforms: Sequence[Transform],
    contents: Sequence[Any] = PICTURES,
    model: ov.Model | None = None,
    speedups: Mapping[int, Interval] | None = None,
    deltas: Mapping[int, QualityDelta | ArmLostError] | None = None,
    constants: Mapping[str, Any] | None = None,
    **settings: Any,
) -> Stepped:
    """`speedups` and `deltas` by how many transforms are inside; every split is faster unless told otherwise."""
    model = model or conv_model()
    given = constants or {}

    def inside(way: Way) -> int:
        assert isinstance(way.preparation, HostPreparation)
        return len(transforms) - len(way.preparation.transforms)

    def measured(ways: Sequence[Way], seconds: float) -> list[Interval]:
        assert inside(ways[0]) == 0
        assert ways[0].model is model
        return [(speedups or {}).get(inside(way), FASTER) for way in ways[1:]]

    def judged(way: Way) -> QualityDelta | None:
        found = (deltas or {}).get(inside(way))
        if isinstance(found, ArmLostError):
            raise found
        return found

    inputs = facts(model).inputs
    host = Host(
        tuple(transforms),
        inputs,
        tuple(port.name for port in inputs if port.name not in given),
        contents,
        lambda some, ports: HostPreparation(tuple(some), tuple(ports), given),
        measured,
        judged,
    )
    before = facts(model)
    stepped = EmbedPreprocessing(**settings).apply(model, Materials((), 0, Silent(), host=host))
    assert facts(model) == before, "a step never changes its input"
    return stepped


def test_as_much_as_can_be_goes_into_the_model_where_it_pays() -> None:
    stepped = embedded(USUAL)
    assert stepped.report.embedded == 3
    assert stepped.report.effect["on_host"] == 1
    assert stepped.report.effect["end_to_end_speedup"] == 1.5
    assert facts(stepped.model).inputs[0].shape == (1, 8, 8, 3)
    assert facts(stepped.model).inputs[0].dtype == "u8"
    assert stepped.report.notes[0] == "the host still does: center_crop; the model takes 'picture' u8[1,8,8,3]"
    assert "center_crop stays on the host: no operations stand for it on u8[?,?,3] (samples differ in size)" in (
        stepped.report.notes
    )


def test_the_outputs_are_those_of_the_whole_list_on_the_host() -> None:
    stepped, model = embedded(USUAL), conv_model()
    whole = HostPreparation(USUAL, facts(model).inputs, {})
    part = HostPreparation(USUAL[:1], facts(stepped.model).inputs, {})
    wanted = outputs_in_f32(model, [whole.preprocess(content)[0] for content in PICTURES])
    found = outputs_in_f32(stepped.model, [part.preprocess(content)[0] for content in PICTURES])
    assert largest_difference(found, wanted) < 1e-5
    assert stepped.report.effect["largest_difference"] < 1e-5


@pytest.mark.parametrize(
    ("speedups", "count"),
    [
        ({1: Interval(1.2, 1.1, 1.3), 2: Interval(1.6, 1.5, 1.7), 3: Interval(1.3, 1.2, 1.4)}, 2),
        ({1: Interval(1.2, 1.1, 1.3), 2: Interval(1.4, 1.3, 1.5), 3: Interval(1.3, 1.2, 1.45)}, 3),
        ({1: Interval(1.2, 1.1, 1.3), 2: Interval(1.6, 0.9, 2.9), 3: Interval(1.1, 0.99, 1.2)}, 1),
    ],
    ids=["the fastest", "bytes, where they cannot be told from the fastest", "the one that is faster for certain"],
)
def test_the_fastest_split_is_kept(speedups: Mapping[int, Interval], count: int) -> None:
    assert embedded(USUAL, speedups=speedups).report.embedded == count


def test_where_nothing_is_faster_for_certain_everything_stays() -> None:
    slower = Interval(1.02, 0.98, 1.06)
    stepped = embedded(USUAL, speedups={1: slower, 2: slower, 3: slower})
    assert stepped.report.embedded == 0
    assert stepped.report.effect == {"embedded": 0, "on_host": 4}
    assert stepped.report.notes[0] == (
        "what is on the host stays there: no split agrees with it and is faster beyond noise"
    )
    assert "scale, normalize, layout in the model: 1.02x [0.98, 1.06] end to end" in stepped.report.notes
    assert facts(stepped.model) == facts(conv_model())


@pytest.mark.parametrize(
    ("found", "unclear"), [(Interval(1.1, 0.8, 1.5), True), (Interval(1.01, 0.95, 1.07), False), (FASTER, False)]
)
def test_a_measurement_that_could_not_tell_is_named(found: Interval, unclear: bool) -> None:
    notes = embedded(USUAL, speedups={1: found, 2: found, 3: found}).report.notes
    said = "the machine is too busy to tell: measure longer (time_budget_s), or when it is idle"
    assert (said in notes) == unclear


def test_a_split_that_loses_quality_beyond_chance_is_left_out() -> None:
    stepped = embedded(USUAL, deltas={3: delta(-0.05, -0.08, -0.02), 2: delta(-0.01, -0.03, 0.01)})
    assert stepped.report.embedded == 2
    assert "scale, normalize, layout in the model: -5.0 points on 100 tuning samples, beyond chance: left out" in (
        stepped.report.notes
    )
    assert "normalize, layout in the model: -1.0 points on 100 tuning samples" in stepped.report.notes


def test_a_change_of_the_metric_within_the_tolerance_is_no_loss() -> None:
    rounding = delta(-3e-15, -4e-15, -2e-15)
    assert embedded(USUAL, deltas=dict.fromkeys((1, 2, 3), rounding)).report.embedded == 3


def test_a_split_whose_model_fails_on_the_tuning_samples_is_left_out() -> None:
    stepped = embedded(USUAL, deltas={3: ArmLostError("NaN or infinity in its output")})
    assert stepped.report.embedded < 3
    assert "scale, normalize, layout in the model was left out: NaN or infinity in its output" in stepped.report.notes


def test_what_does_not_agree_is_left_out_and_named() -> None:
    stepped = embedded((Offset(), LAYOUT), contents=CUT)
    assert stepped.report.embedded == 1
    assert any(
        note.startswith("offset, layout in the model was left out: outputs differ by ") for note in stepped.report.notes
    )


def test_the_tolerance_is_the_recipes() -> None:
    assert embedded((Offset(), LAYOUT), contents=CUT, tolerance=10).report.embedded == 2


@pytest.mark.parametrize("place", [0, 1, 2])
def test_what_only_the_host_can_do_ends_the_search(place: int) -> None:
    transforms = [SCALE, NORMALIZE, LAYOUT]
    transforms.insert(place, Hashed())
    stepped = embedded(transforms, contents=CUT)
    assert stepped.report.embedded == 3 - place
    assert "hashed stays on the host: no operations stand for it" in stepped.report.notes


def test_images_that_happen_to_be_of_one_size_are_not_taken_for_all_there_are() -> None:
    """The model would be given others, cut: so the cutting stays on the host."""
    assert embedded(USUAL, contents=ALIKE).report.embedded == 3


def test_images_of_one_size_can_be_cut_in_the_model_where_that_is_granted() -> None:
    stepped = embedded(USUAL, contents=ALIKE, one_size=True, speedups={4: Interval(1.8, 1.7, 1.9)})
    assert stepped.report.embedded == 4
    assert facts(stepped.model).inputs[0].shape == (1, 12, 10, 3)
    assert stepped.report.notes[0].startswith("the host still does: nothing; ")


def test_where_sizes_differ_nothing_is_granted() -> None:
    assert embedded(USUAL, contents=PICTURES, one_size=True).report.embedded == 3


def test_a_size_that_only_the_model_fixes_is_fixed_in_front_of_it_too() -> None:
    stepped = embedded((SCALE, NORMALIZE, LAYOUT), contents=CUT)
    assert facts(stepped.model).inputs[0].shape == (1, 8, 8, 3)


def test_a_resize_to_a_fixed_size_takes_images_of_any_size() -> None:
    transforms = (Resize(size=8, antialias=False), SCALE, LAYOUT)
    stepped = embedded(transforms)
    assert stepped.report.embedded == 3
    assert facts(stepped.model).inputs[0].shape == (1, None, None, 3)


def test_a_model_of_free_size_keeps_its_freedom() -> None:
    model = conv_model((1, 3, -1, -1))
    stepped = embedded((SCALE, NORMALIZE, LAYOUT), model=model)
    assert facts(stepped.model).inputs[0].shape == (1, None, None, 3)


def test_the_operations_carry_names_that_say_what_they_are_for() -> None:
    names = [op.get_friendly_name() for op in embedded(USUAL).model.get_ordered_ops()]
    assert any(name.startswith(PREPROCESS_PREFIX) for name in names)


def test_inputs_are_embedded_by_name_and_the_recipes_own_values_left_alone() -> None:
    model = adding_model(("a", [1, 4], np.float32), ("b", [1, 4], np.float32), ("c", [1, 4], np.float32))
    contents = [{"c": np.full(4, i, np.uint8), "a": np.full(4, 2 * i, np.uint8)} for i in range(3)]
    stepped = embedded((SCALE,), contents, model, constants={"b": np.zeros((1, 4), np.float32)})
    assert [(port.name, port.dtype) for port in facts(stepped.model).inputs] == [("a", "u8"), ("b", "f32"), ("c", "u8")]


def test_a_bare_array_goes_to_the_input_that_has_no_value_yet() -> None:
    model = adding_model(("a", [1, 4], np.float32), ("b", [1, 4], np.float32))
    contents = [np.full(4, i, np.uint8) for i in range(3)]
    stepped = embedded((SCALE,), contents, model, constants={"a": np.zeros((1, 4), np.float32)})
    assert [(port.name, port.dtype) for port in facts(stepped.model).inputs] == [("a", "f32"), ("b", "u8")]


def test_parts_of_a_sample_go_through_one_by_one() -> None:
    model = adding_model(("a", [1, 4], np.float32))
    contents = [np.arange(i, i + 8, dtype=np.uint8) for i in range(3)]
    stepped = embedded((Halved(), SCALE), contents, model)
    assert stepped.report.embedded == 1
    assert facts(stepped.model).inputs[0].shape == (1, 4)
    assert "halved stays on the host: no operations stand for it" in stepped.report.notes


def test_samples_that_differ_in_kind_stay_on_the_host() -> None:
    model = adding_model(("a", [1, 4], np.float32))
    contents = [np.full(4, 1, dtype) for dtype in (np.uint8, np.int32)]
    stepped = embedded((SCALE,), contents, model)
    assert stepped.report.embedded == 0
    assert "scale stays on the host: what it takes is no array, or not of one kind" in stepped.report.notes


def test_float64_is_handed_over_as_float32() -> None:
    model = adding_model(("a", [1, 4], np.float32))
    stepped = embedded((Cast(dtype="float32"), SCALE), [np.full(4, 0.5 * i) for i in range(3)], model)
    assert facts(stepped.model).inputs[0].dtype == "f32"


@pytest.mark.parametrize("host", [False, True], ids=["no host", "an empty list"])
def test_without_preprocessing_there_is_nothing_to_embed(host: bool) -> None:
    said = exactly("optimize.embed_preprocessing: the recipe has no `preprocess` left on the host to embed")
    run = embedded if host else lambda _: EmbedPreprocessing().apply(conv_model(), Materials((), 0, Silent()))
    with pytest.raises(RecipeError, match=said):
        run(())
