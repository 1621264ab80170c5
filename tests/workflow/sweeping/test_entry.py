"""An entry of a sweep, found done or done again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ovopt.errors import OutputError, RecipeError
from ovopt.suite import Entry
from ovopt.workflow.beginning.options import Options
from ovopt.workflow.sweeping import entry as module
from ovopt.workflow.sweeping import sweep as sweep_module
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


@pytest.mark.parametrize(
    ("steps", "recipe", "searches"),
    [
        ("quantize", "[]", False),
        ("quantize", "[{compress: {max_drop: 0.1}}, quantize]", False),
        ("quantize", "[{quantize: {max_drop: 0.0}}]", True),
        ("optimize", "[{compress: {max_drop: 0.1}}, quantize]", True),
        ("optimize", "[quantize]", False),
    ],
)
def test_seconds_for_a_search_are_given_where_there_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, steps: str, recipe: str, searches: bool
) -> None:
    facts = {"name": "tiny", "model": str(write_ir(tmp_path / "tiny.xml")), "steps": steps}
    data = str(write_data(tmp_path / "data.npz"))
    entry = Entry(**facts, data=data, recipe="classification", set=[f"optimize={recipe}"])
    work = EntryWork.begin(entry, tmp_path / "swept" / "tiny", Effort(search_budget_s=7), Options())
    given: list[float | None] = []
    monkeypatch.setattr(module, steps, lambda *_, time_budget_s, **__: given.append(time_budget_s))
    work._make()
    assert given == [7 if searches else None]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (MemoryError(), "out of memory: allow more, for example with `ulimit -v unlimited`, or end other programs"),
        (ValueError("x"), "internal error: ValueError: x"),
    ],
)
def test_a_model_that_breaks_the_run_costs_its_row_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, said: str
) -> None:
    def breaks(*_: object) -> None:
        raise error

    monkeypatch.setattr(EntryWork, "begin", breaks)
    entry = Entry(name="tiny", model="tiny.xml", recipe="classification", steps="quantize")
    row = sweep_module._Run(tmp_path, Effort(), Options()).row(entry, keep=False)
    assert (row.state, row.said) == ("failed", said)
