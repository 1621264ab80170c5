"""Programs that `torch.export.save` has written, read so that nothing in them runs."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ovopt.documents import UnreadableError, parse_json
from ovopt.errors import ModelError
from ovopt.model.native import converted, load_quietly
from ovopt.model.ports.shapes import partial_shape

if TYPE_CHECKING:
    import openvino

WEIGHTS_ONLY = "TORCH_FORCE_WEIGHTS_ONLY_LOAD"
"""While this variable is set, each `torch.load` of the process unpickles tensors and plain values alone."""
OBJECTS = ("custom_obj_", "opaque_obj_")
"""Constants that PyTorch unpickles without `torch.load`, by how their names begin."""
COMPILED = "aotinductor"
"""Compiled code, in a folder of this name."""


def read_program(file: Path, trust: bool) -> Any:
    """The exported program in a .pt2 file. Raises ModelError where it cannot be read, or would run code without
    `trust`."""
    return load_quietly(file, lambda: _program(file, trust))


def convert_program(file: Path, program: Any) -> openvino.Model:
    """Convert an exported program: OpenVINO takes over the types of its inputs, and its shapes where they are handed to
    it."""
    import torch

    values = {node.name: node.meta.get("val") for node in program.graph.nodes if node.op == "placeholder"}
    tensors = [value for name in program.graph_signature.user_inputs if (value := values.get(name)) is not None]
    if not all(isinstance(value, torch.Tensor) for value in tensors):
        return converted(file, program)
    shapes = [[size if isinstance(size, int) else -1 for size in value.shape] for value in tensors]
    return converted(file, program, input=[partial_shape(shape) for shape in shapes])


def _program(file: Path, trust: bool) -> Any:
    """`torch.export.load` unpickles whatever the archive brings. Without trust every `torch.load` in it is held to
    tensors, and what it unpickles in another way is refused before."""
    import torch

    if trust:
        return torch.export.load(str(file))
    for name, content in _unpickled(file):
        if content is None or not _holds_tensors(content):
            raise ModelError(
                f"{file}: {name} in it can run code when it is read; if you trust its origin, allow that with --trust"
            )
    with _weights_only():
        return torch.export.load(str(file))


def _unpickled(file: Path) -> Iterator[tuple[str, bytes | None]]:
    """The members that PyTorch would unpickle, with their content, or None for those that would run in another way:
    sample inputs and the parts of older formats by their ending, weights and constants by what any configuration in the
    archive says, compiled code by its folder."""
    members = _members(file)
    for name, read in members.items():
        if COMPILED in name:
            yield name, None
        elif name.endswith(".pt"):
            yield name, read()
        elif name.endswith("config.json"):
            folder = name.rpartition("/")[0]
            entries = _entries(read())
            if entries is None:
                yield name, None
            for entry in entries or ():
                said = f"{folder}/{entry['path_name']}"
                if str(entry["path_name"]).startswith(OBJECTS):
                    yield said, None
                elif entry.get("use_pickle"):
                    yield said, members[said]() if said in members else None


def _entries(configuration: bytes) -> list[dict[str, Any]] | None:
    """The weights or constants that a configuration lists; None where it is none, for what PyTorch does with that is
    not known."""
    try:
        listed = parse_json(configuration).get("config", {}).values()
    except (UnreadableError, AttributeError):
        return None
    return list(listed) if all(isinstance(one, dict) and "path_name" in one for one in listed) else None


def _members(file: Path) -> dict[str, Callable[[], bytes]]:
    """The members of the archive as PyTorch's own reader sees them: of names that are given twice it may take another
    one than Python does. An archive of the older format, which it does not read, as Python sees it."""
    import torch

    try:
        reader = torch._C.PyTorchFileReader(str(file))
        return {name: partial(reader.get_record, name) for name in reader.get_all_records()}
    except RuntimeError:
        with zipfile.ZipFile(file) as archive:
            return {name: partial(bytes, archive.read(name)) for name in archive.namelist()}


def _holds_tensors(content: bytes) -> bool:
    import torch

    try:
        torch.load(io.BytesIO(content), weights_only=True)
    except Exception:
        return False
    return True


@contextmanager
def _weights_only() -> Iterator[None]:
    before = os.environ.get(WEIGHTS_ONLY)
    os.environ[WEIGHTS_ONLY] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[WEIGHTS_ONLY]
        else:
            os.environ[WEIGHTS_ONLY] = before
