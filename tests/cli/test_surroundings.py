"""The system around a run."""

from __future__ import annotations

import errno
import io
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from ovopt.cli import surroundings
from ovopt.cli.surroundings import check_words, refusal, show_any_text
from ovopt.errors import UsageError
from tests.cli import run
from tests.factories import exactly

FULL = OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize(
    ("encoding", "seen"),
    [
        ("ascii", "a2 sqrt2 +-3 % um #-* ... ? e"),
        ("latin-1", "a² sqrt2 ±3 % µm #-* ... ? é"),
        ("utf-8", "a² √2 ±3 % µm █─▆ … 📏 é"),
    ],
)
def test_a_terminal_shows_what_its_encoding_lacks_by_what_is_like_it(
    monkeypatch: pytest.MonkeyPatch, encoding: str, seen: str
) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding))
    show_any_text()
    print("a² √2 ±3 % µm █─▆ … 📏 é", end="", flush=True)
    assert raw.getvalue().decode(encoding) == seen


def test_a_name_that_is_no_text_is_refused_at_the_start() -> None:
    check_words(["größe.onnx", "-o", "out"])
    message = (
        "b\\xfcse.onnx: is no text in utf-8, the encoding of this process; "
        "rename it, or set LC_ALL=C.UTF-8 where it is UTF-8"
    )
    with pytest.raises(UsageError, match=exactly(message)):
        check_words(["compare", os.fsdecode(b"b\xfcse.onnx")])


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.EACCES, "Permission denied", "m"), "m: Permission denied; give yourself the right to it"),
        (OSError(errno.ENOSPC, "No space left on device", "a/b"), "a/b: No space left on device; make room there"),
        (OSError(errno.ENOENT, "No such file or directory", "a/b"), "a/b: No such file or directory"),
        (OSError(errno.EIO, "Input/output error"), "Input/output error"),
        (OSError("of a library"), "of a library"),
    ],
)
def test_what_the_system_refuses_is_told_with_its_place(error: OSError, said: str) -> None:
    assert refusal(error) == said


def test_a_full_temporary_folder_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(surroundings, "_prints", lambda: True)
    monkeypatch.setattr(surroundings, "_is_full", lambda: True)
    assert refusal(FULL) == (
        f"temporary files in {tempfile.gettempdir()}: No space left on device; make room there, or let TMPDIR name a "
        "folder with more"
    )
    monkeypatch.setattr(surroundings, "_is_full", lambda: False)
    assert refusal(FULL) == "No space left on device"


def test_no_temporary_folder_at_all_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "_candidate_tempdir_list", lambda: ["/proc/none"])
    with pytest.raises(FileNotFoundError) as found:
        tempfile.gettempdir()
    assert refusal(found.value) == (
        "temporary files: No usable temporary directory found in ['/proc/none']; let TMPDIR name a folder that can be "
        "written"
    )


def test_standard_output_that_takes_nothing_is_told(tmp_path: Path) -> None:
    told = "error: standard output: No space left on device; make room there\n"
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            run.command("--version"), cwd=tmp_path, env=run.user_environment(), stdout=full, stderr=subprocess.PIPE,
            text=True, check=False,
        )  # fmt: skip
    assert (done.returncode, done.stderr) == (1, told)


def test_a_folder_that_is_gone_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with pytest.raises(FileNotFoundError) as found:
        check_words([])
    told = refusal(found.value)
    monkeypatch.chdir(tmp_path)
    assert told == "the current folder: No such file or directory; it was removed: change into another"
