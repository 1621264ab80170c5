"""Comparisons kept in one file."""

import errno
import json
import os
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from ovopt.errors import OutputError, UsageError
from ovopt.records import Comparison
from ovopt.trend import machine_name
from ovopt.workflow.stored import history as module
from ovopt.workflow.stored.history import Added, History
from tests.factories import comparison, exactly

RUN = comparison({"int8": 0.55})


def on_day(day: int, run: Comparison = RUN, **more: Any) -> Comparison:
    return run.model_copy(update={"created": f"2026-01-{day:02}T00:00:00+00:00", **more})


def written(folder: Path, name: str, run: Comparison = RUN) -> Path:
    file = folder / name
    file.write_text(run.model_dump_json(by_alias=True))
    return file


@pytest.fixture
def store(tmp_path: Path) -> History:
    """Three days."""
    made = History(tmp_path / "history.sqlite")
    made.add([written(tmp_path, f"{day}.json", on_day(day)) for day in (1, 2, 3)])
    return made


def test_a_comparison_comes_back_as_it_was_added(store: History) -> None:
    assert store.comparison(2) == on_day(2)


def test_entries_are_listed_in_the_order_of_time(tmp_path: Path, store: History) -> None:
    store.remove([2])
    store.add([tmp_path / "2.json"])
    assert [run.id for run in store.runs()] == [1, 4, 3]
    assert {run.original for run in store.runs()} == {"original/model.xml"}


def test_adding_again_changes_nothing(tmp_path: Path, store: History) -> None:
    before = store.path.read_bytes()
    (added,) = store.add([tmp_path / "2.json"])
    assert (added.run, added.new) == (2, False)
    assert len(store.runs()) == 3
    assert len(store.path.read_bytes()) == len(before)


def test_one_file_named_twice_is_one_entry(tmp_path: Path) -> None:
    store = History(tmp_path / "h.sqlite")
    file = written(tmp_path, "c.json")
    assert [(one.run, one.new) for one in store.add([file, file])] == [(1, True), (1, False)]


def test_the_same_measurement_under_other_budgets_is_the_same_entry(tmp_path: Path, store: History) -> None:
    recipe = {**RUN.recipe, "budgets": {"size": {"max_ratio": 1}}}
    judged = on_day(2, recipe=recipe, gate=RUN.gate.model_copy(update={"verdict": "pass"}))
    (added,) = store.add([written(tmp_path, "judged.json", judged)])
    assert (added.run, added.new) == (2, False)


def test_a_number_is_never_given_again(tmp_path: Path, store: History) -> None:
    store.remove([3])
    (added,) = store.add([tmp_path / "3.json"])
    assert (added.run, added.new) == (4, True)
    assert {point.run for point in store.points()} == {1, 2, 4}


def test_of_several_files_all_are_added_or_none(tmp_path: Path, store: History) -> None:
    (tmp_path / "broken.json").write_text("{")
    with pytest.raises(UsageError, match=r"broken\.json: not a comparison"):
        store.add([written(tmp_path, "9.json", on_day(9)), tmp_path / "broken.json"])
    assert len(store.runs()) == 3


def test_an_edited_comparison_is_not_added(tmp_path: Path, store: History) -> None:
    whole = json.loads(RUN.model_dump_json(by_alias=True))
    whole["arms"][0]["latency"]["p50_ms"] = 0.01
    (tmp_path / "edited.json").write_text(json.dumps(whole))
    with pytest.raises(UsageError, match=r"edited\.json: arms\.original\.latency\.p50_ms is 0\.01"):
        store.add([tmp_path / "edited.json"])


def test_an_interrupted_addition_leaves_nothing_half_written(
    tmp_path: Path, store: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(run: Comparison, entry: int) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "points_of", interrupted)
    with pytest.raises(KeyboardInterrupt):
        store.add([written(tmp_path, "9.json", on_day(9))])
    assert [run.id for run in store.runs()] == [1, 2, 3]
    with pytest.raises(KeyboardInterrupt):
        History(tmp_path / "new.sqlite").add([tmp_path / "9.json"])
    monkeypatch.undo()
    (added,) = History(tmp_path / "new.sqlite").add([tmp_path / "9.json"])
    assert (added.run, added.new) == (1, True)


def test_connections_that_add_at_once_lose_nothing(tmp_path: Path) -> None:
    files = [written(tmp_path, f"{day}.json", on_day(day)) for day in range(1, 5)]
    store = tmp_path / "h.sqlite"
    start = threading.Barrier(5)

    def add(file: Path) -> list[Added]:
        start.wait(60)
        return History(store).add([file])

    with ThreadPoolExecutor(5) as pool:
        added = [one for found in pool.map(add, [*files, files[0]]) for one in found]
    assert sorted(one.run for one in added if one.new) == [1, 2, 3, 4]
    runs = History(store).runs()
    assert [run.created[8:10] for run in runs] == ["01", "02", "03", "04"]
    assert {len(run.points) for run in runs} == {len(runs[0].points)}


