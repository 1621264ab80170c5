"""Runs ovopt as a user does, on a model and data so small that a whole comparison takes seconds."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops

from tests.cli import warm

CLASSES = 4
WIDTH = 16
SAMPLES = 240
WRONG_EVERY = 20
"""One label in twenty is wrong, so that the model's accuracy is a figure worth recomputing."""


@dataclass(frozen=True)
class Ran:
    """What a run left behind for the user."""

    code: int
    stdout: str
    stderr: str

    @property
    def message(self) -> str:
        """The error message, without the progress before it."""
        found = re.search(r"^(internal )?error: .*", self.stderr, re.MULTILINE | re.DOTALL)
        return found.group().rstrip("\n") if found else ""


def ovopt(*arguments: object, cwd: Path, timeout: float = 240, **environment: str) -> Ran:
    """Run the command line in a folder: in a process that begins with what is dear to import, unless the environment,
    which imports read, is not the usual one."""
    words = [*map(str, arguments)]
    if environment:
        return started(*words, cwd=cwd, timeout=timeout, **environment)
    with TemporaryDirectory() as files:
        code = warm.run(words, cwd, user_environment(), Path(files), timeout)
        return Ran(code, *((Path(files) / name).read_text() for name in ("stdout", "stderr")))


def started(*arguments: object, cwd: Path, timeout: float = 240, **environment: str) -> Ran:
    """Run the command line in a folder in a process that inherits all from this one, limits too."""
    done = subprocess.run(
        command(*arguments),
        cwd=cwd,
        env=user_environment(**environment),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def command(*arguments: object) -> list[str]:
    """The words of a command line."""
    return [sys.executable, "-m", "ovopt", *map(str, arguments)]


def user_environment(**more: str) -> dict[str, str]:
    """A wide terminal without colours, and no network."""
    kept = {key: value for key, value in os.environ.items() if key not in ("OVOPT_DEBUG", "FORCE_COLOR")}
    return {**kept, **warm.PLAIN, **more}


def snapshot(folder: Path) -> dict[str, bytes]:
    """Everything below a folder, hidden files too; folders have no content."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else b""
        for path in sorted(folder.rglob("*"))
    }


def prototypes() -> np.ndarray:
    """An input of each class, shape [4, 16]: signs at right angles to each other."""
    signs = np.ones((1, 1), np.float32)
    while len(signs) < WIDTH:
        signs = np.block([[signs, signs], [signs, -signs]])
    return signs[1 : CLASSES + 1]


def weights() -> tuple[np.ndarray, np.ndarray]:
    """Of the two layers. relu(a) - relu(-a) = a, so the scores are the products with the prototypes."""
    one = np.eye(CLASSES, dtype=np.float32)
    return np.hstack([prototypes().T, -prototypes().T]), np.vstack([one, -one])


def scores(inputs: np.ndarray) -> np.ndarray:
    """What the model gives, in plain NumPy."""
    first, head = weights()
    return np.maximum(inputs @ first, 0) @ head


def inputs_and_labels(count: int = SAMPLES) -> tuple[np.ndarray, np.ndarray]:
    """Inputs near the prototypes, far from any border between classes; labels that are right but for each 20th."""
    rng = np.random.default_rng(7)
    labels = rng.integers(CLASSES, size=count)
    inputs = (prototypes()[labels] + 0.3 * rng.standard_normal((count, WIDTH))).astype(np.float32)
    labels[::WRONG_EVERY] = (labels[::WRONG_EVERY] + 1) % CLASSES
    return inputs, labels


def write_data(file: Path, **arrays: np.ndarray) -> Path:
    """An .npz: the good inputs and labels, unless told otherwise."""
    inputs, labels = inputs_and_labels()
    np.savez(file, **(arrays or {"inputs": inputs, "labels": labels}))
    return file


Node = ov.Node


def write_ir(
    file: Path,
    shape: Sequence[int] = (1, WIDTH),
    input_name: str = "x",
    dtype: str = "f32",
    classes: int = CLASSES,
    ending: Callable[[Node], Node] | None = None,
) -> Path:
    """The classifier as IR, with operations called `first`, `active` and `head`. `ending` is put behind it."""
    first, head = weights()
    given = ops.parameter(list(shape), getattr(ov.Type, dtype), name=input_name)
    given.output(0).set_names({input_name})
    width = shape[-1]
    node = given if dtype == "f32" else ops.convert(given, "f32")
    node = ops.matmul(node, np.ascontiguousarray(first[:width]), False, False, name="first")
    node = ops.relu(node, name="active")
    node = ops.matmul(node, np.ascontiguousarray(head[:, :classes]), False, False, name="head")
    node = ending(node) if ending else node
    node.output(0).set_names({"scores"})
    ov.save_model(ov.Model([node], [given], "tiny"), file, compress_to_fp16=False)
    return file


def write_onnx(file: Path) -> Path:
    """The classifier as ONNX."""
    onnx = pytest.importorskip("onnx", reason="the extra `dev` brings onnx")
    first, head = weights()
    graph = onnx.helper.make_graph(
        [
            onnx.helper.make_node("MatMul", ["x", "w1"], ["a"], name="first"),
            onnx.helper.make_node("Relu", ["a"], ["b"], name="active"),
            onnx.helper.make_node("MatMul", ["b", "w2"], ["scores"], name="head"),
        ],
        "tiny",
        [onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [1, WIDTH])],
        [onnx.helper.make_tensor_value_info("scores", onnx.TensorProto.FLOAT, [1, CLASSES])],
        [onnx.numpy_helper.from_array(array, name) for name, array in (("w1", first), ("w2", head))],
    )
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=9)
    file.write_bytes(model.SerializeToString())
    return file
