"""Models on disk: where a model's files are, and a hash of their content."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from ovopt.errors import ModelError
from ovopt.given_file import check_path
from ovopt.model.files.factory import FactoryReference
from ovopt.model.files.hub import PREFIX, fetch
from ovopt.model.files.integrity import check, is_hugging_face, parts
from ovopt.records import ModelFile

FORMATS = (".xml", ".onnx", ".tflite", ".pb", ".pdmodel", ".pt2", ".pt", ".pth", ".gguf")
READS = f"{', '.join(FORMATS)} files, folders of TensorFlow, Paddle and Hugging Face, and hf:ORG/NAME"
IN_MEMORY = "memory:"
"""What the path of a model begins with, in results, that was none on disk."""
SPLIT = re.compile(r".*-\d{5}-of-\d{5}\.gguf")
MANIFEST = "ovopt.json"
IN_FOLDERS = ("model.xml", "openvino_model.xml", "model.onnx", "onnx/model.onnx")
"""Files that are taken from a folder before anything else in it."""
INSTEAD = {
    ".bin": "weights without their graph; give the .xml that goes with them",
    ".safetensors": "weights without their graph; give the Hugging Face folder with its config.json, or a factory: "
    "FILE.py:FUNCTION",
    ".json": "not a model that OpenVINO reads; save a Paddle program as .pdmodel (FLAGS_enable_pir_api=0), or convert "
    "it with paddle2onnx",
    ".pdiparams": "the parameters of a Paddle program; give the .pdmodel that goes with them",
    ".h5": "Keras's own format; write a SavedModel with `model.export(FOLDER)`, and give that folder",
    ".keras": "Keras's own format; write a SavedModel with `model.export(FOLDER)`, and give that folder",
    ".ckpt": "a training checkpoint; export the model to .pt2 with torch.export.save, or to .onnx",
    ".pkl": "a pickle is no model format; export the model to .onnx",
    ".py": "a file of code; name the function in it that makes the model: FILE.py:FUNCTION",
}


def locate(path: str | Path) -> Path:
    """The model that `path` means: a file, the one model of a folder, a folder that is a model as a whole, or a
    function that makes one (`FILE.py:FUNCTION@WEIGHTS`, as it is). `hf:ORG/NAME` is fetched from the hub first. Raises
    ModelError where there is no one model, or a part of it is missing or damaged."""
    if str(path).startswith(PREFIX):
        return locate(fetch(str(path)))
    if str(path).startswith(IN_MEMORY):
        raise ModelError(f"{path}: was a model in memory; write it with openvino.save_model, and give the file")
    if reference := FactoryReference.of(path):
        for part in parts(Path(path)):
            if not check_path(part, ModelError).is_file():
                raise ModelError(f"{reference}: there is no file {part}")
        return Path(path)
    path = check_path(Path(path), ModelError)
    file = _in_folder(path) if path.is_dir() else _file(path)
    check(file)
    return file


def describe(path: str | Path) -> ModelFile:
    """Path, content hash and size of a model, with all files that belong to it. Raises ModelError as `locate` does."""
    return describe_located(locate(path), str(path))


def describe_located(location: Path, said: str) -> ModelFile:
    """The same of what `locate` found: SHA-256 over the content of all files, one behind the other."""
    files, digest = parts(location), hashlib.sha256()
    for file in files:
        with file.open("rb") as stream:
            hashlib.file_digest(stream, lambda: digest)
    return ModelFile(path=said, sha256=digest.hexdigest(), size_bytes=sum(file.stat().st_size for file in files))


def _file(path: Path) -> Path:
    if not path.exists():
        raise ModelError(f"{path}: no such model file")
    if path.name == "saved_model.pb":
        return path.parent
    suffix = path.suffix.lower()
    if suffix in INSTEAD:
        raise ModelError(f"{path}: {INSTEAD[suffix]}")
    if suffix not in FORMATS:
        raise ModelError(f"{path}: unknown model format {path.suffix!r}; ovopt reads {READS}")
    if SPLIT.fullmatch(path.name):
        raise ModelError(f"{path}: one part of a model in several; join them with `llama-gguf-split --merge`")
    return path


def _in_folder(folder: Path) -> Path:
    for name in IN_FOLDERS:
        if (folder / name).is_file():
            return folder / name
    if (folder / "saved_model.pb").is_file() or is_hugging_face(folder):
        return folder
    found = sorted(path for path in folder.iterdir() if path.suffix.lower() in FORMATS and path.is_file())
    if len(found) == 1:
        return found[0]
    if found:
        raise ModelError(f"{folder}: holds several models; give one: {', '.join(path.name for path in found)}")
    other = next((path for path in sorted(folder.iterdir()) if path.suffix.lower() == ".pdiparams"), None)
    if other:
        program = other.with_suffix(".json")  # its message tells more than that of the parameters
        return _file(program if program.is_file() else other)
    raise ModelError(f"{folder}: a folder without a model; ovopt reads {READS}")
