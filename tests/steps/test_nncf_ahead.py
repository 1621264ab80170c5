"""Calibration that looks ahead: what NNCF makes of it is what it makes alone."""

from __future__ import annotations

import gc
import sys
import weakref
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import nncf
import numpy as np
import openvino as ov
import pytest
from nncf.common.factory import EngineFactory
from openvino import opset13 as op

from ovopt.steps.nncf_calls import Calibration, RequestAhead, _looking_ahead, calibrating
from tests.models import SHAPE, accumulating_model, conv_model
from tests.steps.models import encoder, sentence

PICTURES = [(array,) for array in np.random.default_rng(0).normal(size=(12, *SHAPE)).astype(np.float32)]
SENTENCES = [sentence(length) for length in (3, 7, 5, 4, 9)]
RUNNING = [(np.full((1, 2), value, np.float32),) for value in (1, 2, 3)]
MODELS = {"one input": (conv_model, PICTURES), "two inputs": (encoder, SENTENCES)}

WIDTH = 64
WEIGHTS = np.random.default_rng(1).normal(size=(3, WIDTH, WIDTH)).astype(np.float32)
VECTORS = [(array,) for array in np.random.default_rng(2).normal(size=(9, 1, 4, WIDTH)).astype(np.float32)]


def small() -> ov.Model:
    """Three matrices in a row."""
    node = vector = op.parameter([1, 4, WIDTH], np.float32, name="vector")
    for matrix in WEIGHTS:
        node = op.relu(op.matmul(node, matrix, False, True))
    return ov.Model([node], [vector], "matrices")


def compressed(data: nncf.Dataset, settings: dict[str, Any]) -> ov.Model:
    four_bits = {"mode": nncf.CompressWeightsMode.INT4_SYM, "group_size": 16, "all_layers": True}
    return nncf.compress_weights(small(), dataset=data, **four_bits, **settings)


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


@pytest.mark.parametrize("settings", [{"awq": True}, {"scale_estimation": True}, {"gptq": True}])
def test_a_compressed_model_is_the_same_to_the_bit(settings: dict[str, Any]) -> None:
    alone = compressed(nncf.Dataset(Calibration(VECTORS, small(), ignore)), settings)
    with calibrating(VECTORS, small(), ignore) as data:
        ahead = compressed(data, settings)
    for mine, theirs in zip(constants(ahead), constants(alone), strict=True):
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize(
    ("make", "samples"), [*MODELS.values(), (accumulating_model, RUNNING)], ids=[*MODELS, "with a state"]
)
def test_every_item_gets_its_own_outputs(make: Callable[[], ov.Model], samples: Sequence[Any]) -> None:
    """In any order, and as often as asked."""
    model = make()
    alone = EngineFactory.create(model)
    with calibrating(samples, model, ignore) as data:
        ahead = EngineFactory.create(model)
        assert isinstance(ahead.engine.infer_request, RequestAhead) is (make is not accumulating_model)
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
        ahead = EngineFactory.create(conv_model())
        for count, item in enumerate(data.get_inference_data(), 1):
            ahead.infer(item)
            assert len(begun) == min(count + 1, len(PICTURES))
            assert begun[count - 1] is item


def quantize_once(samples: Sequence[Any]) -> None:
    with calibrating(samples, conv_model(), ignore) as data:
        nncf.quantize(conv_model(), data)


def compress_once(samples: Sequence[Any]) -> None:
    with calibrating(samples, small(), ignore) as data:
        compressed(data, {"gptq": True, "scale_estimation": True})


def fail_within(samples: Sequence[Any]) -> None:
    with pytest.raises(ZeroDivisionError), calibrating(samples, conv_model(), ignore):
        raise ZeroDivisionError


@pytest.mark.parametrize(
    ("call", "samples"),
    [(quantize_once, PICTURES), (compress_once, VECTORS), (fail_within, PICTURES)],
    ids=["quantize", "compress", "an error"],
)
def test_nothing_stays_in_nncf(call: Callable[[Sequence[Any]], None], samples: Sequence[Any]) -> None:
    """Modules that NNCF imports late are among those that it imports for the first call."""
    call(samples)
    before = {place: value for place, value in attributes_of_nncf() if not isinstance(value, int | float | str)}
    own = [(array.copy(),) for (array,) in samples]
    call(own)
    after = dict(attributes_of_nncf())
    assert [place for place, value in before.items() if after[place] is not value] == []
    assert [place for place, value in after.items() if str(getattr(value, "__module__", "")).startswith("ovopt")] == []
    watched = [weakref.ref(array) for (array,) in own]
    del own
    gc.collect()
    assert [ref() for ref in watched if ref() is not None] == []


def attributes_of_nncf() -> Iterator[tuple[tuple[str, ...], Any]]:
    """Of all modules that are loaded, and of the classes in them."""
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == "nncf":
            for key, value in list(vars(module).items()):
                yield (name, key), value
                if isinstance(value, type) and value.__module__.startswith("nncf"):
                    yield from (((name, key, inner), held) for inner, held in list(vars(value).items()))


class Otherwise:
    """An engine of another NNCF."""

    def infer(self, inputs: Any) -> Any:
        """Nothing."""


def test_an_nncf_that_is_built_otherwise_keeps_its_engines(monkeypatch: pytest.MonkeyPatch) -> None:
    own = EngineFactory.create
    with calibrating(PICTURES, conv_model(), ignore), calibrating(PICTURES, conv_model(), ignore):
        pass  # the inner one sees a factory that is not NNCF's own
    assert EngineFactory.create is own
    engine = Otherwise()
    assert _looking_ahead(engine, Calibration(PICTURES, conv_model(), ignore)) is engine
    for gone in ("create", "EngineFactory"):
        monkeypatch.delattr(f"nncf.common.factory.EngineFactory{'.create' if gone == 'create' else ''}")
        with calibrating(PICTURES, conv_model(), ignore) as data:
            assert len(list(data.get_inference_data())) == len(PICTURES)


def test_progress_counts_what_was_taken() -> None:
    taken: list[float] = []

    def count(amount: float = 1, note: str = "") -> None:
        taken.append(amount)

    data = Calibration(PICTURES, conv_model(), count)
    assert len(data) == len(PICTURES)
    for number, _ in enumerate(data, 1):
        assert sum(taken) == number
    assert list(Calibration([], conv_model(), count)) == []
