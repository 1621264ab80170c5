"""A new run held against an earlier one."""

from pathlib import Path

import pytest

from ovopt.bench.machine import machine
from ovopt.errors import UsageError
from ovopt.records import Comparison
from ovopt.workflow.stored.history import History, Since
from tests.factories import comparison, exactly

RUN = comparison({"int8": 0.55})
HERE = RUN.model_copy(update={"machine": machine()})


def written(folder: Path, name: str, run: Comparison) -> Path:
    file = folder / name
    file.write_text(run.model_dump_json(by_alias=True))
    return file


def test_a_run_is_a_file_an_entry_or_the_last_one(tmp_path: Path) -> None:
    store = History(tmp_path / "h.sqlite")
    file = written(tmp_path, "c.json", HERE)
    store.add([file])
    for run in (str(file), "1", "last"):
        since = Since.of(run, "model.xml", store.path, force=False)
        assert since is not None
        assert since.then == HERE
    assert Since.of(None, "model.xml", store.path, force=False) is None


def test_a_run_that_is_none_of_these_is_refused(tmp_path: Path) -> None:
    message = "--against best: neither a comparison file, nor the number of an entry, nor `last`"
    with pytest.raises(UsageError, match=exactly(message)):
        Since.of("best", "model.xml", tmp_path / "h.sqlite", force=False)


def test_an_unlike_machine_is_refused_before_anything_is_measured_unless_forced(tmp_path: Path) -> None:
    other = machine().model_copy(update={"cores": 4096})
    file = str(written(tmp_path, "c.json", RUN.model_copy(update={"machine": other})))
    with pytest.raises(UsageError, match=r"not alike; --force .*\n  machine: cores was 4096, is \d+"):
        Since.of(file, "model.xml", tmp_path, force=False)
    since = Since.of(file, "model.xml", tmp_path, force=True)
    assert since is not None
    assert any("NOT ALIKE, machine: cores was 4096" in note for note in since.noted(HERE).notes)


def test_what_moved_is_noted_in_the_new_comparison() -> None:
    noted = Since("c.json", HERE, False).noted(HERE.model_copy(update={"notes": ("before",)}))
    assert noted.notes[0] == "before"
    assert any(note.startswith("since c.json: int8, as before: latency p50 0.550 ms") for note in noted.notes)


def test_unlike_settings_are_noted_and_refused_after_the_measurement() -> None:
    now = HERE.model_copy(update={"settings": HERE.settings.model_copy(update={"device": "GPU"})})
    since = Since("c.json", HERE, False)
    assert since.noted(now).notes == ("since c.json: not held together: settings: device was CPU, is GPU",)
    with pytest.raises(UsageError, match="settings: device was CPU, is GPU"):
        since.refuse_unlike(now)
    since.refuse_unlike(HERE)
