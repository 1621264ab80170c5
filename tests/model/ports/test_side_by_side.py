"""A model held several times computes the same for every length."""

from __future__ import annotations

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops

from ovopt.model.ports.open_sizes import SideBySide, UnfitError
from tests.steps.models import encoder, outputs, sentence

PLACES = [(0, 1), (1, 1)]


def one_sentence(masked: bool = True) -> ov.Model:
    model = encoder(masked)
    model.reshape({place: ov.PartialShape([1, -1]) for place in range(2)})
    return model


def choices(model: ov.Model) -> int:
    """How many `If` there are, one inside the other."""
    found = [op for op in model.get_ordered_ops() if op.get_type_name() == "If"]
    return len(found) + sum(choices(op.get_function(1)) for op in found)


@pytest.mark.parametrize("sizes", [(4,), (4, 7), (2, 4, 7, 9)])
@pytest.mark.parametrize("fills", [True, False])
def test_every_length_gives_what_the_model_gives(sizes: tuple[int, ...], fills: bool) -> None:
    model = one_sentence()
    made = SideBySide(PLACES, sizes, fills).build(model)
    assert choices(made) == len(sizes)
    assert [port.get_names() for port in made.inputs] == [{"ids"}, {"mask"}]
    assert [str(port.partial_shape) for port in made.inputs] == ["[1,?]", "[1,?]"]
    for length in range(1, 12):
        tensors = sentence(length)
        for mine, theirs in zip(outputs(made, tensors), outputs(model, tensors), strict=True):
            assert mine.shape == theirs.shape
            assert np.allclose(mine, theirs, atol=1e-5)


def test_the_model_itself_stays_as_it_is() -> None:
    model = one_sentence()
    before = [(op.get_type_name(), str(op.get_output_partial_shape(0))) for op in model.get_ordered_ops()]
    SideBySide(PLACES, (4, 7), True).build(model)
    after = [(op.get_type_name(), str(op.get_output_partial_shape(0))) for op in model.get_ordered_ops()]
    assert after == before


def test_an_output_that_is_twice_as_long_cannot_be_cut() -> None:
    given = ops.parameter([1, -1], np.float32, name="x")
    model = ov.Model([ops.concat([given, given], 1)], [given], "twice")
    with pytest.raises(UnfitError, match="output 0 has a size that is not the length of the input"):
        SideBySide([(0, 1)], (4,), True).build(model)
    assert choices(SideBySide([(0, 1)], (4,), False).build(model)) == 1


def test_an_output_that_is_open_whatever_the_input_cannot_be_cut() -> None:
    given = ops.parameter([1, -1], np.float32, name="x")
    model = ov.Model([ops.non_zero(given)], [given], "places")
    with pytest.raises(UnfitError, match="output 0 has no fixed shape where the inputs have"):
        SideBySide([(0, 1)], (4,), True).build(model)
