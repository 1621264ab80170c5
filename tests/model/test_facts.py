"""What a model is."""

import numpy as np
from openvino import Model
from openvino import opset13 as ops

from ovopt.model.facts import facts
from ovopt.records import Port
from tests.models import adding_model, conv_model


def test_operations_parameters_and_constant_bytes_are_counted():
    found = facts(conv_model(channels=4, classes=5))
    weights = 4 * 3 * 9 + 4 * 4 * 9 + 4 * 5
    assert found.parameters == weights + 2, "and two axes"
    assert found.precisions == {"f32": 4 * weights, "i64": 2 * 8}
    assert found.operations == {
        "Constant": 4,
        "Convolution": 2,
        "MatMul": 1,
        "Parameter": 1,
        "ReduceMean": 1,
        "Relu": 2,
        "Result": 1,
    }
    assert found.fake_quantize == 0


def test_ports_have_names_types_and_shapes_with_holes_where_they_are_dynamic():
    found = facts(conv_model((-1, 3, -1, 8)))
    assert found.inputs == (Port(name="picture", shape=(None, 3, None, 8), dtype="f32"),)
    assert found.outputs == (Port(name="scores", shape=(None, 5), dtype="f32"),)


def test_inputs_keep_the_models_order():
    found = facts(adding_model(("b", [1, 2], np.int64), ("a", [-1, 2], np.float32)))
    assert [str(port) for port in found.inputs] == ["'b' i64[1,2]", "'a' f32[?,2]"]


def test_a_port_without_name_is_called_by_its_place():
    parameter = ops.parameter([2], np.float32)
    model = Model([ops.relu(parameter)], [parameter], "nameless")
    for port in (*model.inputs, *model.outputs):
        port.get_tensor().set_names(set())
    found = facts(model)
    assert (found.inputs[0].name, found.outputs[0].name) == ("input 0", "output 0")


def test_fake_quantize_operations_show_that_a_model_is_quantized():
    parameter = ops.parameter([2], np.float32)
    low, high = np.float32(0), np.float32(1)
    quantized = ops.fake_quantize(ops.relu(parameter), low, high, low, high, 256)
    assert facts(Model([quantized], [parameter], "quantized")).fake_quantize == 1
