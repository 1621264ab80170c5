"""Which models can be trained, told before any of them is read: PyTorch itself is not needed for that."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from ovopt.errors import ModelError
from ovopt.model.files.trainable import EXPORT_HINT, check_trainable
from tests.cli.run import write_ir, write_onnx
from tests.factories import exactly

NO_MODULE = (
    f"holds no PyTorch module that could be trained; {EXPORT_HINT}; or leave training out: `ovopt prune` without "
    "--fine-tune needs no framework"
)


def archive(file: Path, *names: str) -> Path:
    """What PyTorch would have written, by the names in it."""
    with zipfile.ZipFile(file, "w") as made:
        for name in names:
            made.writestr(f"m/{name}", "")
    return file


def test_what_pytorch_has_not_made_is_refused(tmp_path: Path) -> None:
    for file in (write_ir(tmp_path / "m.xml"), write_onnx(tmp_path / "m.onnx")):
        with pytest.raises(ModelError, match=exactly(f"{file}: {NO_MODULE}")):
            check_trainable(file)


def test_a_bundle_is_refused(tmp_path: Path) -> None:
    write_ir(tmp_path / "model.xml")
    with pytest.raises(ModelError, match=exactly(f"{tmp_path}: {NO_MODULE}")):
        check_trainable(tmp_path)


def test_a_folder_of_transformers_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    (tmp_path / "model.safetensors").write_bytes((2).to_bytes(8, "little") + b"{}")  # of no tensors
    message = f"{tmp_path}: training takes a module of your own making, not a folder; {EXPORT_HINT}"
    with pytest.raises(ModelError, match=exactly(message)):
        check_trainable(tmp_path)


def test_torchscript_is_refused(tmp_path: Path) -> None:
    file = archive(tmp_path / "m.pt", "constants.pkl", "data.pkl")
    message = f"{file}: TorchScript cannot be trained, NNCF does not see its operations; {EXPORT_HINT}"
    with pytest.raises(ModelError, match=exactly(message)):
        check_trainable(file)


@pytest.mark.parametrize("name", ["archive_format", "data.pkl"], ids=["program", "module"])
def test_programs_and_modules_are_taken(tmp_path: Path, name: str) -> None:
    check_trainable(archive(tmp_path / "m.pt", name))


def test_a_function_is_taken_and_not_run(tmp_path: Path) -> None:
    (tmp_path / "make.py").write_text("1 / 0")
    check_trainable(f"{tmp_path / 'make.py'}:make")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no such"):
        check_trainable(tmp_path / "m.pt2")
