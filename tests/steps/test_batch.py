"""Several samples per inference, each with the answer that it gets alone."""

from __future__ import annotations

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops

from ovopt.contracts import Materials
from ovopt.errors import NoEffectError, StepError
from ovopt.model.ports.batch import with_batch
from ovopt.steps.batch import Batch
from ovopt.workflow.beginning.options import Silent
from tests.models import SHAPE, adding_model, conv_model
from tests.steps.models import outputs, picture_mean

RNG = np.random.default_rng(0)
SAMPLES = [(RNG.standard_normal(SHAPE).astype(np.float32),) for _ in range(5)]


def batched(model: ov.Model, size: int, samples: list[tuple[np.ndarray, ...]] = SAMPLES) -> ov.Model:
    return Batch(size=size).apply(model, Materials(samples, 0, Silent())).model


@pytest.mark.parametrize("model", [conv_model(), picture_mean()], ids=["a batch of one", "an open batch"])
def test_the_model_takes_so_many_samples_and_answers_each_as_alone(model: ov.Model) -> None:
    done = Batch(size=3).apply(model, Materials(SAMPLES, 0, Silent(), lambda before, after, properties=None: 2.0))
    assert done.model.input(0).partial_shape[0] == 3
    together = outputs(done.model, (np.concatenate([array for (array,) in SAMPLES[:3]]),))[0]
    alone = [outputs(model, sample)[0] for sample in SAMPLES[:3]]
    assert np.allclose(together, np.concatenate(alone), atol=1e-4)
    assert done.report.samples_per_inference == 3
    assert done.report.speedup == 2.0
    assert done.report.effect["largest_difference"] < 1e-5


def test_the_batch_is_still_known_as_one_when_the_model_is_read_again(tmp_path) -> None:
    ov.save_model(batched(conv_model(), 3), tmp_path / "m.xml", compress_to_fp16=False)
    again = with_batch(ov.Core().read_model(tmp_path / "m.xml"), 1)
    assert again.input(0).partial_shape[0] == 1


def test_more_than_there_are_samples_takes_them_again() -> None:
    assert batched(conv_model(), 8).input(0).partial_shape[0] == 8


def test_the_batch_that_it_has_is_no_effect() -> None:
    with pytest.raises(NoEffectError, match="batch changed nothing: the model takes 1 at a time already"):
        batched(conv_model(), 1)


def test_samples_that_influence_each_other_are_no_batch() -> None:
    given = ops.parameter([1, 4], np.float32, name="x")
    mixed = ops.subtract(given, ops.reduce_mean(given, np.array([0]), keep_dims=True))
    samples = [(RNG.standard_normal((1, 4)).astype(np.float32),) for _ in range(2)]
    with pytest.raises(StepError, match="samples influence each other; leave this step out"):
        batched(ov.Model([ops.add(mixed, given)], [given], "mixing"), 2, samples)


def test_samples_of_different_shapes_are_no_batch() -> None:
    samples = [(np.zeros((1, 3, n, 8), np.float32),) for n in (8, 9)]
    with pytest.raises(StepError, match="samples differ in shape, and no batch holds them"):
        batched(picture_mean(), 2, samples)


def test_a_model_without_a_batch_dimension_says_so() -> None:
    model = adding_model(("x", (5, 3), np.float32))
    with pytest.raises(StepError, match="batch: 2 samples: no input has a batch dimension of 1 or of any size"):
        batched(model, 2, [(np.zeros((5, 3), np.float32),)])
