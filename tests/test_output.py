"""Outputs are whole or absent."""

import errno
import os
import tempfile

import pytest

from ovopt.errors import OutputError
from ovopt.output import new_file, new_folder
from tests.factories import exactly

MARK = "ovopt.json"
TEXT_MARK = "ovopt.comparison/"


def contents(folder):
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def write_bundle(target, text="new", force=False):
    with new_folder(target, force, MARK) as folder:
        (folder / MARK).write_text(text)


def write_file(target, text="new", force=False):
    with new_file(target, force, TEXT_MARK) as file:
        file.write_text(text)


writers = pytest.mark.parametrize("write", [write_bundle, write_file])
openers = pytest.mark.parametrize(
    "opened", [lambda target: new_folder(target, False, MARK), lambda target: new_file(target, False, TEXT_MARK)]
)


def test_a_folder_appears_with_all_that_was_written(tmp_path):
    with new_folder(tmp_path / "out", False, MARK) as folder:
        (folder / "a").write_text("1")
        (folder / "deep").mkdir()
        (folder / "deep" / "b").write_text("2")
        assert not (tmp_path / "out").exists(), "not before it is whole"
    assert contents(tmp_path) == {"out/a": "1", "out/deep/b": "2"}


def test_a_file_appears_with_all_that_was_written(tmp_path):
    with new_file(tmp_path / "out.json", False, TEXT_MARK) as file:
        file.write_text("{}")
        assert not (tmp_path / "out.json").exists(), "not before it is whole"
    assert contents(tmp_path) == {"out.json": "{}"}


@openers
@pytest.mark.parametrize("fault", [ValueError, KeyboardInterrupt])
def test_an_interrupted_output_leaves_nothing_not_even_the_parents_it_made(tmp_path, opened, fault):
    def write():
        with opened(tmp_path / "a" / "b" / "out"):
            raise fault

    with pytest.raises(fault):
        write()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("fault", [ValueError, KeyboardInterrupt])
def test_an_interrupted_replacement_leaves_the_old_one(tmp_path, fault):
    def write():
        with new_folder(tmp_path / "out", True, MARK) as folder:
            (folder / MARK).write_text("new")
            raise fault

    write_bundle(tmp_path / "out", "old")
    with pytest.raises(fault):
        write()
    assert contents(tmp_path) == {f"out/{MARK}": "old"}
    assert [path.name for path in tmp_path.iterdir()] == ["out"], "no scratch is left"


@writers
def test_missing_parents_are_created(tmp_path, write):
    write(tmp_path / "a" / "b" / "out")
    assert [path.name for path in (tmp_path / "a" / "b").iterdir()] == ["out"]


@writers
def test_parents_that_were_there_stay(tmp_path, write):
    (tmp_path / "a").mkdir()

    def fail():
        with new_folder(tmp_path / "a" / "out", False, MARK):
            raise ValueError("on purpose")

    with pytest.raises(ValueError, match="on purpose"):
        fail()
    assert (tmp_path / "a").is_dir()
    write(tmp_path / "a" / "out")


@writers
def test_an_existing_output_is_kept_without_force(tmp_path, write):
    target = tmp_path / "out"
    write(target, "old")
    message = f"{target}: exists already; choose another -o/--output, or --force to replace it"
    with pytest.raises(OutputError, match=exactly(message)):
        write(target)
    assert set(contents(tmp_path).values()) == {"old"}


@writers
def test_force_replaces_what_ovopt_wrote(tmp_path, write):
    write(tmp_path / "out", f"old {TEXT_MARK}")
    write(tmp_path / "out", "new", force=True)
    assert set(contents(tmp_path).values()) == {"new"}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_force_replaces_no_file_that_ovopt_did_not_write(tmp_path):
    (tmp_path / "model.onnx").write_text("weights")
    message = f"{tmp_path / 'model.onnx'}: not a file that ovopt wrote, so --force does not replace it"
    with pytest.raises(OutputError, match=exactly(message)):
        write_file(tmp_path / "model.onnx", force=True)
    assert contents(tmp_path) == {"model.onnx": "weights"}


def test_force_fills_an_empty_folder(tmp_path):
    (tmp_path / "out").mkdir()
    write_bundle(tmp_path / "out", force=True)
    assert contents(tmp_path) == {f"out/{MARK}": "new"}


def test_force_does_not_replace_a_folder_that_is_no_bundle(tmp_path):
    target = tmp_path / "photos"
    target.mkdir()
    (target / "cat.jpg").write_text("cat")
    message = f"{target}: not an ovopt bundle (no {MARK} in it), so --force does not replace it"
    with pytest.raises(OutputError, match=exactly(message)):
        write_bundle(target, force=True)
    assert contents(target) == {"cat.jpg": "cat"}


def test_force_does_not_replace_a_file_by_a_bundle(tmp_path):
    target = tmp_path / "model.onnx"
    target.write_text("precious")
    with pytest.raises(OutputError, match=r"model\.onnx: "):
        write_bundle(target, force=True)
    assert target.read_text() == "precious"


def test_force_does_not_replace_a_folder_by_a_file(tmp_path):
    write_bundle(tmp_path / "out")
    with pytest.raises(OutputError, match=exactly(f"{tmp_path / 'out'}: is a folder; name a file")):
        write_file(tmp_path / "out", force=True)
    assert contents(tmp_path) == {f"out/{MARK}": "new"}


@writers
def test_a_parent_that_is_a_file_is_an_error(tmp_path, write):
    (tmp_path / "file").write_text("")
    target = tmp_path / "file" / "out"
    with pytest.raises(
        OutputError,
        match=exactly(f"{target}: cannot be written: {os.strerror(errno.ENOTDIR)}; choose another -o/--output"),
    ):
        write(target)


@writers
def test_a_parent_that_cannot_be_written_is_an_error_and_leaves_nothing(tmp_path, monkeypatch, write):
    def refuse(**_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(tempfile, "mkdtemp", refuse)
    target = tmp_path / "a" / "out"
    message = f"{target}: cannot be written: Permission denied; choose another -o/--output"
    with pytest.raises(OutputError, match=exactly(message)):
        write(target)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("writes", [new_folder, new_file])
def test_a_disk_that_is_full_is_told_with_the_place_that_was_asked_for(tmp_path, writes):
    advice = "make room there, or choose another -o/--output"
    message = f"{tmp_path / 'out'}: cannot be written: No space left on device; {advice}"
    with pytest.raises(OutputError, match=exactly(message)), writes(tmp_path / "out", False, "mark") as scratch:
        raise OSError(errno.ENOSPC, "No space left on device", str(scratch / "model.bin"))
    with pytest.raises(OutputError, match=exactly(message)), writes(tmp_path / "out", False, "mark"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert list(tmp_path.iterdir()) == []


def test_a_fault_of_another_place_is_not_said_to_be_the_outputs(tmp_path):
    with pytest.raises(OSError, match="elsewhere"), new_folder(tmp_path / "out", False, "mark"):
        raise OSError(errno.ENOSPC, "No space left on device", "/elsewhere/samples")