# what is asked --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("figure", ["accuracy.top1", "top1"])
def test_a_metric_is_found_by_its_own_name_too(store: History, figure: str) -> None:
    assert {point.figure for point in store.points(figure)} == {"accuracy.top1"}


@pytest.mark.parametrize("model", ["int8", "int8/model", "000000"])
def test_a_model_is_found_by_arm_path_or_hash(store: History, model: str) -> None:
    found = store.points("size", model)
    assert len(found) == (6 if model == "000000" else 3)
    assert len(store.runs(model)) == 3


def test_what_is_not_there_is_answered_with_what_is(store: History) -> None:
    for asked, message in (
        (lambda: store.points("latency.p5"), "no figure 'latency.p5'; did you mean 'latency.p50'?"),
        (lambda: store.points(model="int9"), "no model 'int9'; did you mean 'int8'?"),
        (lambda: store.runs("int9"), "no model 'int9'; did you mean 'int8'?"),
        (lambda: store.comparison(9), "no entry 9; `ovopt history` lists them"),
        (lambda: store.remove([1, 9]), "no entry 9; `ovopt history` lists them"),
    ):
        with pytest.raises(UsageError, match=exactly(f"{store.path}: {message}")):
            asked()
    assert len(store.runs()) == 3, "nothing was removed"


def test_the_last_entry_of_an_original_on_this_machine(tmp_path: Path, store: History) -> None:
    elsewhere = RUN.machine.model_copy(update={"cores": 64})
    store.add([written(tmp_path, "e.json", on_day(9, machine=elsewhere))])
    assert store.last_of("original/model.xml", machine_name(RUN.machine)) == 3
    assert store.last_of("moved/model.xml", machine_name(elsewhere)) == 4
    assert store.last_of("model.xml", "a third machine") == 4
    message = f"{store.path}: no entry of resnet.xml; known: original/model.xml"
    with pytest.raises(UsageError, match=exactly(message)):
        store.last_of("resnet.xml", "any")


# broken stores --------------------------------------------------------------------------------------------------------


def test_a_history_that_does_not_exist_is_not_made_by_looking(tmp_path: Path) -> None:
    store = History(tmp_path / "none.sqlite")
    message = f"{store.path}: no such history; `ovopt history add FILE` begins one"
    for asked in (store.runs, lambda: store.comparison(1), lambda: store.remove([1])):
        with pytest.raises(UsageError, match=exactly(message)):
            asked()
    assert not store.path.exists()


def test_a_file_of_another_kind_is_refused_and_left_alone(tmp_path: Path, store: History) -> None:
    file = written(tmp_path, "c.json")
    before = file.read_bytes()
    message = (
        f"{file}: damaged, or no history of ovopt (file is not a database); restore it, or name another with --store"
    )
    for asked in (History(file).runs, lambda: History(file).add([file])):
        with pytest.raises(UsageError, match=exactly(message)):
            asked()
    assert file.read_bytes() == before


def test_another_programs_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    other = tmp_path / "other.sqlite"
    with sqlite3.connect(other) as db:
        db.execute("CREATE TABLE runs (id INTEGER)")
    db.close()
    before = other.read_bytes()
    with pytest.raises(UsageError, match=exactly(f"{other}: not a history of ovopt; name another with --store")):
        History(other).add([written(tmp_path, "c.json")])
    assert other.read_bytes() == before


def test_a_newer_layout_asks_for_a_newer_ovopt(store: History) -> None:
    db = sqlite3.connect(store.path)
    db.execute("PRAGMA user_version = 2")
    db.close()
    message = f"{store.path}: written by a newer ovopt (layout 2, this one knows 1); update"
    with pytest.raises(UsageError, match=exactly(message)):
        store.runs()


def test_a_damaged_store_is_named_and_not_written_to(tmp_path: Path, store: History) -> None:
    content = bytearray(store.path.read_bytes())
    content[4096:8192] = b"x" * 4096
    store.path.write_bytes(content)
    for asked in (store.runs, lambda: store.add([tmp_path / "1.json"])):
        with pytest.raises(UsageError, match=r"history\.sqlite: damaged, or no history of ovopt \(.*\); restore it"):
            asked()
    assert store.path.read_bytes() == bytes(content)


