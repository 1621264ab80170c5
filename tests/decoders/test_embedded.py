"""Embedded in a model, a decoder does to a batch what it does to each output on the host."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops

from ovopt.contracts import Decoder, plugins
from ovopt.decoders.arithmetic import Add, Divide, Exp, Multiply, Power, Reduce, Subtract, Tanh
from ovopt.decoders.embeddings import ClsPool, L2Normalise, MeanPool
from ovopt.decoders.image import Image
from ovopt.decoders.scores import Argmax, Sigmoid, Softmax, Threshold
from ovopt.decoders.shape import DropFirst, Reshape, Slice, Squeeze, Transpose
from ovopt.model.native import core

F32 = {"INFERENCE_PRECISION_HINT": "f32"}
NO_INPUTS: Mapping[str, np.ndarray] = {}


def scores(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape)).normal(0, 4, shape).astype(np.float32)


def rounded(*shape: int) -> np.ndarray:
    """Many of them equal."""
    return np.round(scores(*shape) / 4)


def graph(
    decoder: Decoder, shape: Sequence[int], dtype: Any = np.float32, inputs: Mapping[str, np.ndarray] = NO_INPUTS
) -> ov.Model | None:
    given = ops.parameter(ov.PartialShape(list(shape)), np.dtype(dtype), name="output")
    others = {
        name: ops.parameter([-1, *array.shape[1:]], array.dtype.type, name=name) for name, array in inputs.items()
    }
    done = decoder.embedded(given.output(0), {name: port.output(0) for name, port in others.items()})
    return None if done is None else ov.Model([ops.result(done)], [given, *others.values()], "embedded")


def embedded(
    decoder: Decoder, outputs: Sequence[np.ndarray], inputs: Mapping[str, np.ndarray] = NO_INPUTS
) -> np.ndarray:
    """What becomes of a batch of any size; `inputs` have one row for each output."""
    batch = np.stack(outputs)
    model = graph(decoder, [-1, *batch.shape[1:]], batch.dtype, inputs)
    assert model is not None, f"{decoder!r} has no operations"
    used = [batch, *inputs.values()]
    return np.array(core().compile_model(model, "CPU", F32)(used)[0])


CASES: list[tuple[Decoder, np.ndarray]] = [
    (Softmax(), scores(7)),
    (Softmax(), scores(2, 7) * 100),
    (Softmax(axis=0), scores(3, 4, 5)),
    (Softmax(axis=-2), scores(3, 4, 5)),
    (Sigmoid(), scores(3, 4)),
    (Sigmoid(), np.array([-200, -1, 0, 1, 200], np.float32)),
    (Argmax(), scores(9)),
    (Argmax(axis=0), scores(5, 8, 6)),
    (Argmax(axis=0), rounded(5, 16, 16)),
    (Argmax(), rounded(16, 16, 5)),
    (Argmax(axis=1), rounded(300, 20).astype(np.int64)),
    (Squeeze(), scores(1, 4, 1)),
    (Squeeze(), scores(3, 4)),
    (Squeeze(axis=0), scores(1, 4, 1)),
    (Squeeze(axis=(0, -1)), scores(1, 4, 1)),
    (Transpose(axes=(1, 0)), scores(3, 4)),
    (Transpose(axes=(2, -3, 1)), scores(3, 4, 5)),
    (Reshape(shape=(-1, 4)), scores(24)),
    (Reshape(shape=(2, 6, -1)), scores(4, 6)),
    (Slice(axis=1, start=1, stop=3), scores(4, 5)),
    (Slice(axis=-1, start=-2), scores(4, 5)),
    (Slice(stop=-1), scores(4, 5)),
    (Tanh(), scores(3, 4)),
    (Exp(), scores(3, 4)),
    (Power(value=2), scores(3, 4)),
    (Add(value=(1, 2, 3, 4)), scores(3, 4)),
    (Subtract(value=(1, 2, 3), axis=0), scores(3, 4)),
    (Multiply(value=-0.5), scores(3, 4)),
    (Divide(value=(1, 2, 4), axis=-2), scores(3, 4)),
    (Reduce(by="sum"), scores(3, 4)),
    (Reduce(by="mean", axis=0), scores(3, 4)),
    (Reduce(by="max", axis=-2), scores(3, 4)),
    (Reduce(by="min"), scores(5)),
    (Threshold(), scores(4, 5)),
    (Threshold(score=0.7), np.float32([0.6, 0.7, 0.8])),
    (Threshold(score=-1), rounded(4, 5)),
    (DropFirst(), scores(5)),
    (DropFirst(count=2, axis=0), scores(5, 3)),
    (MeanPool(mask=None), scores(6, 4)),
    (MeanPool(mask=None), scores(1, 6, 4)),
    (ClsPool(), scores(6, 4)),
    (ClsPool(), scores(1, 6, 4)),
    (L2Normalise(), scores(6)),
    (L2Normalise(), scores(6, 4)),
    (L2Normalise(), np.zeros(3, np.float32)),
    (Image(), scores(3, 4, 5)),
    (Image(layout="hwc", low=-1), scores(4, 5, 3)),
    (Image(high=255), scores(4, 5) * 100),
    (Image(low=-3, high=3), scores(1, 4, 5)),
]


@pytest.mark.parametrize(("decoder", "output"), CASES, ids=lambda value: repr(value)[:60].replace("\n", ""))
def test_a_batch_is_decoded_as_each_of_it_on_the_host(decoder: Decoder, output: np.ndarray) -> None:
    outputs = [output, output[..., ::-1].copy(), (output / 2).astype(output.dtype)]
    found = embedded(decoder, outputs)
    wanted = np.stack([decoder(one, NO_INPUTS) for one in outputs])
    assert found.shape == wanted.shape
    assert found.dtype.kind == wanted.dtype.kind
    if wanted.dtype.kind in "iu":
        assert np.array_equal(found, wanted)
    else:
        assert np.allclose(found, wanted, rtol=1e-5, atol=1e-5 * np.abs(wanted).max())


@pytest.mark.parametrize("dtype", [np.int64, np.int32, np.float32, bool])
def test_padding_does_not_count_in_a_mean(dtype: Any) -> None:
    outputs = [scores(6, 4), scores(6, 4) * 2, scores(6, 4) * 3]
    outputs[0][4:] = np.nan
    mask = np.array([[1, 1, 1, 1, 0, 0], [1] * 6, [0] * 6], dtype)
    found = embedded(MeanPool(), outputs, {"attention_mask": mask})
    wanted = np.stack([MeanPool()(one, {"attention_mask": row[None]}) for one, row in zip(outputs, mask, strict=True)])
    assert np.allclose(found, wanted, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("decoder", "shape", "dtype"),
    [
        (Softmax(axis=2), [1, 3, 4], np.float32),
        (Argmax(), [1, 3, 1], np.float32),
        (Argmax(), [1, 3, -1], np.float32),
        (Squeeze(), [1, 3, -1], np.float32),
        (Squeeze(axis=0), [1, 3, 1], np.float32),
        (Squeeze(axis=5), [1, 3, 1], np.float32),
        (Transpose(axes=(0, 0)), [1, 3, 4], np.float32),
        (Transpose(axes=(0, 1)), [1, 3], np.float32),
        (Reshape(shape=(0, 3)), [1, 3], np.float32),
        (Threshold(), [1, 3], np.int64),
        (DropFirst(count=3), [1, 3], np.float32),
        (MeanPool(), [1, 6, 4], np.float32),
        (MeanPool(mask=None), [1, 2, 6, 4], np.float32),
        (ClsPool(), [1, 4], np.float32),
        (L2Normalise(), [1], np.float32),
        (Image(), [1, 4, 8, 8], np.float32),
    ],
)
def test_what_does_not_fit_or_is_not_known_stays_on_the_host(decoder: Decoder, shape: list[int], dtype: Any) -> None:
    assert graph(decoder, shape, dtype) is None


def test_every_decoder_that_has_operations_is_tested_here() -> None:
    known = {kind for kind in plugins("ovopt.decoders", Decoder).values() if kind.embedded is not Decoder.embedded}
    assert known == {type(decoder) for decoder, _ in CASES}
    assert not [kind for kind in known if kind.joins]
