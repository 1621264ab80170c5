"""Models that OpenVINO's core does not read from a path: they are converted in Python, once per process."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from ovopt.model.files.factory import Reference
from ovopt.model.files.integrity import ARCHIVES, is_hugging_face, parts
from ovopt.model.ports.shapes import Dimension, Shapes

if TYPE_CHECKING:
    import openvino

KEPT = 4
GGUF = ".gguf"
Given = tuple[tuple[str, tuple[Dimension, ...]], ...]
Stamps = tuple[tuple[int, int], ...]


def needs_conversion(file: Path) -> bool:
    """Whether what `locate` found is PyTorch's, transformers' or llama.cpp's own."""
    if Reference.of(file) or file.suffix.lower() in (*ARCHIVES, GGUF):
        return True
    return file.is_dir() and not (file / "saved_model.pb").is_file() and is_hugging_face(file)


def converted(file: Path, shapes: Shapes, trust: bool) -> openvino.Model:
    """A copy of the converted model. It is converted anew where a file has changed, or the shapes are others."""
    stamps = tuple((status.st_mtime_ns, status.st_size) for status in (part.stat() for part in parts(file)))
    given = tuple(sorted((name, tuple(shape)) for name, shape in shapes.items()))
    return _converted(file, given, trust, stamps).clone()


@lru_cache(maxsize=KEPT)
def _converted(file: Path, given: Given, trust: bool, stamps: Stamps) -> openvino.Model:
    from ovopt.model.files.gguf import convert_gguf
    from ovopt.model.files.huggingface import convert_folder
    from ovopt.model.files.pytorch import convert_factory, convert_file

    if reference := Reference.of(file):
        return convert_factory(reference, dict(given), trust)
    if file.suffix.lower() == GGUF:
        return convert_gguf(file)
    return convert_folder(file, trust) if file.is_dir() else convert_file(file, dict(given), trust)
