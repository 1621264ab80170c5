"""Temporary folders that do not outlive their run."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from ovopt.scratch import PREFIX, scratch_folder

HOLD = """
import sys, time
from ovopt.scratch import scratch_folder
with scratch_folder() as folder:
    (folder / "content").write_text("x")
    print(folder, flush=True)
    time.sleep(600)
"""


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


def test_it_is_empty_and_gone_behind_the_block(temporary: Path) -> None:
    with scratch_folder() as one, scratch_folder() as other:
        assert one != other
        assert list(one.iterdir()) == list(other.iterdir()) == []
        (one / "folder").mkdir()
    assert list(temporary.iterdir()) == []


def test_what_a_killed_run_left_is_removed_by_the_next_and_what_one_holds_is_not(temporary: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLD], stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        try:
            held = Path(run.stdout.readline().strip())
            with scratch_folder():
                assert (held / "content").is_file()
        finally:
            run.kill()
    assert (held / "content").is_file()
    with scratch_folder():
        assert not held.exists()


@pytest.mark.parametrize(
    "make",
    [
        lambda place: place.with_name("ovopt-results").mkdir(),
        lambda place: place.write_text("x"),
        lambda place: (place.with_name("elsewhere").mkdir(), place.symlink_to("elsewhere")),
    ],
    ids=["another name", "a file", "a link to a folder"],
)
def test_what_is_none_of_these_folders_stays(temporary: Path, make: Callable[[Path], object]) -> None:
    make(temporary / f"{PREFIX}abc")
    before = sorted(temporary.iterdir())
    with scratch_folder():
        pass
    assert sorted(temporary.iterdir()) == before
    assert all(path.exists() for path in before)
