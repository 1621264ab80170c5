"""What a model is."""

import nncf
import numpy as np
import openvino as ov
import pytest
from openvino import Model
from openvino import opset13 as ops

from ovopt.model.files.read import read_model
from ovopt.model.ports.facts import facts, is_stateful, quantization
from ovopt.records import Port
from tests.model.files import formats
from tests.models import SHAPE, adding_model, conv_model, saved


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


def named(*names):
    """A model with an output of each set of names."""
    parameter = ops.parameter([2], np.float32)
    nodes = [ops.add(parameter, np.float32(place)) for place, _ in enumerate(names)]
    for node, own in zip(nodes, names, strict=True):
        node.output(0).set_names(set(own))
    return Model(nodes, [parameter], "named")


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([{"y", "12", "y:0"}], ["y"]),
        ([{"logits", "model/head/MatMul:0"}], ["logits"]),
        ([{"y:0"}], ["y:0"]),
        ([{"beta", "alfa"}], ["alfa"]),
        ([{"Result_1", "scores"}], ["scores"]),
    ],
)
def test_of_several_names_the_one_counts_that_no_converter_made_up(names, expected):
    assert [port.name for port in facts(named(*names)).outputs] == expected


def test_two_outputs_that_are_one_tensor_have_names_of_their_own():
    parameter = ops.parameter([2], np.float32)
    node = ops.relu(parameter)
    node.output(0).set_names({"y", "other"})
    found = facts(Model([node, node, node], [parameter], "twice")).outputs
    assert [port.name for port in found] == ["y", "other", "output 2"]


def test_a_port_of_any_rank_or_of_text_is_told():
    numbers = ops.parameter(ov.PartialShape.dynamic(), np.float32, name="x")
    text = ops.parameter([-1], ov.Type.string, name="text")
    for parameter in (numbers, text):
        parameter.output(0).set_names({parameter.get_friendly_name()})
    found = facts(Model([ops.relu(numbers), ops.shape_of(text)], [numbers, text], "any")).inputs
    assert [str(port) for port in found] == ["'x' f32[...]", "'text' string[?]"]


def test_a_model_that_reads_and_assigns_a_variable_has_a_state():
    assert not is_stateful(conv_model())
    x = ops.parameter([1, 2], np.float32)
    kept = ops.read_value(ops.constant(np.zeros((1, 2), np.float32)), "sum", ov.Type.f32, [1, 2])
    total = ops.add(x, kept)
    model = Model([ops.result(total)], [ops.assign(total, "sum")], [x], "stateful")
    assert is_stateful(model)


def matmuls():
    rng = np.random.default_rng(0)
    x = ops.parameter([1, 64], np.float32)
    node = x
    for _ in range(2):
        node = ops.matmul(node, rng.standard_normal((64, 64)).astype(np.float32), False, False)
    return Model([node], [x], "matmuls")


def onnx_model(folder, nodes, weights):
    onnx = pytest.importorskip("onnx")
    info = [onnx.helper.make_tensor_value_info(name, 1, [1, n]) for name, n in (("x", 3), ("y", 4))]
    made = [onnx.helper.make_node(kind, takes.split(), gives.split()) for kind, takes, gives in nodes]
    for node in made:
        if node.op_type == "Cast":
            node.attribute.append(onnx.helper.make_attribute("to", 1))
    held = [onnx.numpy_helper.from_array(np.asarray(value), name) for name, value in weights.items()]
    graph = onnx.helper.make_graph(made, "g", info[:1], info[1:], held)
    opsets = [onnx.helper.make_opsetid("", 17)]
    (folder / "m.onnx").write_bytes(onnx.helper.make_model(graph, opset_imports=opsets).SerializeToString())
    return read_model(folder / "m.onnx")


I8 = {"s": np.float32(0.25), "z": np.int8(0), "w": (formats.WEIGHTS * 4).astype(np.int8)}


def test_a_model_of_floating_point_is_not_quantized(tmp_path):
    assert quantization(conv_model()) is None
    ov.save_model(conv_model(), tmp_path / "half.xml", compress_to_fp16=True)
    assert quantization(read_model(tmp_path / "half.xml")) is None


def test_integer_constants_that_are_no_weights_do_not_count():
    x = ops.parameter([1, 4], np.float32)
    ids = ops.gather(x, ops.convert(ops.constant(np.array([0, 1], np.int8)), "i32"), ops.constant(np.int64(1)))
    assert quantization(Model([ids], [x], "picking")) is None


