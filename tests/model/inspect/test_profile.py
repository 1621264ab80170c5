"""The operations that a device executes, and their times."""

from __future__ import annotations

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as op

from ovopt.model.inspect.profile import (
    NOT_WORK,
    Node,
    _layers,
    execution,
    layers_served,
    operation_times,
    profiled,
)
from tests.models import SHAPE, conv_model

IMAGE = np.random.default_rng(0).standard_normal((1, 16, 32, 32)).astype(np.float32)


def network(heavy: int = 128, light: str = "light") -> ov.Model:
    rng = np.random.default_rng(1)
    node = image = op.parameter(IMAGE.shape, np.float32, name="image")
    for name, wide in ((light, 16), ("heavy", heavy), ("back", 16)):
        kernel = rng.standard_normal((wide, node.get_output_shape(0)[1], 3, 3)).astype(np.float32)
        node = op.relu(op.convolution(node, kernel, [1, 1], [1, 1], [1, 1], [1, 1], name=name), name=f"{name} active")
    return ov.Model([node], [image], "network")


def test_every_operation_that_runs_has_a_time_and_merged_ones_share_it() -> None:
    (times,) = operation_times([network()], [IMAGE], "CPU", {})
    assert {"light", "heavy", "back"} <= times.keys()
    assert times["heavy"] == times["heavy active"]
    assert all(time >= 0 for time in times.values())


def test_there_is_a_table_for_each_model() -> None:
    smaller = network(16)
    smaller.get_ordered_ops()[-2].set_friendly_name("last")
    one, other = operation_times([network(), smaller], [IMAGE], "CPU", {})
    assert "last" in other
    assert "last" not in one


def test_a_model_that_does_not_run_is_an_error() -> None:
    with pytest.raises(RuntimeError):
        operation_times([network()], [IMAGE[:, :3]], "CPU", {})


@pytest.mark.parametrize("asked", [{"NUM_STREAMS": "8"}, {"PERFORMANCE_HINT": "THROUGHPUT", "NUM_STREAMS": "4"}])
def test_what_ran_is_timed_however_many_streams_are_asked_for(asked: dict[str, str]) -> None:
    (times,) = operation_times([network()], [IMAGE], "CPU", asked)
    assert times["heavy"] > 0


def test_profiling_is_on_one_stream_where_a_device_has_streams_of_its_own() -> None:
    """With several, the execution graph is that of a stream which may not have run."""
    asked = {"NUM_STREAMS": "8", "INFERENCE_PRECISION_HINT": "f32"}
    assert profiled("CPU", asked) == {**asked, "NUM_STREAMS": "1", "PERF_COUNT": "YES"}
    assert profiled("GPU", asked) == {**asked, "PERF_COUNT": "YES"}


def test_every_model_is_profiled_so(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[dict[str, str]] = []
    compile_model = ov.Core.compile_model

    def noted(self: ov.Core, model: ov.Model, device: str, properties: dict[str, str]) -> ov.CompiledModel:
        given.append(properties)
        return compile_model(self, model, device, properties)

    monkeypatch.setattr(ov.Core, "compile_model", noted)
    operation_times([network(), network()], [IMAGE], "CPU", {"NUM_STREAMS": "8"})
    assert given == [{"PERFORMANCE_HINT": "LATENCY", "NUM_STREAMS": "1", "PERF_COUNT": "YES"}] * 2


def test_what_the_device_puts_in_counts_for_the_layers_that_read_it() -> None:
    def node(name: str, *layers: str, readers: tuple[str, ...] = ()) -> Node:
        return Node(name, layers, "Reorder", "jit", "f32", 1.0, readers)

    nodes = [node("in", readers=("between",)), node("between", readers=("a", "b")), node("a", "x", "y"), node("b", "z")]
    assert [layers for _, layers in layers_served(nodes)] == [("x", "y", "z"), ("x", "y", "z"), ("x", "y"), ("z",)]


def test_a_name_with_a_comma_is_one_name() -> None:
    (times,) = operation_times([network(light="block,1,light")], [IMAGE], "CPU", {})
    assert times["block,1,light"] > 0
    assert times["block,1,light"] == times["block,1,light active"]
    assert "block" not in times


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("", []),
        ("conv,bias,relu", ["conv", "bias", "relu"]),
        ("a,b", ["a,b"]),
        ("conv/DequantizationMultiply,bias/fq_output_0", ["conv", "bias"]),
        ("conv_original,bias/fq_output_0/DequantizationMultiply_3", ["conv", "bias"]),
        ("conv,conv/fq_weights_1,unknown,relu", ["conv", "relu"]),
    ],
)
def test_layers_behind_the_names_of_the_execution_graph(said: str, expected: list[str]) -> None:
    assert list(_layers(said, {"conv", "bias", "relu", "a,b"})) == expected


