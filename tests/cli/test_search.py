"""`ovopt quantize --max-drop`, as a user runs it, interrupts it and goes on with it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ovopt.bundle import read_manifest
from ovopt.locate import shipped
from tests.cli import run
from tests.cli.searching import PAUSE, PAUSED
from tests.limits import files_of_at_most
from tests.workflow.searching.searched import FEW, hopeless, loud_data, rescuable

ROOT = Path(__file__).parents[2]
SETTINGS = [word for setting in FEW for word in ("--set", setting)]
EASY = ("easy.xml", "-r", "classification", "--data", "easy.npz", "--max-drop", "0.01", "--no-simplify", *SETTINGS)
LOUD = ("-r", "classification", "--data", "loud.npz", "--max-drop", "0.01", "--no-simplify", *SETTINGS)


def searching(*arguments: object, cwd: Path, **environment: str) -> run.Ran:
    done = subprocess.run(
        [sys.executable, "-m", "tests.cli.searching", "quantize", *map(str, arguments)],
        cwd=cwd,
        env=run.user_environment(PYTHONPATH=str(ROOT), **environment),
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    return run.Ran(done.returncode, done.stdout, done.stderr)


def stopped(number: int, look: int, *arguments: object, cwd: Path) -> tuple[int, str]:
    """Send a signal while a candidate is timed; exit code as a shell shows it, and what was said."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.cli.searching", "quantize", *map(str, arguments)],
        cwd=cwd,
        env=run.user_environment(PYTHONPATH=str(ROOT), **{PAUSE: str(look)}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            assert process.stderr is not None
            said = ""
            for line in process.stderr:
                said += line
                if line.strip() == PAUSED:
                    break
            else:
                pytest.fail(f"it ended before:\n{said}")
            process.send_signal(number)
            stdout, rest = process.communicate(timeout=60)
        finally:
            process.kill()
    assert stdout == ""
    code = process.returncode
    return 128 - code if code < 0 else code, said + rest


@pytest.fixture
def work(tmp_path: Path) -> Path:
    run.write_ir(tmp_path / "easy.xml")
    run.write_data(tmp_path / "easy.npz")
    rescuable(tmp_path / "rescuable.xml")
    hopeless(tmp_path / "hopeless.xml")
    loud_data(tmp_path / "loud.npz")
    return tmp_path


def test_the_shipped_digits_keep_a_budget_of_a_point(tmp_path: Path) -> None:
    model = shipped("calibration_data") / "digits" / "model.xml"
    options = ("--recipe", "digits", "--max-drop", "0.01", "-o", "int8", "--format", "json")
    done = searching(model, *options, cwd=tmp_path)
    assert done.code == 0, done.stderr
    manifest = json.loads(done.stdout)
    assert manifest["steps"][-1]["made_by"]["reverted"] == []
    assert manifest["steps"][-1]["made_by"]["settings"].keys() >= {"preset", "model_type", "subset_size"}
    assert manifest["steps"][-1]["effect"]["drop"] <= 0.01
    assert "top1 may lose 1.0 points ..." in done.stderr.splitlines()
    assert read_manifest(tmp_path / "int8") is not None


def test_where_nothing_helps_it_says_so_and_exits_with_3(work: Path) -> None:
    done = searching("hopeless.xml", *LOUD, "-o", "int8", cwd=work)
    assert done.code == 3
    assert done.stdout.startswith(
        "Ship the original: none of 8 candidates is faster and keeps top1 within 1.0 points on "
    )
    assert done.message == ""
    assert not (work / "int8").exists()
    assert "Traceback" not in done.stderr


def test_a_disk_that_is_full_leaves_the_journal_alone(work: Path) -> None:
    """As far as one can tell from inside: no file may become larger than 2 KB."""
    before = {path.name for path in work.iterdir()}
    with files_of_at_most(2048):
        done = searching(*EASY, "-o", "int8", cwd=work)
    told = "error: int8: cannot be written: File too large; make room there, or choose another -o/--output"
    assert (done.message, done.code) == (told, 2)
    assert {path.name for path in work.iterdir()} - before == {"int8.search.jsonl"}


def test_an_existing_output_is_refused_before_any_work(work: Path) -> None:
    (work / "int8").mkdir()
    before = run.snapshot(work)
    done = searching(*EASY, "-o", "int8", cwd=work)
    assert done.code == 2
    message = "error: int8: exists already; choose another -o/--output, or --force to replace it"
    assert done.stderr == f"{message}\n"
    assert run.snapshot(work) == before


@pytest.mark.parametrize("arguments", [("--max-drop", "-1"), ("--max-drop", "0.01", "--time-budget", "0.5")])
def test_a_budget_or_time_below_the_least_is_wrong_usage(arguments: tuple[str, ...], work: Path) -> None:
    done = searching("easy.xml", *arguments, cwd=work)
    assert done.code == 2
    assert arguments[-2] in done.stderr


def test_a_time_shorter_than_the_first_candidate_leaves_that_one(work: Path) -> None:
    """Timing with a real clock: the first candidate alone takes longer than this."""
    done = run.ovopt("quantize", *EASY, "-o", "int8", "--time-budget", "1", cwd=work)
    assert done.code in (0, 3), done.stderr
    assert (work / "int8").exists() is (done.code == 0)


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, 137)],
    ids=["INT", "TERM", "KILL"],
)
def test_the_best_so_far_is_whole_whatever_stops_it_and_the_search_goes_on(number: int, code: int, work: Path) -> None:
    found, said = stopped(number, 2, *EASY, "-o", "int8", cwd=work)
    assert found == code
    assert "Traceback" not in said
    manifest = read_manifest(work / "int8")
    assert manifest is not None
    assert manifest.steps[-1].made_by.name == "performance"
    before = (work / "int8.search.jsonl").read_text().splitlines()
    assert len(before) == 2
    done = searching(*EASY, "-o", "int8", "--resume", "--format", "json", cwd=work)
    assert done.code == 0, done.stderr
    after = (work / "int8.search.jsonl").read_text().splitlines()
    assert after[:2] == before
    tried = [(trial["name"], *sorted(trial.get("reverted", ()))) for trial in map(json.loads, after[1:])]
    assert len(tried) == len(set(tried)) >= 2


def test_stopped_before_anything_is_good_there_is_no_bundle_and_resume_finds_it(work: Path) -> None:
    code, _ = stopped(signal.SIGKILL, 3, "rescuable.xml", *LOUD, "-o", "int8", cwd=work)
    assert code == 137
    assert not (work / "int8").exists()
    done = searching("rescuable.xml", *LOUD, "-o", "int8", "--resume", cwd=work)
    assert done.code == 0, done.stderr
    manifest = read_manifest(work / "int8")
    assert manifest is not None
    assert manifest.steps[-1].made_by.reverted == ("wide",)