def test_a_damaged_entry_is_named(store: History) -> None:
    db = sqlite3.connect(store.path)
    db.execute("UPDATE runs SET comparison = x'00' WHERE id = 2")
    db.commit()
    db.close()
    with pytest.raises(UsageError, match=r"history\.sqlite: entry 2 is damaged \(.*\); remove it and add it again"):
        store.comparison(2)
    assert store.comparison(1) == on_day(1)


@pytest.mark.parametrize(
    ("change", "asked", "why"),
    [
        ("UPDATE points SET value = 'NaN' WHERE run = 2", "points", "value: Input should be a finite number"),
        ("UPDATE points SET value = 'abc' WHERE run = 2", "points", "value: Input should be a valid number"),
        ("UPDATE points SET value = 9e999 WHERE run = 2", "points", "value: Input should be a finite number"),
        ("UPDATE runs SET created = x'ff00' WHERE id = 2", "runs", "created: Input should be a valid string"),
        (
            "DELETE FROM points WHERE run = 2",
            "runs",
            "points: Tuple should have at least 1 item after validation, not 0",
        ),
        ("UPDATE runs SET comparison = 'text' WHERE id = 2", "second", "a bytes-like object is required, not 'str'"),
        ("UPDATE runs SET comparison = x'' WHERE id = 2", "second", "it is cut off, or too large"),
    ],
)
def test_a_damaged_value_has_its_entry_named(store: History, change: str, asked: str, why: str) -> None:
    db = sqlite3.connect(store.path)
    db.execute(change)
    db.commit()
    db.close()
    with pytest.raises(UsageError) as told:
        {"points": store.points, "runs": store.runs, "second": lambda: store.comparison(2)}[asked]()
    assert str(told.value).startswith(f"{store.path}: entry 2 is damaged ({why}")
    assert str(told.value).endswith("); remove it and add it again")
    store.remove([2])
    assert [run.id for run in store.runs()] == [1, 3]


@pytest.mark.parametrize("length", [9, 5000])
def test_a_store_that_was_cut_off_is_named(store: History, length: int) -> None:
    store.path.write_bytes(store.path.read_bytes()[:length])
    with pytest.raises(UsageError, match=r"history\.sqlite: damaged, or no history of ovopt \(.*\); restore it"):
        store.runs()


def test_an_entry_beyond_all_numbers_does_not_exist(store: History) -> None:
    for asked in (lambda: store.comparison(10**30), lambda: store.remove([10**30])):
        with pytest.raises(UsageError, match=exactly(f"{store.path}: no entry {10**30}; `ovopt history` lists them")):
            asked()


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    store = History(tmp_path / "no" / "h.sqlite")
    message = f"{store.path}: cannot be written: the folder {tmp_path / 'no'} does not exist"
    with pytest.raises(OutputError, match=exactly(message)):
        store.add([written(tmp_path, "c.json")])


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/dev/null", "is no regular file"),
        ("/dev/null/h.sqlite", f"cannot be used: {os.strerror(errno.ENOTDIR)}"),
        ("n" * 300, "cannot be used: File name too long"),
    ],
)
def test_a_store_that_cannot_be_a_file_is_left_as_it_is(tmp_path: Path, path: str, why: str) -> None:
    message = f"{path}: {why}; name another with --store"
    for asked in (History(path).runs, lambda: History(path).add([written(tmp_path, "c.json")])):
        with pytest.raises(OutputError, match=exactly(message)):
            asked()


def test_a_full_disk_is_named_and_what_was_kept_stays(
    tmp_path: Path, store: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A limit of pages is to SQLite what a full disk is, which ends the transaction by itself."""
    before, connect = store.path.read_bytes(), sqlite3.connect

    def connected(*given: Any, **named: Any) -> sqlite3.Connection:
        db = connect(*given, **named)
        db.execute("PRAGMA max_page_count = 1")
        return db

    monkeypatch.setattr(sqlite3, "connect", connected)
    message = f"{store.path}: cannot be used: database or disk is full; make room there, or name another with --store"
    other = RUN.model_copy(update={"created": "2026-11-11T00:00:00+00:00", "notes": ("x" * 10**6,)})
    with pytest.raises(OutputError, match=exactly(message)):
        store.add([written(tmp_path, "other.json", other)])
    monkeypatch.undo()
    assert store.path.read_bytes() == before


def test_a_store_that_another_process_holds_is_said_to_be_held(
    tmp_path: Path, store: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE_S", 0.05)
    db = sqlite3.connect(store.path, isolation_level=None)
    db.execute("BEGIN EXCLUSIVE")
    try:
        with pytest.raises(OutputError, match=r"another process has been writing for 0 s; try again"):
            store.add([tmp_path / "1.json"])
    finally:
        db.close()