@pytest.fixture(scope="module")
def compiled() -> ov.CompiledModel:
    compiled = ov.compile_model(conv_model(), "CPU", {"PERF_COUNT": True, "INFERENCE_PRECISION_HINT": "f32"})
    request = compiled.create_infer_request()
    for _ in range(3):
        request.infer([np.zeros(SHAPE, np.float32)])
    return compiled


def test_executed_operations_are_counted_by_precision_without_inputs_and_constants(compiled: ov.CompiledModel) -> None:
    expected: dict[str, int] = {}
    for executed in compiled.get_runtime_model().get_ordered_ops():
        info = {
            key: executed.get_rt_info()[key].astype(str) for key in ("layerType", "runtimePrecision", "execTimeMcs")
        }
        if info["layerType"] not in NOT_WORK and info["execTimeMcs"] != "not_executed":
            expected[info["runtimePrecision"]] = expected.get(info["runtimePrecision"], 0) + 1
    assert execution(compiled, 100.0).ops_by_precision == expected
    assert set(expected) == {"f32"}


def test_times_are_those_of_the_counted_operations(compiled: ov.CompiledModel) -> None:
    found = execution(compiled, 100.0)
    assert set(found.time_by_precision) == set(found.ops_by_precision)
    assert all(time >= 0 for time in found.time_by_precision.values())


class _Text(str):
    def astype(self, kind):
        return kind(self)


class _Op:
    def __init__(self, kind, precision, time):
        info = {"layerType": kind, "runtimePrecision": precision, "execTimeMcs": time}
        self._info = {key: _Text(value) for key, value in {**info, "primitiveType": f"jit_{precision}"}.items()}

    def get_rt_info(self):
        return self._info

    def get_friendly_name(self):
        return "an operation"

    def outputs(self):
        return []


class _Compiled:
    """A compiled model whose graph is known."""

    def __init__(self, *ops):
        self._ops = ops

    def get_runtime_model(self):
        return self

    def get_ordered_ops(self):
        return self._ops


def test_signed_and_unsigned_bytes_are_int8_and_what_was_folded_away_does_not_count() -> None:
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


def test_a_condition_is_no_precision_of_what_it_decides() -> None:
    """An If takes its runtime precision from its condition, and a boolean is stored in 8 bits."""
    given = op.parameter([1, 8], np.float32)
    bodies = []
    for activation in (op.relu, op.sigmoid):
        inside = op.parameter([1, 8], np.float32)
        bodies.append(ov.Model([activation(inside)], [inside]))
    either = op.if_op(op.greater(op.reduce_sum(given, np.array([0, 1]), False), np.float32(0)).output(0))
    either.set_then_body(bodies[0])
    either.set_else_body(bodies[1])
    either.set_input(given.output(0), bodies[0].get_parameters()[0], bodies[1].get_parameters()[0])
    chosen = either.set_output(bodies[0].get_results()[0], bodies[1].get_results()[0])
    model = ov.Model([op.relu(chosen)], [given])
    compiled = ov.Core().compile_model(model, "CPU", {**profiled("CPU", {}), "INFERENCE_PRECISION_HINT": "f32"})
    compiled([np.ones((1, 8), np.float32)])
    found = execution(compiled, 100.0)
    assert any(name.startswith("If|") for name in found.ops_by_primitive)
    assert set(found.ops_by_precision) == {"f32"}
