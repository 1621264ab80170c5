"""A state goes into the model, and a sequence gives the same outputs."""

from __future__ import annotations

import numpy as np
import openvino as ov
import pytest

from ovopt.contracts import Materials
from ovopt.errors import RecipeError, StepError
from ovopt.model.ports.facts import facts, is_stateful
from ovopt.steps.stateful import Stateful
from ovopt.workflow.beginning.options import Silent
from tests.models import adding_model, recurrent_model

RNG = np.random.default_rng(0)
SAMPLES = [(RNG.standard_normal((1, 2)).astype(np.float32), np.zeros((1, 2), np.float32)) for _ in range(5)]


def materials(state: dict[str, str] | None = None) -> Materials:
    return Materials(SAMPLES, 0, Silent(), state=state or {})


@pytest.mark.parametrize("by_recipe", [True, False])
def test_the_state_is_inside_and_starts_with_zeros(by_recipe: bool) -> None:
    pairs = {"h": "h_next"}
    step = Stateful() if by_recipe else Stateful(pairs=pairs)
    done = step.apply(recurrent_model(), materials(pairs if by_recipe else None))
    assert is_stateful(done.model)
    assert [port.name for port in facts(done.model).inputs] == ["x"]
    assert [port.name for port in facts(done.model).outputs] == ["y"]
    assert done.report.effect == {"states": 1, "largest_difference": 0.0}
    request = ov.compile_model(done.model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"}).create_infer_request()
    state = np.zeros((1, 2), np.float32)
    for given, _ in SAMPLES:
        request.infer([given])
        state = state / 2 + given
        assert np.allclose(request.get_output_tensor(0).data, given - state, atol=1e-6)
    request.reset_state()
    request.infer([SAMPLES[0][0]])
    assert np.allclose(request.get_output_tensor(0).data, 0)


def test_no_pair_is_an_error_that_says_where_to_give_it() -> None:
    with pytest.raises(RecipeError, match="name the inputs and their outputs here, or under `model"):
        Stateful().apply(recurrent_model(), materials())


@pytest.mark.parametrize(
    ("pairs", "said"),
    [
        ({"hh": "h_next"}, "the model has no input 'hh'; did you mean 'h'?"),
        ({"h": "h_nxt"}, "the model has no output 'h_nxt'; did you mean 'h_next'?"),
    ],
)
def test_a_name_that_is_not_there_comes_with_the_nearest(pairs: dict[str, str], said: str) -> None:
    with pytest.raises(RecipeError, match=said.replace("?", r"\?")):
        Stateful(pairs=pairs).apply(recurrent_model(), materials())


def test_a_model_of_which_no_output_would_be_left_is_refused() -> None:
    model = adding_model(("x", (1, 2), np.float32), ("h", (1, 2), np.float32))
    model.output(0).set_names({"next"})
    with pytest.raises(StepError, match="no output is left; keep one that is no state"):
        Stateful(pairs={"h": "next"}).apply(model, materials())


def test_a_state_of_open_shape_is_refused() -> None:
    model = recurrent_model()
    model.reshape({"x": [1, -1], "h": [1, -1]})
    with pytest.raises(StepError, match=r"the state 'h' f32\[1,\?\] has no fixed shape; put `freeze_shapes` in front"):
        Stateful(pairs={"h": "h_next"}).apply(model, materials())


def test_a_state_that_does_not_start_with_zeros_by_itself_still_does() -> None:
    """Whatever the sample holds for the state, a sequence begins with zeros in both."""
    loud = [(given, np.full((1, 2), 7, np.float32)) for given, _ in SAMPLES]
    done = Stateful(pairs={"h": "h_next"}).apply(recurrent_model(), Materials(loud, 0, Silent()))
    assert done.report.effect["largest_difference"] == 0.0
