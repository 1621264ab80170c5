"""Outputs are whole or absent."""

import errno
import os
import socket
import stat
from pathlib import Path

import pytest

from ovopt import claim
from ovopt.errors import OutputError
from ovopt.output import claimed_folder, new_file, new_folder, write_text
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
    write(target, f"old {TEXT_MARK}")
    message = f"{target}: exists already; choose another -o/--output, or --force to replace it"
    with pytest.raises(OutputError, match=exactly(message)):
        write(target)
    assert set(contents(tmp_path).values()) == {f"old {TEXT_MARK}"}


@writers
def test_force_replaces_what_ovopt_wrote(tmp_path, write):
    write(tmp_path / "out", f"old {TEXT_MARK}")
    write(tmp_path / "out", "new", force=True)
    assert set(contents(tmp_path).values()) == {"new"}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("force", [True, False])
def test_a_file_that_ovopt_did_not_write_is_not_replaced_and_no_force_is_advised(tmp_path, force):
    (tmp_path / "model.onnx").write_text("weights")
    message = f"{tmp_path / 'model.onnx'}: not a file that ovopt wrote, so --force does not replace it"
    with pytest.raises(OutputError, match=exactly(message)):
        write_file(tmp_path / "model.onnx", force=force)
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
    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(claim, "_open_lock", refuse)
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
    assert list(tmp_path.iterdir()) == []


def test_a_fault_of_another_place_is_not_said_to_be_the_outputs(tmp_path):
    with pytest.raises(OSError, match="elsewhere"), new_folder(tmp_path / "out", False, "mark"):
        raise OSError(errno.ENOSPC, "No space left on device", "/elsewhere/samples")
    with pytest.raises(OSError, match="No space"), new_folder(tmp_path / "out", False, "mark"):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_write_without_room_names_its_file():
    with pytest.raises(OSError, match=r"\[Errno 28\] No space left on device: '/dev/full'"):
        write_text(Path("/dev/full"), "content")


def test_a_device_takes_the_content_and_stays(tmp_path):
    link = tmp_path / "null"
    link.symlink_to("/dev/null")
    with new_file(link, False, TEXT_MARK) as file:
        file.write_text("content")
    assert (link.readlink(), stat.S_ISCHR(link.stat().st_mode)) == (Path("/dev/null"), True)
    assert list(tmp_path.iterdir()) == [link]


def test_a_device_that_takes_nothing_is_an_error_and_stays(tmp_path):
    message = "/dev/full: cannot be written: No space left on device; make room there, or choose another -o/--output"
    with pytest.raises(OutputError, match=exactly(message)), new_file(Path("/dev/full"), True, TEXT_MARK) as file:
        file.write_text("content")
    assert stat.S_ISCHR(Path("/dev/full").stat().st_mode)


def test_a_pipe_takes_the_content(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with os.fdopen(os.open(pipe, os.O_RDONLY | os.O_NONBLOCK), "rb") as reader:
        write_file(pipe, "content")
        assert reader.read() == b"content"
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_pipe_without_a_reader_is_an_error_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    told = "cannot be written: nobody reads this pipe yet; start its reader first, or choose another -o/--output"
    with pytest.raises(OutputError, match=exactly(f"{tmp_path / 'pipe'}: {told}")):
        write_file(tmp_path / "pipe")


def test_a_socket_is_an_error_and_stays(tmp_path):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s"))
        message = f"{tmp_path / 's'}: cannot be written: it is a socket; choose another -o/--output"
        with pytest.raises(OutputError, match=exactly(message)):
            write_file(tmp_path / "s", force=True)
        assert stat.S_ISSOCK((tmp_path / "s").stat().st_mode)


@pytest.mark.parametrize("folder", ["/dev/fd", "/proc/self/fd"])
def test_an_open_file_goes_on_where_it_is(tmp_path, folder):
    with (tmp_path / "said").open("w+") as stream:
        stream.write("before, ")
        stream.flush()
        (tmp_path / "link").symlink_to(f"{folder}/{stream.fileno()}")
        write_file(tmp_path / "link", "content")
        stream.seek(0, os.SEEK_END)
        stream.write(", behind")
    assert (tmp_path / "said").read_text() == "before, content, behind"


def test_a_bundle_is_not_written_over_a_device(tmp_path):
    with pytest.raises(OutputError, match=exactly("/dev/null: is a file; name a folder")):
        write_bundle(Path("/dev/null"), force=True)


def test_a_link_stays_and_what_it_leads_to_is_replaced(tmp_path):
    for name, write in (("bundle", write_bundle), ("file", write_file)):
        write(tmp_path / name, f"old {TEXT_MARK}")
        (tmp_path / f"to-{name}").symlink_to(name)
        write(tmp_path / f"to-{name}", "new", force=True)
        assert (tmp_path / f"to-{name}").readlink() == Path(name)
    (tmp_path / "to-nothing").symlink_to("later")
    write_file(tmp_path / "to-nothing")
    assert contents(tmp_path) == {
        f"bundle/{MARK}": "new", "file": "new", "to-file": "new", "later": "new", "to-nothing": "new",
    }  # fmt: skip


@writers
def test_links_in_a_ring_are_an_error(tmp_path, write):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    why = os.strerror(errno.ELOOP)
    message = f"{tmp_path / 'a'}: cannot be written: {why}; choose another -o/--output"
    with pytest.raises(OutputError, match=exactly(message)):
        write(tmp_path / "a")


@writers
def test_the_longest_name_is_written_and_a_longer_one_is_an_error(tmp_path, write):
    write(tmp_path / ("n" * 255))
    message = f"{tmp_path / ('n' * 256)}: cannot be written: File name too long; choose another -o/--output"
    with pytest.raises(OutputError, match=exactly(message)):
        write(tmp_path / ("n" * 256))
    assert [path.name for path in tmp_path.iterdir()] == ["n" * 255]


@writers
def test_of_two_runs_on_one_output_the_later_is_refused_at_its_start(tmp_path, write):
    target = tmp_path / "new" / "out"
    message = f"{target}: another run of ovopt is writing it; wait until that has ended, or choose another -o/--output"
    with (new_folder if write is write_bundle else new_file)(target, True, "") as first:
        with pytest.raises(OutputError, match=exactly(message)):
            write(target, force=True)
        (first / MARK if first.is_dir() else first).write_text("first")
    assert set(contents(tmp_path / "new").values()) == {"first"}


@pytest.mark.parametrize("exchanges", [True, False])
def test_a_claim_may_write_several_times(tmp_path, monkeypatch, exchanges):
    if not exchanges:
        monkeypatch.setattr("ovopt.claim._exchanged", lambda one, other: False)
    with claimed_folder(tmp_path / "out", False, MARK) as claimed:
        for text in ("one", "two", "three", "four"):
            with claimed.new() as folder:
                (folder / MARK).write_text(text)
            assert contents(tmp_path / "out") == {MARK: text}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_an_option_of_another_name_is_named(tmp_path):
    (tmp_path / "there.json").write_text("{}")
    message = f"{tmp_path / 'there.json'}: exists already; choose another --dump-config, or --force to replace it"
    with (
        pytest.raises(OutputError, match=exactly(message)),
        new_file(tmp_path / "there.json", False, "{", "--dump-config"),
    ):
        pass
