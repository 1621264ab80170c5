"""Results of steps on disk: found again as long as they are what they were."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ovopt.model.files.read import read_model
from ovopt.model.ports.facts import facts
from ovopt.records import StepReport
from ovopt.resumable import digest
from ovopt.workflow.optimizing.step_cache import MARK, Kept
from tests.factories import OLDER
from tests.models import conv_model

KEY = digest("a", 1)


def kept(folder: Path) -> Kept:
    store = Kept(folder / "out.steps")
    store.add(0, KEY, conv_model(), report, "fold")
    return Kept(folder / "out.steps")


def report(size_bytes: int) -> StepReport:
    return StepReport(name="fold", parameters={}, effect={"size": size_bytes}, seconds=1.0)


def test_what_was_added_is_found_with_its_report_and_its_model(tmp_path: Path) -> None:
    found = kept(tmp_path).find(0, "fold", KEY)
    assert found is not None
    assert found.entry.report == report(sum(file.stat().st_size for file in found.folder.glob("model.*")))
    assert facts(read_model(found.folder)).operations == facts(conv_model()).operations


@pytest.mark.parametrize(
    ("place", "name", "key"),
    [(1, "fold", KEY), (0, "batch", KEY), (0, "fold", digest("a", 2)), (0, "fold", KEY[:12] + digest("b")[12:])],
    ids=["another place", "another step", "another key", "a key that begins alike"],
)
def test_nothing_else_is_found(tmp_path: Path, place: int, name: str, key: str) -> None:
    assert kept(tmp_path).find(place, name, key) is None


@pytest.mark.parametrize("file", ["model.bin", "model.xml", MARK])
@pytest.mark.parametrize("how", ["changed", "gone"])
def test_a_result_that_is_not_whole_is_made_anew(tmp_path: Path, file: str, how: str) -> None:
    store = kept(tmp_path)
    (folder,) = store.folder.iterdir()
    if how == "gone":
        (folder / file).unlink()
    else:
        (folder / file).write_bytes((folder / file).read_bytes()[:-3])
    assert store.find(0, "fold", KEY) is None
    store.add(0, KEY, conv_model(), report, "fold")
    assert store.find(0, "fold", KEY) is not None


def test_what_the_last_run_did_not_use_is_taken_away_at_its_end(tmp_path: Path) -> None:
    store = kept(tmp_path)
    store.find(0, "fold", KEY)
    other = Kept(store.folder)
    other.add(0, digest("new"), conv_model(), report, "fold")
    left = other.tidy()
    (folder,) = store.folder.iterdir()
    assert folder.name.endswith(digest("new")[:12])
    assert left == sum(file.stat().st_size for file in folder.iterdir())


def test_what_a_kill_left_half_written_is_swept(tmp_path: Path) -> None:
    store = kept(tmp_path)
    (store.folder / ".02-batch-0123.abc").mkdir()
    store.sweep()
    assert len(list(store.folder.iterdir())) == 1
    Kept(tmp_path / "nothing yet").sweep()


def test_a_result_of_an_older_version_is_made_again(tmp_path: Path) -> None:
    folder = kept(tmp_path).find(0, "fold", KEY).folder  # type: ignore[union-attr]
    older = json.loads((OLDER / "step-1.json").read_text())
    mark = json.loads((folder / MARK).read_text())
    (folder / MARK).write_text(json.dumps({**older, "key": KEY, "sha256": mark["sha256"]}))
    assert Kept(tmp_path / "out.steps").find(0, "fold", KEY) is None
