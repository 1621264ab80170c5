"""Reading a model from any file that ovopt knows; what OpenVINO's core does not read is converted in Python."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ovopt.errors import ModelError
from ovopt.model.files.factory import FactoryReference
from ovopt.model.files.integrity import ARCHIVES, is_hugging_face
from ovopt.model.files.locate import locate
from ovopt.model.native import core, reason, silent_stderr
from ovopt.model.ports.shapes import Shapes, reshape
from ovopt.model.unknown_operations import unknown_operations

if TYPE_CHECKING:
    import openvino

GGUF = ".gguf"
NO_TEXT = "names in it are no UTF-8 text; export or copy it again"


def needs_conversion(file: Path) -> bool:
    """True where `locate` found a format of PyTorch, transformers or llama.cpp."""
    if FactoryReference.of(file) or file.suffix.lower() in (*ARCHIVES, GGUF):
        return True
    return file.is_dir() and not (file / "saved_model.pb").is_file() and is_hugging_face(file)


def converted(file: Path, shapes: Shapes, trust: bool) -> openvino.Model:
    """The converted model, which is made anew in every call. Raises ModelError where it cannot be converted."""
    from ovopt.model.files.gguf import convert_gguf
    from ovopt.model.files.huggingface import convert_folder
    from ovopt.model.files.pytorch import convert_factory, convert_file

    if reference := FactoryReference.of(file):
        return convert_factory(reference, shapes, trust)
    if file.suffix.lower() == GGUF:
        return convert_gguf(file)
    return convert_folder(file, trust) if file.is_dir() else convert_file(file, shapes, trust)


def read_model(path: str | Path, shapes: Shapes | None = None, trust: bool = False) -> openvino.Model:
    """The model at `path` (whatever `locate` takes), its inputs fixed to `shapes` where given.

    Nothing that could run code of the model's is read without `trust`: pickled modules, factories, code in a Hugging
    Face folder. Raises ModelError where it cannot be read, or take the shapes.
    """
    file = locate(path)
    model = converted(file, shapes or {}, trust) if needs_conversion(file) else read_located(file)
    if shapes:
        reshape(model, shapes, str(file))
    return model


def read_located(file: Path) -> openvino.Model:
    """The model of what `locate` found, in a format that OpenVINO reads itself. Raises ModelError where it cannot."""
    try:
        with silent_stderr():
            return core().read_model(file)
    except UnicodeDecodeError:  # a name in OpenVINO's message
        raise ModelError(f"{file}: {NO_TEXT}") from None
    except RuntimeError as error:
        if unknown := unknown_operations(str(error)):
            raise ModelError(f"{file}: {unknown}") from None
        said = reason(error)
        if said.startswith("Unable to read the model"):  # and a list of OpenVINO's readers, which would not help
            said = "it is damaged, or not what its suffix says"
        raise ModelError(f"{file}: OpenVINO cannot read it: {said}; export or copy it again") from None
