"""Open dimensions become fixed ones, where that is right and pays."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import openvino as ov
import pytest

from ovopt.contracts import Materials, Stepped
from ovopt.errors import ModelError, NoEffectError, UsageError
from ovopt.steps.freeze_shapes import FreezeShapes
from ovopt.workflow.beginning.options import Silent
from tests.models import SHAPE, conv_model
from tests.steps.models import encoder, outputs, picture_mean, sentence


def frozen(
    model: ov.Model, samples: Sequence[tuple[np.ndarray, ...]], speed: float | None = None, **fields: object
) -> Stepped:
    measured: Callable[..., float | None] = lambda before, after, properties=None: speed  # noqa: E731
    return FreezeShapes(**fields).apply(model, Materials(samples, 0, Silent(), measured))


def shapes(model: ov.Model) -> list[str]:
    return [str(port.partial_shape) for port in model.inputs]


def kinds(model: ov.Model) -> set[str]:
    return {op.get_type_name() for op in model.get_ordered_ops()}


def picture(height: int, width: int) -> tuple[np.ndarray]:
    return (np.random.default_rng(height).standard_normal((1, 3, height, width)).astype(np.float32),)


def same(one: ov.Model, other: ov.Model, tensors: tuple[np.ndarray, ...]) -> bool:
    return all(
        mine.shape == theirs.shape and np.allclose(mine, theirs, atol=1e-5)
        for mine, theirs in zip(outputs(one, tensors), outputs(other, tensors), strict=True)
    )


def test_samples_of_one_size_give_it_to_every_open_dimension() -> None:
    model = picture_mean()
    done = frozen(model, [picture(6, 9)] * 3, speed=1.3)
    assert shapes(done.model) == ["[1,3,6,9]"]
    assert shapes(model) == ["[?,3,?,?]"]
    assert (done.report.effect, done.report.speedup) == ({"fixed_dimensions": 3}, 1.3)
    assert same(model, done.model, picture(6, 9))


def test_a_slower_model_is_kept_where_nothing_is_held_side_by_side_and_the_report_says_so() -> None:
    assert frozen(picture_mean(), [picture(6, 9)], speed=0.9).report.speedup == 0.9


def test_given_shapes_come_before_what_samples_have() -> None:
    done = frozen(encoder(), [sentence(5)], shapes={"ids": (1, 5), "mask": (1, 5)})
    assert shapes(done.model) == ["[1,5]", "[1,5]"]
    assert done.report.effect["fixed_dimensions"] == 4


def test_given_shapes_that_samples_do_not_have_are_refused() -> None:
    with pytest.raises(UsageError, match=r"freeze_shapes.shapes: \[1,7\] for the input 'ids', and a .* has \[1, 5\]"):
        frozen(encoder(), [sentence(5)], shapes={"ids": (1, 7), "mask": (1, 7)})


def test_an_input_that_is_not_there_is_named_with_the_nearest() -> None:
    with pytest.raises(ModelError, match=r"optimize.freeze_shapes.shapes: has no input 'idz'; did you mean 'ids'?"):
        frozen(encoder(), [sentence(5)], shapes={"idz": (1, 5)})


def test_one_length_is_held_side_by_side_for_a_few_sizes_and_every_other_runs_as_before() -> None:
    model = encoder()
    done = frozen(model, [sentence(n) for n in (3, 4, 4, 9, 10)], sizes=2)
    assert done.report.effect["side_by_side"] == 2
    assert "sizes 4, 10, filled up to the next; any other length runs as before" in done.report.notes
    assert shapes(done.model) == ["[1,?]", "[1,?]"]
    assert [port.get_names() for port in done.model.outputs] == [{"tokens"}, {"mean"}]
    for length in (1, 2, 3, 4, 5, 9, 10, 11, 30):
        assert same(model, done.model, sentence(length, seed=50)), length


def test_it_is_the_same_model_when_it_is_read_again_and_weights_are_stored_once(tmp_path) -> None:
    model = encoder()
    done = frozen(model, [sentence(n) for n in (3, 6, 9)])
    sizes = []
    for name, each in (("one", model), ("many", done.model)):
        ov.save_model(each, tmp_path / f"{name}.xml", compress_to_fp16=False)
        sizes.append((tmp_path / f"{name}.bin").stat().st_size)
    assert sizes[1] < sizes[0] + 2000
    assert same(model, ov.Core().read_model(tmp_path / "many.xml"), sentence(5))


def test_where_padding_would_change_outputs_the_frequent_sizes_have_places_of_their_own() -> None:
    model = encoder(masked=False)
    done = frozen(model, [sentence(n) for n in (4, 4, 6, 6, 6, 9)], sizes=2)
    assert any(
        note.startswith("sizes 6, 9, filled up to the next: left out, for outputs differ") for note in done.report.notes
    )
    assert "sizes 4, 6, each for itself; any other length runs as before" in done.report.notes
    for length in (4, 5, 6, 9):
        assert same(model, done.model, sentence(length, seed=9)), length


def test_many_lengths_that_cannot_be_padded_stay_open_and_what_can_be_done_is_said() -> None:
    done = frozen(encoder(masked=False), [sentence(n) for n in range(3, 15)], sizes=2)
    assert "If" not in kinds(done.model)
    assert shapes(done.model) == ["[1,?]", "[1,?]"]
    assert done.report.notes[-1].startswith("dimension 1 of 'ids', dimension 1 of 'mask' stay open; give `shapes`")


def test_what_is_no_faster_is_left_out() -> None:
    done = frozen(encoder(), [sentence(n) for n in (3, 6)], speed=1.01)
    assert "If" not in kinds(done.model)
    assert "sizes 3, 6, filled up to the next: left out, for that is no faster (1.01x)" in done.report.notes


@pytest.mark.parametrize("speed", [1.5, 0.9])
def test_what_was_measured_to_be_faster_is_made_again_without_measuring(speed: float) -> None:
    samples = [sentence(length) for length in (3, 4, 5, 6, 7, 8)]
    model = encoder()
    made = frozen(model, samples, speed)
    assert made.report.made_by is not None
    again = FreezeShapes.model_validate(made.report.made_by.settings)
    assert (again.side_by_side, again.sizes) == (("filled", 3) if speed > 1 else (None, 0))
    other = again.apply(model, Materials(samples, 0, Silent(), lambda *given, **more: 1.0))
    assert len(other.model.get_ordered_ops()) == len(made.model.get_ordered_ops())
    assert other.report.made_by is None


def test_sizes_0_leaves_the_length_open() -> None:
    done = frozen(encoder(), [sentence(n) for n in (3, 6)], sizes=0)
    assert "If" not in kinds(done.model)
    assert shapes(done.model) == ["[1,?]", "[1,?]"]


def test_two_sizes_that_differ_apart_stay_open() -> None:
    done = frozen(picture_mean(), [picture(6, 9), picture(7, 5)])
    assert shapes(done.model) == ["[1,3,?,?]"]
    assert "samples differ in more than one size" in done.report.notes[-1]


def test_a_model_without_open_dimensions_is_no_effect() -> None:
    with pytest.raises(NoEffectError, match="changed nothing: every input has a fixed shape already"):
        frozen(conv_model(), [(np.zeros(SHAPE, np.float32),)])


def test_nothing_that_can_be_fixed_is_no_effect_with_its_reason() -> None:
    model = picture_mean()
    model.reshape([1, 3, -1, -1])
    with pytest.raises(
        NoEffectError, match=r"changed nothing: dimension 2 of 'picture', dimension 3 of 'picture' stay"
    ):
        frozen(model, [picture(6, 9), picture(7, 5)])
