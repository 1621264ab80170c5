"""What the system refuses a run, in words."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path

import pytest

from ovopt.workflow.beginning import refused as module
from ovopt.workflow.beginning.refused import refusal, refused

FULL = OSError(errno.ENOSPC, "No space left on device")


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
    monkeypatch.setattr(module, "_prints", lambda: True)
    monkeypatch.setattr(module, "_is_full", lambda: True)
    assert refusal(FULL) == (
        f"temporary files in {tempfile.gettempdir()}: No space left on device; make room there, or let TMPDIR name a "
        "folder with more"
    )
    monkeypatch.setattr(module, "_is_full", lambda: False)
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


def test_a_folder_that_is_gone_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with pytest.raises(FileNotFoundError) as found:
        os.getcwd()
    told = refusal(found.value)
    monkeypatch.chdir(tmp_path)
    assert told == "the current folder: No such file or directory; it was removed: change into another"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.EIO, "Input/output error"), "Input/output error"),
        (MemoryError(), "out of memory: allow more, for example with `ulimit -v unlimited`, or end other programs"),
        (ValueError("x"), None),
    ],
)
def test_errors_of_the_system_are_told_from_others(error: Exception, said: str | None) -> None:
    assert refused(error) == said
