"""TensorFlow Lite files with metadata: the means of an image's channels, an archive behind the model."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np

F32, I32, MEAN, REDUCER = 0, 2, 40, 27
"""Types of tensors, an operation, and the kind of its options."""


class Builder:
    """Tables and vectors of a FlatBuffer."""

    def __init__(self) -> None:
        self.b = flatbuffers.Builder(1024)

    def table(self, **slots: Any) -> int:
        """A table of `f0=("Int8", 3)`; an offset alone is a reference."""
        fields = {
            int(name[1:]): one if isinstance(one, tuple) else ("UOffsetTRelative", one) for name, one in slots.items()
        }
        self.b.StartObject(max(fields, default=0) + 1)
        for field, (kind, value) in fields.items():
            getattr(self.b, f"Prepend{kind}Slot")(field, value, 0)
        return self.b.EndObject()

    def vector(self, values: Sequence[Any], kind: str = "UOffsetTRelative", width: int = 4) -> int:
        self.b.StartVector(width, len(values), width)
        for value in reversed(values):
            getattr(self.b, f"Prepend{kind}")(value)
        return self.b.EndVector()

    def text(self, value: str) -> int:
        return self.b.CreateString(value)

    def done(self, root: int, name: bytes) -> bytes:
        self.b.Finish(root, name)
        return bytes(self.b.Output())


def metadata(mean: Sequence[float] = (), std: Sequence[float] = (), labels: str = "") -> bytes:
    """Metadata of a model whose input is normalized, and whose output's places are named in a file."""
    b = Builder()
    units = {}
    if mean or std:
        options = b.table(f0=b.vector(mean, "Float32"), f1=b.vector(std, "Float32"))
        units = {"f4": b.vector([b.table(f0=("Uint8", 1), f1=options)])}
    given = b.table(f0=b.text("image"), **units)
    files = {"f6": b.vector([b.table(f0=b.text(labels), f2=("Int8", 2))])} if labels else {}
    answer = b.table(f0=b.text("probability"), **files)
    graph = b.table(f2=b.vector([given]), f3=b.vector([answer]))
    return b.done(b.table(f0=b.text("tiny"), f3=b.vector([graph])), b"M001")


def tflite(folder: Path, described: bytes = b"", files: Mapping[str, bytes] | None = None, side: int = 8) -> Path:
    """A model [1, side, side, 3] -> [1, 3] with this metadata, and these files in an archive behind it."""
    b = Builder()

    def tensor(title: str, dims: Sequence[int], kind: int, buffer: int) -> int:
        name, shape = b.text(title), b.vector(dims, "Int32")
        return b.table(f0=shape, f1=("Int8", kind), f2=("Uint32", buffer), f3=name)

    def buffer(content: bytes) -> int:
        return b.table(f0=b.b.CreateByteVector(content)) if content else b.table()

    tensors = b.vector(
        [tensor("image", (1, side, side, 3), F32, 0), tensor("axes", (2,), I32, 1), tensor("scores", (1, 3), F32, 0)]
    )
    options = b.table(f0=("Bool", False))
    ins, outs = b.vector([0, 1], "Int32"), b.vector([2], "Int32")
    operators = b.vector([b.table(f1=ins, f2=outs, f3=("Uint8", REDUCER), f4=options)])
    inputs, outputs = b.vector([0], "Int32"), b.vector([2], "Int32")
    graphs = b.vector([b.table(f0=tensors, f1=inputs, f2=outputs, f3=operators)])
    codes = b.vector([b.table(f0=("Int8", MEAN), f2=("Int32", 1), f3=("Int32", MEAN))])
    buffers = b.vector([buffer(b""), buffer(np.array([1, 2], np.int32).tobytes()), buffer(described)])
    entries = {"f6": b.vector([b.table(f0=b.text("TFLITE_METADATA"), f1=("Uint32", 2))])} if described else {}
    content = b.done(b.table(f0=("Uint32", 3), f1=codes, f2=graphs, f4=buffers, **entries), b"TFL3")
    file = folder / "model.tflite"
    file.write_bytes(content + _archive(files or {}))
    return file


def _archive(files: Mapping[str, bytes]) -> bytes:
    if not files:
        return b""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return held.getvalue()
