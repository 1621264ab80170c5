"""What a search has tried, on disk."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ovopt.errors import OutputError
from ovopt.records.search import Trial
from ovopt.workflow.searching.journal import Journal
from tests.factories import OLDER, exactly
from tests.limits import files_of_at_most
from tests.workflow.searching.test_search import trial


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "int8.search.jsonl"


TRIALS = [trial("recipe"), trial("mixed", speedup=None, state="open"), trial("recipe", reverted=("second", "first"))]


def filled(file: Path, trials: list[Trial] = TRIALS) -> list[str]:
    journal = Journal(file, "subject", resume=False)
    for one in trials:
        journal.add(one)
    return file.read_text(encoding="utf-8").splitlines()


def test_a_line_says_what_is_searched_and_one_each_what_was_tried(file: Path) -> None:
    first, *rest = filled(file)
    assert json.loads(first) == {"schema": "ovopt.search/2", "subject": "subject"}
    assert [Trial.model_validate_json(line) for line in rest] == TRIALS


def test_trials_are_found_at_once(file: Path) -> None:
    journal = Journal(file, "subject", resume=False)
    assert journal.find("recipe", ()) is None
    journal.add(TRIALS[0])
    assert journal.find("recipe", ()) == TRIALS[0]
    assert journal.find("recipe", ("first",)) is None


def test_a_resumed_search_knows_what_was_tried(file: Path) -> None:
    filled(file)
    journal = Journal(file, "subject", resume=True)
    for one in TRIALS:
        assert journal.find(one.name, one.reverted) == one
    assert journal.find("performance", ()) is None


def test_the_order_of_reverted_operations_does_not_matter(file: Path) -> None:
    filled(file)
    assert Journal(file, "subject", resume=True).find("recipe", ("first", "second")) == TRIALS[2]


def test_names_and_operations_are_not_confused(file: Path) -> None:
    journal = Journal(file, "subject", resume=False)
    journal.add(trial("a", reverted=("b", "c")))
    assert journal.find("a", ("b,c",)) is None
    assert journal.find("a", ('b", "c',)) is None
    assert journal.find("a", ("b",)) is None


def test_without_resume_it_begins_anew(file: Path) -> None:
    filled(file)
    journal = Journal(file, "other", resume=False)
    assert journal.find("recipe", ()) is None
    assert file.read_text(encoding="utf-8").splitlines() == [
        json.dumps({"schema": "ovopt.search/2", "subject": "other"})
    ]


def test_there_may_be_nothing_to_resume(tmp_path: Path) -> None:
    file = tmp_path / "new" / "folder" / "int8.search.jsonl"
    Journal(file, "subject", resume=True).add(TRIALS[0])
    assert Journal(file, "subject", resume=True).find("recipe", ()) == TRIALS[0]


def test_a_journal_of_something_else_is_refused_and_left_alone(file: Path) -> None:
    filled(file)
    before = file.read_bytes()
    said = f"{file}: of another model, data, recipe or budget; leave --resume out"
    with pytest.raises(OutputError, match=exactly(said)):
        Journal(file, "other", resume=True)
    assert file.read_bytes() == before


def test_a_journal_of_the_first_format_is_refused_with_what_to_do(file: Path) -> None:
    before = (OLDER / "search-1.jsonl").read_bytes()
    file.write_bytes(before)
    said = f"{file}: made by another version of ovopt; leave --resume out to begin anew"
    with pytest.raises(OutputError, match=exactly(said)):
        Journal(file, json.loads(before.splitlines()[0])["subject"], resume=True)
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    "content",
    [b"", b"\n", b"nonsense\n", b"\xff\xfe\x00", b"[1, 2]\n", b'{"subject": "subj'],
    ids=["empty", "blank", "text", "bytes", "other JSON", "torn"],
)
def test_what_is_no_journal_is_refused(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(OutputError, match=r": of another model, data, recipe or budget; leave --resume out\Z"):
        Journal(file, "subject", resume=True)
    assert file.read_bytes() == content


def test_a_search_that_was_killed_while_it_wrote_loses_that_line_only(file: Path) -> None:
    filled(file)
    whole = file.read_bytes()
    last = len(whole.splitlines(keepends=True)[-1])
    for cut in range(1, last):
        file.write_bytes(whole[:-cut])
        journal = Journal(file, "subject", resume=True)
        assert journal.find("mixed", ()) == TRIALS[1]
        assert journal.find("recipe", ("first", "second")) in ((None, TRIALS[2]) if cut == 1 else (None,))


@pytest.mark.parametrize("cut", [1, 2, 20])
def test_after_a_torn_line_it_goes_on_and_can_be_resumed_again(file: Path, cut: int) -> None:
    filled(file)
    file.write_bytes(file.read_bytes()[:-cut])
    later = trial("performance")
    Journal(file, "subject", resume=True).add(later)
    again = Journal(file, "subject", resume=True)
    assert again.find("performance", ()) == later
    assert again.find("mixed", ()) == TRIALS[1]


@pytest.mark.parametrize("name", ["größe/Ж/层", "a\u2028b\x85c", 'q"uo\\te', "two\nlines"])
def test_operations_may_have_any_name(file: Path, name: str) -> None:
    filled(file, [trial(reverted=(name,)), trial("after")])
    journal = Journal(file, "subject", resume=True)
    assert journal.find("one", (name,)) is not None
    assert journal.find("after", ()) is not None


def test_a_character_that_was_torn_is_no_more_than_a_torn_line(file: Path) -> None:
    filled(file, [trial("first"), trial("last", reverted=("größe",))])
    content = file.read_bytes()
    file.write_bytes(content[: content.index("ö".encode()) + 1])
    journal = Journal(file, "subject", resume=True)
    assert journal.find("first", ()) is not None
    assert journal.find("last", ("größe",)) is None


@pytest.mark.parametrize("resume", [False, True])
def test_a_place_that_cannot_be_written_is_said(tmp_path: Path, resume: bool) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match=r"/file/int8\.search\.jsonl: cannot be "):
        Journal(tmp_path / "file" / "int8.search.jsonl", "subject", resume)


@pytest.mark.parametrize("resume", [False, True])
def test_a_folder_of_that_name_is_an_error_too(file: Path, resume: bool) -> None:
    file.mkdir()
    with pytest.raises(OutputError, match=r"int8\.search\.jsonl: cannot be "):
        Journal(file, "subject", resume)


def test_nothing_but_the_journal_is_left_in_its_folder(file: Path) -> None:
    filled(file)
    Journal(file, "subject", resume=True)
    assert list(file.parent.iterdir()) == [file]


def test_a_disk_that_is_full_is_told_with_what_to_do(file: Path) -> None:
    journal = Journal(file, "subject", resume=False)
    with (
        files_of_at_most(file.stat().st_size),
        pytest.raises(
            OutputError,
            match=exactly(f"{file}: cannot be written: File too large; make room there, and --resume goes on"),
        ),
    ):
        journal.add(TRIALS[0])
    assert Journal(file, "subject", resume=True).find("recipe", ()) is None
