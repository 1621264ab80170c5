"""`ovopt history` and `ovopt compare --against`, as a user runs them."""

from __future__ import annotations

import csv
import json
import subprocess
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from ovopt.records import Comparison
from ovopt.workflow.stored.history import History
from tests.cli import run
from tests.cli.conftest import Job
from tests.factories import comparison


def on_day(day: int, ms: float, **machine: Any) -> Comparison:
    made = comparison({"int8": ms})
    return made.model_copy(
        update={
            "created": f"2026-01-{day:02}T00:00:00+00:00",
            "machine": made.machine.model_copy(update=machine),
        }
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two versions of OpenVINO on one machine, and a run on another; added."""
    place = tmp_path_factory.mktemp("history")
    newer = {"versions": {"openvino": "2027.0", "nncf": "4.0"}}
    runs = (on_day(1, 0.5), on_day(2, 0.8, **newer), on_day(3, 0.2, cores=64))
    for number, made in enumerate(runs, start=1):
        (place / f"{number}.json").write_text(made.model_dump_json(by_alias=True))
    added = run.ovopt("history", "add", "1.json", "2.json", "3.json", cwd=place)
    assert added == run.Ran(0, "".join(f"{n}.json: entry {n} of ovopt-history.sqlite\n" for n in (1, 2, 3)), "")
    return place


def test_adding_again_says_that_it_is_there(folder: Path) -> None:
    again = run.ovopt("history", "add", "2.json", "--format", "json", cwd=folder)
    assert json.loads(again.stdout) == [{"file": "2.json", "run": 2, "new": False}]


def test_the_list_shows_each_run_on_its_machine_with_its_arms(folder: Path) -> None:
    shown = run.ovopt("history", cwd=folder)
    assert (shown.code, shown.stderr) == (0, "")
    lines = [" ".join(line.split()) for line in shown.stdout.splitlines() if line]
    assert lines[0] == "Example processor, 2 cores, 8.00 GiB"
    assert lines[2].startswith("1 2026-01-01 2026.4.1 none example original 1.09 ms top1 94.0 %")
    assert lines[4].startswith("2 2026-01-02 2027.0 4.0 example original 1.09 ms top1 94.0 %")
    assert lines[6] == "Example processor, 64 cores, 8.00 GiB"
    assert lines[-1].startswith("int8 5.4")


@pytest.mark.parametrize("columns", [80, 100])
def test_names_and_figures_of_the_list_stay_whole_in_a_narrow_terminal(folder: Path, columns: int) -> None:
    lines = run.ovopt("history", cwd=folder, COLUMNS=str(columns)).stdout.splitlines()
    assert max(map(len, lines)) <= columns
    assert sum("original" in line and "1.09 ms" in line and "94.0 %" in line for line in lines) == 3
    assert any("openvino" in line and "verdict" in line for line in lines)


def test_the_list_as_json_holds_every_figure(folder: Path) -> None:
    found = json.loads(run.ovopt("history", "--format", "json", cwd=folder).stdout)
    assert [one["id"] for one in found] == [1, 2, 3]
    assert {point["figure"] for point in found[0]["points"]} >= {"latency.p50", "latency.speedup", "size"}


def test_a_figure_is_drawn_over_versions_and_never_over_machines(folder: Path) -> None:
    shown = run.ovopt("history", "--model", "int8", "--metric", "latency.p50", "--over", "openvino", cwd=folder)
    assert (shown.code, shown.stderr) == (0, "")
    same, other = shown.stdout.strip("\n").split("\n\n")
    assert same.splitlines()[0] == "latency.p50 of int8, CPU default hint  ▁█"
    assert other.splitlines()[0] == "latency.p50 of int8, CPU default hint  ▄"
    first, second = (line.split() for line in same.splitlines()[3:])
    assert first[:3] == ["1", "2026.4.1", "0.500"]
    assert second[:3] == ["2", "2027.0", "0.800"]
    assert same.splitlines()[4].rstrip().endswith("openvino 2027.0, nncf 4.0")


def test_a_figure_as_csv_has_a_row_for_each_point(folder: Path) -> None:
    shown = run.ovopt("history", "--metric", "top1", "--format", "csv", cwd=folder)
    rows = list(csv.DictReader(StringIO(shown.stdout)))
    assert len(rows) == 6
    assert {row["figure"] for row in rows} == {"accuracy.top1"}
    assert {row["openvino"] for row in rows} == {"2026.4.1", "2027.0"}


def test_a_kept_comparison_is_shown_and_comes_back_as_its_file(folder: Path) -> None:
    shown = run.ovopt("history", "show", "2", "--format", "json", cwd=folder)
    assert json.loads(shown.stdout) == json.loads((folder / "2.json").read_text())


def test_several_processes_add_at_once(folder: Path, tmp_path: Path) -> None:
    words = [run.command("history", "add", folder / f"{n}.json", "--store", "h.sqlite") for n in (1, 2)]
    running = [
        subprocess.Popen(line, cwd=tmp_path, env=run.user_environment(), stdout=subprocess.DEVNULL) for line in words
    ]
    assert [process.wait(240) for process in running] == [0, 0]
    assert [entry.created[8:10] for entry in History(tmp_path / "h.sqlite").runs()] == ["01", "02"]


def test_what_is_removed_is_gone(folder: Path, tmp_path: Path) -> None:
    settings = {"cwd": tmp_path, "OVOPT_HISTORY": "mine.sqlite"}
    run.ovopt("history", "add", folder / "1.json", folder / "2.json", **settings)
    removed = run.ovopt("history", "remove", "1", **settings)
    assert removed == run.Ran(0, "removed from mine.sqlite: 1\n", "")
    assert [entry.id for entry in History(tmp_path / "mine.sqlite").runs()] == [2]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--store", "no.sqlite"), "no.sqlite: no such history; `ovopt history add FILE` begins one"),
        (("--metric", "latncy.p50"), "ovopt-history.sqlite: no figure 'latncy.p50'; did you mean 'latency.p50'?"),
        (("--over", "nncf"), "--over nncf: say what to follow with --metric, for example --metric latency.p50"),
        (("show", "7"), "ovopt-history.sqlite: no entry 7; `ovopt history` lists them"),
    ],
)
def test_what_is_not_there_is_an_error(folder: Path, arguments: tuple[str, ...], message: str) -> None:
    done = run.ovopt("history", *arguments, cwd=folder)
    assert (done.code, done.stdout, done.message) == (2, "", f"error: {message}")


# since an earlier run -------------------------------------------------------------------------------------------------

BRIEF = ("--scenario", "latency", "--time-budget", 1, "--format", "json", "-q")
COMPARE = ("compare", "tiny.xml", "int8", "--set", "budgets={}", *BRIEF)


def test_compare_tells_what_moved_since_the_last_entry(job: Job, work: Path) -> None:
    added = run.ovopt("history", "add", job.folder / "comparison.json", cwd=work)
    assert added.code == 0
    compared = run.ovopt(*COMPARE, "--against", "last", "-o", "now.json", cwd=work)
    assert (compared.code, compared.stderr) == (0, "")
    result = json.loads(compared.stdout)
    notes = [note for note in result["notes"] if note.startswith("since last: ")]
    assert any(note.startswith("since last: int8") and "latency p50 " in note for note in notes)
    assert any(note.startswith("since last: original, as before: ") and "(+0.0 points [" in note for note in notes)
    assert json.loads((work / "now.json").read_text()) == result


@pytest.mark.parametrize("forced", [False, True])
def test_an_unlike_machine_is_refused_or_labelled(job: Job, work: Path, forced: bool) -> None:
    then = json.loads((job.folder / "comparison.json").read_text())
    then["machine"]["cores"] = 4096
    (work / "then.json").write_text(json.dumps(then))
    before = run.snapshot(work)
    done = run.ovopt(*COMPARE, "--against", "then.json", *(["--force"] if forced else []), cwd=work)
    if forced:
        assert done.code == 0
        notes = json.loads(done.stdout)["notes"]
        assert any(note.startswith("since then.json: NOT ALIKE, machine: cores was 4096") for note in notes)
    else:
        assert (done.code, done.stdout) == (2, "")
        assert done.message.startswith("error: the two runs are not alike; --force shows them all the same:")
        assert run.snapshot(work) == before