def test_what_nncf_quantizes_is_int8_before_and_after_saving(tmp_path):
    samples = [np.random.default_rng(0).random(SHAPE, np.float32)]
    model = nncf.quantize(conv_model(), nncf.Dataset(samples), subset_size=1)
    count = facts(model).fake_quantize
    for same in (model, read_model(saved(model, tmp_path))):
        assert quantization(same) == f"int8 (QDQ: {facts(same).fake_quantize} FakeQuantize)"
    assert count > 0


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("INT8_ASYM", "int8 weights (compressed)"),
        ("INT8_SYM", "int8 weights (compressed)"),
        ("INT4_ASYM", "int4 weights (compressed)"),
        ("INT4_SYM", "int4 weights (compressed)"),
        ("NF4", "nf4 weights (compressed)"),
    ],
)
def test_weights_that_nncf_compresses_are_named_by_their_type(tmp_path, mode, expected):
    how = {} if mode.startswith("INT8") else {"group_size": 32, "all_layers": True}
    model = nncf.compress_weights(matmuls(), mode=nncf.CompressWeightsMode[mode], **how)
    assert quantization(model) == quantization(read_model(saved(model, tmp_path))) == expected


def test_weights_of_two_types_are_both_named():
    model = nncf.compress_weights(matmuls(), mode=nncf.CompressWeightsMode.INT4_SYM, group_size=32)
    assert quantization(model) == "int8 and int4 weights (compressed)"


def test_an_onnx_model_with_quantize_and_dequantize_is_int8(tmp_path):
    nodes = [
        ("QuantizeLinear", "x s z", "xq"),
        ("DequantizeLinear", "xq s z", "xd"),
        ("DequantizeLinear", "w s z", "wd"),
        ("MatMul", "xd wd", "y"),
    ]
    assert quantization(onnx_model(tmp_path, nodes, I8)) == "int8 (QDQ: 1 FakeQuantize)"


def test_an_onnx_model_with_dequantized_weights_has_int8_weights(tmp_path):
    nodes = [("DequantizeLinear", "w s z", "wd"), ("MatMul", "x wd", "y")]
    assert quantization(onnx_model(tmp_path, nodes, I8)) == "int8 weights (compressed)"


def test_an_onnx_model_with_integer_arithmetic_has_int8_weights(tmp_path):
    nodes = [
        ("DynamicQuantizeLinear", "x", "xq xs xz"),
        ("MatMulInteger", "xq w xz z", "yi"),
        ("Cast", "yi", "yf"),
        ("Mul", "yf xs", "y"),
    ]
    assert quantization(onnx_model(tmp_path, nodes, {"w": I8["w"], "z": I8["z"]})) == "int8 weights (compressed)"


def test_a_quantized_tflite_model_is_int8(tmp_path):
    pytest.importorskip("flatbuffers")
    assert quantization(read_model(formats.tflite(tmp_path, quantized=True))) == "int8 (QDQ: 2 FakeQuantize)"
    assert quantization(read_model(formats.tflite(tmp_path))) is None


def test_other_levels_of_fake_quantize_are_told():
    x = ops.parameter([2], np.float32)
    low, high = np.float32(0), np.float32(1)
    model = Model([ops.fake_quantize(x, low, high, low, high, 16)], [x], "four bits")
    assert quantization(model) == "int4 (QDQ: 1 FakeQuantize)"
    model = Model([ops.fake_quantize(x, low, high, low, high, 64)], [x], "six bits")
    assert quantization(model) == "other levels (QDQ: 1 FakeQuantize)"


def test_fake_convert_is_fp8():
    x = ops.parameter([2], np.float32)
    model = Model([ops.fake_convert(x, np.float32(1), destination_type="f8e4m3")], [x], "eight bits")
    assert quantization(model) == "fp8 (QDQ: 1 FakeConvert)"


def test_the_outputs_of_a_top_k_are_told_by_what_they_hold():
    given = ops.parameter([1, 5], np.float32, name="x")
    top, one = (ops.topk(given, np.int64(k), 1, "max", "value") for k in (3, 1))
    ends = [top.output(0), ops.convert(top.output(1), "f32").output(0), one.output(0), ops.relu(given).output(0)]
    for name, end in zip(("values", "places", "single", "all"), ends, strict=True):
        end.get_tensor().set_names({name})
    assert facts(Model(ends, [given], "top")).output_kinds == {"values": "sorted", "places": "indices"}
