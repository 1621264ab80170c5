"""An entry of a sweep, found done or done again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ovopt.errors import OutputError, RecipeError
from ovopt.suite import Entry
from ovopt.workflow.beginning.options import Options
from ovopt.workflow.sweeping.entry import MARK, Effort, EntryWork, failed
from tests.cli.run import write_data, write_ir
from tests.factories import OLDER, exactly


@pytest.fixture
def work(tmp_path: Path) -> EntryWork:
    facts = {"name": "tiny", "model": str(write_ir(tmp_path / "tiny.xml")), "steps": "simplify"}
    entry = Entry(**facts, data=str(write_data(tmp_path / "data.npz")), recipe="classification")
    return EntryWork.begin(entry, tmp_path / "swept" / "tiny", Effort(), Options())


def test_what_the_last_run_kept_is_found_again(work: EntryWork) -> None:
    assert work.found(keep=True) is None
    row = failed(work.entry, "no")
    work.mark(row)
    assert work.found(keep=True) == row
    assert work.found(keep=False) is None
    assert list(work.folder.iterdir()) == [work.folder / MARK]


def test_what_an_older_version_made_is_made_again(work: EntryWork) -> None:
    work.folder.mkdir(parents=True)
    older = json.loads((OLDER / "entry-1.json").read_text())
    (work.folder / MARK).write_text(json.dumps({**older, "key": work.key}))
    assert work.found(keep=True) is None
    assert json.loads((work.folder / MARK).read_text()) == {"schema": "ovopt.entry/2", "key": work.key, "row": None}


def test_a_folder_that_is_none_of_a_sweep_is_left_alone(work: EntryWork) -> None:
    work.folder.mkdir(parents=True)
    (work.folder / "precious").write_text("")
    message = f"{work.folder}: not an entry of a sweep (no entry.json in it); move it away"
    with pytest.raises(OutputError, match=exactly(message)):
        work.found(keep=True)
    assert (work.folder / "precious").exists()


@pytest.mark.parametrize("text", ["runtime.properties.CACHE_DIR=x", "runtime={properties: {CACHE_DIR: x}}"])
def test_a_suite_may_not_choose_a_place_on_disk(tmp_path: Path, text: str) -> None:
    facts = {"name": "tiny", "model": str(write_ir(tmp_path / "tiny.xml")), "steps": "simplify", "set": [text]}
    entry = Entry(**facts, data=str(write_data(tmp_path / "data.npz")), recipe="classification")
    message = "tiny: set: CACHE_DIR: names a place on disk, which a suite may not choose"
    with pytest.raises(RecipeError, match=exactly(message)):
        EntryWork.begin(entry, tmp_path / "swept" / "tiny", Effort(), Options())
