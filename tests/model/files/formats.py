"""Tiny models of other frameworks, written byte by byte, so that no test needs the framework.

Every one computes relu(x @ WEIGHTS) of an f32 input `x` [1, 3], unless it says otherwise.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

WEIGHTS = np.arange(-6, 6, dtype=np.float32).reshape(3, 4) / 4


def expected(x: np.ndarray) -> np.ndarray:
    """What the models give."""
    return np.maximum(x @ WEIGHTS, 0)


def _varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def message(*fields: tuple[int, Any]) -> bytes:
    """A protocol buffer of (field number, value): int, float, str, or bytes (a message within)."""
    out = b""
    for number, value in fields:
        if isinstance(value, bool | int):
            out += _varint(number << 3) + _varint(int(value))
        elif isinstance(value, float):
            out += _varint(number << 3 | 5) + struct.pack("<f", value)
        else:
            content = value.encode() if isinstance(value, str) else value
            out += _varint(number << 3 | 2) + _varint(len(content)) + content
    return out


TF_FLOAT = 1


def _tf_shape(dims: Sequence[int]) -> bytes:
    return message(*[(2, message((1, dim))) for dim in dims])


def _tf_node(name: str, op: str, inputs: Sequence[str], **attributes: bytes) -> bytes:
    attrs = [(5, message((1, key), (2, value))) for key, value in attributes.items()]
    return message((1, name), (2, op), *[(3, source) for source in inputs], *attrs)


def graph_def(shape: Sequence[int] = (1, 3)) -> bytes:
    """A TensorFlow graph."""
    f32 = message((6, TF_FLOAT))
    tensor = message((1, TF_FLOAT), (2, _tf_shape(WEIGHTS.shape)), (4, WEIGHTS.tobytes()))
    nodes = [
        _tf_node("x", "Placeholder", [], dtype=f32, shape=message((7, _tf_shape(shape)))),
        _tf_node("weights", "Const", [], dtype=f32, value=message((8, tensor))),
        _tf_node("product", "MatMul", ["x", "weights"], T=f32),
        _tf_node("y", "Relu", ["product"], T=f32),
    ]
    return message(*[(1, node) for node in nodes], (4, message((1, 1000))))


def frozen(folder: Path, name: str = "frozen.pb", shape: Sequence[int] = (1, 3)) -> Path:
    """A frozen TensorFlow graph."""
    file = folder / name
    file.write_bytes(graph_def(shape))
    return file


def saved_model(folder: Path, name: str = "saved", shape: Sequence[int] = (1, 3)) -> Path:
    """A TensorFlow SavedModel folder without variables."""

    def info(tensor: str, dims: Sequence[int]) -> bytes:
        return message((1, tensor), (2, TF_FLOAT), (3, _tf_shape(dims)))

    signature = message(
        (1, message((1, "x"), (2, info("x:0", shape)))),
        (2, message((1, "y"), (2, info("y:0", (shape[0], 4))))),
        (3, "tensorflow/serving/predict"),
    )
    meta = message(
        (1, message((4, "serve"), (5, "2.16.0"))),
        (2, graph_def(shape)),
        (5, message((1, "serving_default"), (2, signature))),
    )
    target = folder / name
    target.mkdir()
    (target / "saved_model.pb").write_bytes(message((1, 1), (2, meta)))
    return target


PADDLE_F32, PADDLE_TENSOR, PADDLE_FEED, PADDLE_FETCH = 5, 7, 9, 10


def _paddle_tensor(dims: Sequence[int]) -> bytes:
    return message((1, PADDLE_F32), *[(2, dim) for dim in dims])


def _paddle_var(name: str, dims: Sequence[int], persistable: bool = False) -> bytes:
    kind = message((1, PADDLE_TENSOR), (3, message((1, _paddle_tensor(dims)), (2, 0))))
    return message((1, name), (2, kind), (3, persistable))


def _paddle_op(
    kind: str, inputs: dict[str, str], outputs: dict[str, str], attributes: Sequence[tuple[str, bytes]] = ()
) -> bytes:
    def ports(named: dict[str, str], field: int) -> list[tuple[int, Any]]:
        return [(field, message((1, key), (2, value))) for key, value in named.items()]

    attrs = [(4, message((1, key)) + value) for key, value in attributes]
    return message(*ports(inputs, 1), *ports(outputs, 2), (3, kind), *attrs)


def paddle(folder: Path, name: str = "inference", shape: Sequence[int] = (1, 3)) -> Path:
    """A Paddle program and its parameters beside it."""
    integer, boolean = (lambda v: message((2, 0), (3, v))), (lambda v: message((2, 6), (10, v)))
    variables = [
        message((1, "feed"), (2, message((1, PADDLE_FEED))), (3, True)),
        message((1, "fetch"), (2, message((1, PADDLE_FETCH))), (3, True)),
        _paddle_var("x", shape),
        _paddle_var("w", WEIGHTS.shape, persistable=True),
        _paddle_var("product", (shape[0], 4)),
        _paddle_var("y", (shape[0], 4)),
    ]
    operations = [
        _paddle_op("feed", {"X": "feed"}, {"Out": "x"}, [("col", integer(0))]),
        _paddle_op(
            "matmul_v2",
            {"X": "x", "Y": "w"},
            {"Out": "product"},
            [("trans_x", boolean(False)), ("trans_y", boolean(False))],
        ),
        _paddle_op("relu", {"X": "product"}, {"Out": "y"}),
        _paddle_op("fetch", {"X": "y"}, {"Out": "fetch"}, [("col", integer(0))]),
    ]
    block = message((1, 0), (2, -1), *[(3, v) for v in variables], *[(4, op) for op in operations])
    description = _paddle_tensor(WEIGHTS.shape)
    parameters = struct.pack("<IQIi", 0, 0, 0, len(description)) + description + WEIGHTS.tobytes()
    (folder / f"{name}.pdiparams").write_bytes(parameters)
    file = folder / f"{name}.pdmodel"
    file.write_bytes(message((1, block), (4, message((1, 2006001)))))
    return file


TFLITE_F32, TFLITE_I8, TFLITE_I32 = 0, 9, 2
TFLITE_FULLY_CONNECTED, TFLITE_FULLY_CONNECTED_OPTIONS, TFLITE_RELU = 9, 8, 1


def tflite(folder: Path, name: str = "m.tflite", quantized: bool = False) -> Path:  # noqa: C901 (a builder, spelled out)
    """A TensorFlow Lite model; if `quantized`, its input, weights and output are int8 (per tensor)."""
    import flatbuffers

    b = flatbuffers.Builder(1024)

    def table(slots: Sequence[tuple[int, str, Any]], fields: int) -> int:
        b.StartObject(fields)
        for slot, kind, value in slots:
            getattr(b, f"Prepend{kind}Slot")(slot, value, 0)
        return b.EndObject()

    def vector(values: Sequence[Any], kind: str, width: int) -> int:
        b.StartVector(width, len(values), width)
        for value in reversed(values):
            getattr(b, f"Prepend{kind}")(value)
        return b.EndVector()

    def offsets(values: Sequence[int]) -> int:
        return vector(values, "UOffsetTRelative", 4)

    def quantization(scale: float, zero_point: int) -> int:
        scales, points = vector([scale], "Float32", 4), vector([zero_point], "Int64", 8)
        return table([(2, "UOffsetTRelative", scales), (3, "UOffsetTRelative", points)], 7)

    def tensor(title: str, dims: Sequence[int], kind: int, buffer: int, scaled: tuple[float, int] | None) -> int:
        text, shape = b.CreateString(title), vector(dims, "Int32", 4)
        slots = [(0, "UOffsetTRelative", shape), (1, "Int8", kind), (2, "Uint32", buffer)]
        slots += [(3, "UOffsetTRelative", text)]
        if scaled:
            slots.append((4, "UOffsetTRelative", quantization(*scaled)))
        return table(slots, 8)

    def buffer(content: bytes) -> int:
        if not content:
            return table([], 1)
        return table([(0, "UOffsetTRelative", b.CreateByteVector(content))], 1)

    rows = WEIGHTS.T
    content = (rows * 4).astype(np.int8).tobytes() if quantized else rows.tobytes()
    kind = TFLITE_I8 if quantized else TFLITE_F32
    scales = [(0.125, 0), (0.25, 0), (0.5, -128)] if quantized else [None] * 3
    tensors = offsets(
        [
            tensor("x", (1, 3), kind, 0, scales[0]),
            tensor("w", rows.shape, kind, 1, scales[1]),
            tensor("y", (1, 4), kind, 0, scales[2]),
        ]
    )
    options = table([(0, "Int8", TFLITE_RELU)], 4)
    ins, outs = vector([0, 1, -1], "Int32", 4), vector([2], "Int32", 4)
    operator = table(
        [
            (1, "UOffsetTRelative", ins),
            (2, "UOffsetTRelative", outs),
            (3, "Uint8", TFLITE_FULLY_CONNECTED_OPTIONS),
            (4, "UOffsetTRelative", options),
        ],
        9,
    )
    operators = offsets([operator])
    inputs, outputs = vector([0], "Int32", 4), vector([2], "Int32", 4)
    graph = table([(i, "UOffsetTRelative", v) for i, v in enumerate((tensors, inputs, outputs, operators))], 5)
    code = table([(0, "Int8", TFLITE_FULLY_CONNECTED), (2, "Int32", 1), (3, "Int32", TFLITE_FULLY_CONNECTED)], 4)
    buffers = offsets([buffer(b""), buffer(content)])
    codes, graphs = offsets([code]), offsets([graph])
    model = table(
        [
            (0, "Uint32", 3),
            (1, "UOffsetTRelative", codes),
            (2, "UOffsetTRelative", graphs),
            (4, "UOffsetTRelative", buffers),
        ],
        5,
    )
    b.Finish(model, b"TFL3")
    file = folder / name
    file.write_bytes(bytes(b.Output()))
    return file
