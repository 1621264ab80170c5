"""Operations in front of a model's inputs."""

from __future__ import annotations

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops

from ovopt.model.native import core
from ovopt.model.ports.attach import PREPROCESS_PREFIX, BuildInFront, Intake, with_front
from ovopt.model.ports.batch import with_batch
from ovopt.model.ports.facts import facts
from ovopt.records import Port
from tests.models import accumulating_model, adding_model, conv_model

F32 = {"INFERENCE_PRECISION_HINT": "f32"}
PICTURES = np.random.default_rng(0).integers(0, 256, (2, 8, 8, 3)).astype(np.uint8)


def scaled(batch: ov.Output) -> ov.Output:
    """Bytes, channels last, to -1 ... 1 with channels first."""
    node = ops.transpose(ops.divide(ops.convert(batch, "f32"), np.float32(127.5)), np.array([0, 3, 1, 2]))
    return ops.subtract(node, np.float32(1)).output(0)


def on_host(pictures: np.ndarray) -> np.ndarray:
    return np.moveaxis(pictures.astype(np.float32) / np.float32(127.5), -1, 1) - 1


def fronted(
    model: ov.Model, dtype: str, sizes: tuple[int | None, ...], build: BuildInFront, name: str = "picture"
) -> ov.Model:
    changed = with_front(model, {name: Intake(dtype, sizes)}, facts(model).inputs, build)
    assert changed is not None
    return changed


def outputs(model: ov.Model, *tensors: np.ndarray) -> np.ndarray:
    return np.array(core().compile_model(model, "CPU", F32)(list(tensors))[0])


def test_the_model_takes_what_the_operations_take_and_gives_what_it_gave() -> None:
    model = conv_model()
    changed = fronted(model, "u8", (8, 8, 3), scaled)
    assert facts(changed).inputs == (Port(name="picture", shape=(1, 8, 8, 3), dtype="u8"),)
    assert facts(changed).outputs == facts(model).outputs
    wanted = outputs(model, on_host(PICTURES[:1]))
    np.testing.assert_allclose(outputs(changed, PICTURES[:1]), wanted, rtol=1e-4, atol=1e-4)


def test_the_given_model_stays_as_it_is() -> None:
    model = conv_model()
    before = facts(model)
    fronted(model, "u8", (8, 8, 3), scaled)
    assert facts(model) == before
    assert {name for port in model.inputs for name in port.get_names()} == {"picture"}
    assert outputs(model, on_host(PICTURES[:1])).shape == (1, 5)


def test_the_names_of_the_operations_say_what_they_are_for() -> None:
    model = conv_model()
    before = {op.get_friendly_name() for op in model.get_ordered_ops()}
    added = {op.get_friendly_name() for op in fronted(model, "u8", (8, 8, 3), scaled).get_ordered_ops()} - before
    assert all(name.startswith(PREPROCESS_PREFIX) for name in added)
    assert any("Transpose" in name for name in added)


def test_the_result_survives_saving_and_takes_batches(tmp_path) -> None:
    changed = fronted(conv_model(), "u8", (8, 8, 3), scaled)
    ov.save_model(changed, tmp_path / "m.xml", compress_to_fp16=False)
    read = core().read_model(tmp_path / "m.xml")
    both = outputs(with_batch(read, 2), PICTURES)
    each = np.concatenate([outputs(read, picture[None]) for picture in PICTURES])
    np.testing.assert_allclose(both, each, rtol=1e-4, atol=1e-4)


def test_a_dynamic_batch_stays_dynamic() -> None:
    changed = fronted(conv_model((-1, 3, 8, 8)), "u8", (8, 8, 3), scaled)
    assert facts(changed).inputs[0].shape == (None, 8, 8, 3)
    assert outputs(changed, PICTURES).shape == (2, 5)


def test_sizes_may_be_free_where_the_operations_fix_them() -> None:
    def cut(batch: ov.Output) -> ov.Output:
        rows = ops.gather(batch, np.arange(8), np.int64(1))
        return scaled(ops.gather(rows, np.arange(8), np.int64(2)).output(0))

    changed = fronted(conv_model(), "u8", (None, None, 3), cut)
    assert facts(changed).inputs[0].shape == (1, None, None, 3)
    larger = np.pad(PICTURES[:1], ((0, 0), (0, 3), (0, 5), (0, 0)))
    np.testing.assert_array_equal(outputs(changed, larger), outputs(changed, PICTURES[:1]))


def test_a_batch_dimension_of_the_samples_own_takes_the_place_of_the_batchs() -> None:
    def with_its_own(batch: ov.Output) -> ov.Output:
        return ops.unsqueeze(scaled(batch), np.array([1])).output(0)

    changed = fronted(conv_model(), "u8", (8, 8, 3), with_its_own)
    np.testing.assert_array_equal(
        outputs(changed, PICTURES[:1]), outputs(fronted(conv_model(), "u8", (8, 8, 3), scaled), PICTURES[:1])
    )


def test_one_of_several_inputs_keeps_its_place() -> None:
    model = adding_model(("a", [1, 4], np.float32), ("b", [1, 4], np.float32), ("c", [1, 4], np.int64))
    changed = fronted(model, "u8", (4,), lambda batch: ops.convert(batch, "f32").output(0), name="b")
    assert [(port.name, port.dtype) for port in facts(changed).inputs] == [("a", "f32"), ("b", "u8"), ("c", "i64")]
    a, b, c = np.ones((1, 4), np.float32), np.full((1, 4), 200, np.uint8), np.full((1, 4), 3, np.int64)
    assert outputs(changed, a, b, c).tolist() == [[205.0] * 4]


def test_a_width_of_the_same_kind_is_converted() -> None:
    model = adding_model(("a", [1, 4], np.int64))
    assert facts(fronted(model, "u8", (4,), lambda batch: batch, name="a")).inputs[0].dtype == "u8"


def test_a_state_is_kept() -> None:
    changed = fronted(accumulating_model(), "u8", (2,), lambda batch: ops.convert(batch, "f32").output(0), name="x")
    request = core().compile_model(changed, "CPU", F32).create_infer_request()
    sums = [float(request.infer([np.full((1, 2), 3, np.uint8)])[0][0, 0]) for _ in range(3)]
    assert sums == [6, 12, 18]


@pytest.mark.parametrize(
    ("dtype", "sizes", "build"),
    [
        ("u8", (8, 8, 3), lambda batch: None),
        ("u8", (8, 8, 3), lambda batch: ops.transpose(batch, np.array([0, 3, 1, 2])).output(0)),
        ("u8", (9, 8, 3), scaled),
        ("u8", (None, None, 3), scaled),
        ("u8", (8, 8), lambda batch: ops.convert(batch, "f32").output(0)),
        ("u8", (8, 8, 3), lambda batch: ops.reshape(batch, np.array([7]), special_zero=False).output(0)),
    ],
    ids=["nothing built", "bytes for floats", "another size", "a free size for a fixed one", "a rank less", "an error"],
)
def test_what_does_not_fit_the_model_is_refused(dtype: str, sizes: tuple[int | None, ...], build: BuildInFront) -> None:
    model = conv_model()
    assert with_front(model, {"picture": Intake(dtype, sizes)}, facts(model).inputs, build) is None
