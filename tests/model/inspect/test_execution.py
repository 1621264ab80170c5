"""What the device executes."""

import numpy as np
import openvino as ov
import pytest

from ovopt.model.inspect.execution import NOT_WORK, execution
from tests.models import SHAPE, conv_model


@pytest.fixture(scope="module")
def compiled():
    compiled = ov.compile_model(conv_model(), "CPU", {"PERF_COUNT": True, "INFERENCE_PRECISION_HINT": "f32"})
    request = compiled.create_infer_request()
    for _ in range(3):
        request.infer([np.zeros(SHAPE, np.float32)])
    return compiled


def test_executed_operations_are_counted_by_precision_without_inputs_and_constants(compiled):
    expected: dict[str, int] = {}
    for op in compiled.get_runtime_model().get_ordered_ops():
        info = {key: op.get_rt_info()[key].astype(str) for key in ("layerType", "runtimePrecision", "execTimeMcs")}
        if info["layerType"] not in NOT_WORK and info["execTimeMcs"] != "not_executed":
            expected[info["runtimePrecision"]] = expected.get(info["runtimePrecision"], 0) + 1
    assert execution(compiled, 100.0).ops_by_precision == expected
    assert set(expected) == {"f32"}


def test_times_are_those_of_the_counted_operations(compiled):
    found = execution(compiled, 100.0)
    assert set(found.time_by_precision) == set(found.ops_by_precision)
    assert all(time >= 0 for time in found.time_by_precision.values())


class _Info(dict):
    def __getitem__(self, key):
        return _Text(super().__getitem__(key))


class _Text(str):
    def astype(self, kind):
        return kind(self)


class _Op:
    def __init__(self, kind, precision, time):
        self._info = _Info(
            layerType=kind, runtimePrecision=precision, execTimeMcs=time, primitiveType=f"jit_{precision}"
        )

    def get_rt_info(self):
        return self._info


class _Compiled:
    """A compiled model whose graph is known."""

    def __init__(self, *ops):
        self._ops = ops

    def get_runtime_model(self):
        return self

    def get_ordered_ops(self):
        return self._ops


def test_signed_and_unsigned_bytes_are_int8_and_what_was_folded_away_does_not_count():
    found = execution(
        _Compiled(
            _Op("Input", "f32", "5"),
            _Op("Convolution", "u8", "30"),
            _Op("Convolution", "i8", "10"),
            _Op("MatMul", "i4", "7"),
            _Op("Reorder", "bf16", "50"),
            _Op("Eltwise", "f32", "not_executed"),
            _Op("Output", "f32", "5"),
        ),
        wall_us=120.0,
    )
    assert found.ops_by_precision == {"int8": 2, "int4": 1, "bf16": 1}
    assert found.time_by_precision == {"bf16": 50.0, "int8": 40.0, "int4": 7.0}
    assert list(found.time_by_precision) == ["bf16", "int8", "int4"], "the longest first"
    assert found.time_by_primitive == {
        "Reorder|jit_bf16": 50.0,
        "Convolution|jit_u8": 30.0,
        "Convolution|jit_i8": 10.0,
        "MatMul|jit_i4": 7.0,
    }
    assert (found.reorders, found.conversions, found.ops_us, found.wall_us) == (1, 0, 97.0, 120.0)
