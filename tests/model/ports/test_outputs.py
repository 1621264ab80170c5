"""Which outputs are meant."""

import pytest

from ovopt.errors import ModelError
from ovopt.model.ports.facts import chosen_outputs, matching, output_indices
from ovopt.records import Port
from tests.factories import exactly

PORTS = [Port(name=name, shape=(1,), dtype="f32") for name in ("boxes", "scores:0", "output 2")]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (0, [0]),
        (-1, [2]),
        ("boxes", [0]),
        ("scores:0", [1]),
        ("scores", [1]),
        ("output 2", [2]),
        ((2, "boxes"), [2, 0]),
        ([-2, 0], [1, 0]),
    ],
)
def test_an_output_is_chosen_by_index_or_name(wanted, expected):
    assert output_indices(PORTS, wanted) == expected
    assert chosen_outputs(PORTS, wanted) == [PORTS[index] for index in expected]


@pytest.mark.parametrize(
    ("wanted", "fault"),
    [
        (3, "3 is outside the model's 3 outputs"),
        (-4, "-4 is outside the model's 3 outputs"),
        ("boxen", "no output 'boxen'; did you mean 'boxes'?"),
        ("zzz", "no output 'zzz'; known: boxes, output 2, scores:0"),
        ((0, "boxes"), "'boxes' is chosen twice"),
        ((), "the list is empty; name at least one output"),
    ],
)
def test_an_output_that_is_not_there_is_an_error(wanted, fault):
    with pytest.raises(ModelError, match=exactly(f"model.output: {fault}")):
        chosen_outputs(PORTS, wanted)


def test_a_name_that_two_outputs_have_is_an_error():
    with pytest.raises(ModelError, match=exactly("model.output: 2 outputs are called 'boxes'; choose by index")):
        output_indices([PORTS[0], PORTS[0]], "boxes")


@pytest.mark.parametrize(
    ("names", "original", "places"),
    [
        (["a", "b"], ["a", "b"], [0, 1]),
        (["b", "a"], ["a", "b"], [1, 0]),
        (["c", "d"], ["a", "b"], [0, 1]),
        (["c", "b"], ["a", "b"], [0, 1]),
        (["b"], ["a", "b"], [None, 0]),
        (["c"], ["a", "b"], [0, None]),
        (["b", "c", "a"], ["a", "b"], [2, 0]),
    ],
    ids=str,
)
def test_a_models_outputs_are_the_originals_by_name_and_else_by_place(names, original, places):
    ports, theirs = ([Port(name=name, shape=(1, 2), dtype="f32") for name in side] for side in (names, original))
    assert matching(ports, theirs) == places
