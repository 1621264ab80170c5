"""Calibration that looks ahead: what NNCF makes of it is what it makes alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import nncf
import numpy as np
import openvino as ov
import pytest
from nncf.openvino import engine

from ovopt.steps.nncf_ahead import Calibration, calibrating
from tests.models import SHAPE, accumulating_model, conv_model
from tests.steps.models import encoder, sentence

PICTURES = [(array,) for array in np.random.default_rng(0).normal(size=(12, *SHAPE)).astype(np.float32)]
SENTENCES = [sentence(length) for length in (3, 7, 5, 4, 9)]
RUNNING = [(np.full((1, 2), value, np.float32),) for value in (1, 2, 3)]
MODELS = {"one input": (conv_model, PICTURES), "two inputs": (encoder, SENTENCES)}


def constants(model: ov.Model) -> list[np.ndarray[Any, Any]]:
    return [op.data.copy() for op in model.get_ordered_ops() if op.get_type_name() == "Constant"]


def ignore(amount: float = 1, note: str = "") -> None:
    """Nobody counts."""


@pytest.mark.parametrize("settings", [{}, {"model_type": nncf.ModelType.TRANSFORMER}, {"fast_bias_correction": False}])
@pytest.mark.parametrize("name", MODELS)
def test_a_quantized_model_is_the_same_to_the_bit(name: str, settings: dict[str, Any]) -> None:
    make, samples = MODELS[name]
    model = make()
    alone = nncf.quantize(model.clone(), nncf.Dataset(Calibration(samples, model, ignore)), **settings)
    with calibrating(samples, model, ignore) as data:
        ahead = nncf.quantize(model.clone(), data, **settings)
    for mine, theirs in zip(constants(ahead), constants(alone), strict=True):
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize(
    ("make", "samples"), [*MODELS.values(), (accumulating_model, RUNNING)], ids=[*MODELS, "with a state"]
)
def test_every_item_gets_its_own_outputs(make: Callable[[], ov.Model], samples: Sequence[Any]) -> None:
    """In any order, and as often as asked."""
    model = make()
    alone = engine.OVNativeEngine(model)
    with calibrating(samples, model, ignore) as data:
        ahead = engine.OVNativeEngine(model)
        assert type(ahead) is not type(alone)
        first = next(iter(Calibration(samples, model, ignore)))
        kept = []
        for item in data.get_inference_data():
            for asked in (item, first, item):
                kept.append((ahead.infer(asked), asked))
    for found, asked in kept:
        wanted = alone.infer(asked)
        assert found.keys() == wanted.keys()
        for name, value in found.items():
            np.testing.assert_array_equal(value, wanted[name])


def test_the_next_item_is_begun_before_an_answer_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[Any] = []
    start = ov.InferRequest.start_async

    def noted(self: ov.InferRequest, inputs: Any, **options: Any) -> None:
        begun.append(inputs)
        start(self, inputs, **options)

    monkeypatch.setattr(ov.InferRequest, "start_async", noted)
    with calibrating(PICTURES, conv_model(), ignore) as data:
        ahead = engine.OVNativeEngine(conv_model())
        for count, item in enumerate(data.get_inference_data(), 1):
            ahead.infer(item)
            assert len(begun) == min(count + 1, len(PICTURES))
            assert begun[count - 1] is item


def fail_within() -> None:
    with calibrating(PICTURES, conv_model(), ignore):
        raise ZeroDivisionError(engine.OVNativeEngine.__name__)


def test_afterwards_nncf_has_its_own_engine_again() -> None:
    own = engine.OVNativeEngine
    with pytest.raises(ZeroDivisionError, match="AheadEngine"):
        fail_within()
    assert engine.OVNativeEngine is own


def test_progress_counts_what_was_taken() -> None:
    taken: list[float] = []

    def count(amount: float = 1, note: str = "") -> None:
        taken.append(amount)

    data = Calibration(PICTURES, conv_model(), count)
    assert len(data) == len(PICTURES)
    for number, _ in enumerate(data, 1):
        assert sum(taken) == number
    assert list(Calibration([], conv_model(), count)) == []
