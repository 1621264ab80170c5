"""The files that make up a model, and checks that they are what their names say."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from ovopt.documents import parse_json
from ovopt.errors import ModelError
from ovopt.given_file import check_path, open_file
from ovopt.model.files.factory import FactoryReference

ARCHIVES = (".pt2", ".pt", ".pth")
HEADER_BYTES = 100_000_000
"""The longest header of a safetensors file, as its format says."""
LFS_POINTER = b"version https://git-lfs"
HTML = (b"<!doctype html", b"<html")
OF_2_GIB = (".onnx", ".pb", ".pdmodel", ".tflite")
MESSAGE_BYTES = 2 << 30
"""The largest of protocol buffers (https://protobuf.dev/programming-guides/encoding/#size-limit) and FlatBuffers."""
WEIGHTS = ("*.safetensors", "pytorch_model*.bin")
"""Files of weights in a Hugging Face folder, those that transformers prefers first."""


def is_hugging_face(folder: Path) -> bool:
    """True for a folder as transformers writes it: a configuration and weights."""
    return (folder / "config.json").is_file() and any(weights_of(folder))


def parts(file: Path) -> list[Path]:
    """The files that belong to the model that `locate` found, itself first, in an order that does not change."""
    if reference := FactoryReference.of(file):
        return [path for path in (reference.file, reference.weights) if path]
    if file.is_dir():
        return _parts_of_folder(file)
    match file.suffix.lower():
        case ".xml":
            return [file, file.with_suffix(".bin")]
        case ".pdmodel":
            return [file, file.with_suffix(".pdiparams")]
        case ".onnx":
            return [file, *sorted(_external(file))]
    return [file]


def _parts_of_folder(folder: Path) -> list[Path]:
    """A SavedModel, or a Hugging Face folder."""
    if (folder / "saved_model.pb").is_file():
        return [folder / "saved_model.pb", *sorted(filter(Path.is_file, (folder / "variables").rglob("*")))]
    return [folder / "config.json", *weights_of(folder)]


def check(file: Path) -> None:
    """Raises ModelError for a part that is missing, empty, cut off, or something else altogether."""
    for part in parts(file):
        if not check_path(part, ModelError).is_file():
            raise ModelError(f"{file}: its weights {part.name} are missing; keep both files side by side")
        with open_file(part, ModelError) as stream:
            head = stream.read(64)
        if not head and part.suffix != ".bin":
            raise ModelError(f"{part}: the model file is empty; export or copy it again")
        if head.startswith(LFS_POINTER):
            raise ModelError(f"{part}: a Git LFS pointer, not the file itself; run `git lfs pull` where it comes from")
        if head.lstrip().lower().startswith(HTML):
            raise ModelError(f"{part}: a web page, not a model; download the file itself")
        if part.suffix.lower() in OF_2_GIB and part.stat().st_size > MESSAGE_BYTES:
            raise ModelError(
                f"{part}: larger than the 2 GiB that such a file can have; export it with its weights apart"
            )
        if _cut_off(part, head):
            raise ModelError(f"{part}: cut off, its end is missing; download or copy it again")


def _cut_off(part: Path, head: bytes) -> bool:
    """True where the end of a file is missing, for formats that tell."""
    if part.suffix.lower() in ARCHIVES:
        return head.startswith(b"PK") and not zipfile.is_zipfile(part)
    return part.suffix.lower() == ".safetensors" and part.stat().st_size < _promised(part)


def _promised(weights: Path) -> int:
    """The size of a safetensors file as its header has it: https://github.com/huggingface/safetensors#format."""
    with weights.open("rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        try:
            header = parse_json(stream.read(min(length, weights.stat().st_size, HEADER_BYTES)))
            ends = [int(entry["data_offsets"][1]) for name, entry in header.items() if name != "__metadata__"]
        except (ValueError, LookupError, TypeError, AttributeError, OverflowError):
            return 8 + length
    return 8 + length + max(ends, default=0)


def weights_of(folder: Path) -> list[Path]:
    """The files of weights that transformers takes: safetensors where there are any."""
    return next((found for found in (sorted(folder.glob(pattern)) for pattern in WEIGHTS) if found), [])


def _external(file: Path) -> set[Path]:
    """External data of an ONNX file: as its graph names them where the package `onnx` is installed, and files beside it
    that are called like it."""
    named = {file.with_name(file.name + suffix) for suffix in (".data", "_data")}
    return {path for path in named if path.is_file()} | {file.parent / name for name in _external_names(file)}


def _external_names(file: Path) -> Iterator[str]:
    if not 0 < file.stat().st_size <= MESSAGE_BYTES or find_spec("onnx") is None:
        return
    import onnx

    try:
        graph = onnx.load(file, load_external_data=False).graph
    except Exception:  # protobuf has errors of its own for what is no ONNX; reading it will say so
        return
    for tensor in graph.initializer:
        location = next((entry.value for entry in tensor.external_data if entry.key == "location"), None)
        if tensor.data_location == onnx.TensorProto.EXTERNAL and location and ".." not in Path(location).parts:
            yield location
