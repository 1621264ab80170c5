"""The three exits of the gate, each by a real comparison of real models; and what is judged without measuring."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from openvino import opset13 as ops

from tests.cli import run

BRIEF = ("--scenario", "latency", "--time-budget", 2, "--format", "json", "-q")
COMPARE = ("compare", "tiny.xml", "int8", *BRIEF)


def judged(*arguments: object, cwd: Path) -> tuple[int, Any]:
    done = run.ovopt(*arguments, cwd=cwd)
    assert done.stderr == ""
    return done.code, json.loads(done.stdout)


@pytest.fixture(scope="module")
def folder(made: tuple[Path, dict[str, bytes], run.Ran], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`tiny.xml` and its bundle, and what the three runs write."""
    place = tmp_path_factory.mktemp("gate")
    for name in ("tiny.xml", "tiny.bin", "data.npz", "int8"):
        (place / name).symlink_to(made[0] / name)
    return place


@pytest.fixture(scope="module")
def passed(folder: Path) -> tuple[int, Any]:
    """Budgets that an exact model keeps whatever the machine does."""
    kept = ("accuracy.top1.max_drop=0.2", "accuracy.top1.max_gain=0.2", "size.max_ratio=10")
    options = [word for budget in kept for word in ("--budget", budget)]
    return judged(*COMPARE, *options, "-o", "pass.json", cwd=folder)


def test_a_run_within_its_budgets_ends_with_0(passed: tuple[int, Any]) -> None:
    code, result = passed
    assert (code, result["gate"]["verdict"]) == (0, "pass")
    assert {check["budget"]: check["verdict"] for check in result["gate"]["checks"]} == {
        "accuracy.top1.max_drop": "pass",
        "accuracy.top1.max_gain": "pass",
        "size.max_ratio": "pass",
    }


def test_a_run_beyond_a_budget_ends_with_3(folder: Path) -> None:
    """A candidate that answers with the least likely class: the whole interval of its drop lies outside."""
    run.write_ir(folder / "wrong.xml", ending=lambda scores: ops.multiply(scores, np.float32(-1)))
    data = ("-r", "classification", "--data", "data.npz", "--budget", "accuracy.top1.max_drop=0.01")
    code, result = judged("compare", "tiny.xml", "wrong.xml", *data, *BRIEF, cwd=folder)
    (check,) = result["gate"]["checks"]
    assert (code, result["gate"]["verdict"], result["gate"]["ship"]) == (3, "fail", "original")
    assert check["low"] > check["limit"]


def test_a_run_that_cannot_tell_ends_with_4_and_says_what_would(folder: Path) -> None:
    """Original and bundle agree on all samples, so the drop is 0; how large it could be, only more samples show."""
    code, result = judged(*COMPARE, "--budget", "accuracy.top1.max_drop=0.005", cwd=folder)
    (check,) = result["gate"]["checks"]
    assert (code, result["gate"]["verdict"]) == (4, "inconclusive")
    assert check["low"] <= check["limit"] < check["high"]
    assert check["note"] == f"about {check['more']:,} more samples would settle it"


# judged again ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("budget", "code"),
    [
        ("accuracy.top1.max_relative_drop=0.5", 0),
        ("accuracy.top1.max_relative_drop=0.001", 4),
        ("size.max_bytes=1", 3),
    ],
)
def test_a_stored_comparison_is_judged_under_other_budgets(
    folder: Path, passed: tuple[int, Any], budget: str, code: int
) -> None:
    found, result = judged("gate", "pass.json", "--budget", budget, "--format", "json", cwd=folder)
    assert (found, len(result["gate"]["checks"])) == (code, 4)
    assert result["arms"] == passed[1]["arms"]


def test_the_figure_of_an_absolute_budget_is_that_of_the_raw_values(folder: Path, passed: tuple[int, Any]) -> None:
    _, result = judged("gate", "pass.json", "--budget", "latency.p50.max_ms=1", "--format", "json", cwd=folder)
    (check,) = (check for check in result["gate"]["checks"] if check["budget"] == "latency.p50.max_ms")
    (arm,) = (arm for arm in result["arms"] if arm["name"] == "int8")
    every = [ns / 1e6 for rounds in arm["latency"]["raw_ns"] for turn in rounds for ns in turn]
    assert check["estimate"] == pytest.approx(np.median(every))
    assert check["low"] <= check["estimate"] <= check["high"]


def test_judging_again_needs_no_openvino(folder: Path, passed: tuple[int, Any]) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "ovopt", "gate", "pass.json", "--format", "json"],
        env=run.user_environment(),
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if "|" in line}
    assert "ovopt.gate" in imported
    assert imported.isdisjoint({"openvino", "nncf", "datasets", "torch"})
    assert json.loads(done.stdout)["gate"] == passed[1]["gate"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("--budget", "throughput.min_speedup=2"),
            "pass.json: budgets.throughput: it was not measured; add --scenario throughput (of `ovopt compare`)",
        ),
        (
            ("--budget", "lattency.min_speedup=2"),
            "--budget lattency.min_speedup=2: budgets.lattency: unknown key; did you mean 'latency'?",
        ),
    ],
)
def test_a_budget_that_cannot_be_judged_is_refused(
    folder: Path, passed: tuple[int, Any], arguments: tuple[str, ...], message: str
) -> None:
    done = run.ovopt("gate", "pass.json", *arguments, cwd=folder)
    assert (done.code, done.stdout, done.message) == (2, "", f"error: {message}")


def test_a_budget_without_its_scenario_is_refused_before_anything_is_measured(folder: Path) -> None:
    done = run.ovopt("compare", "tiny.xml", "int8", *BRIEF, "--budget", "memory.max_ratio=1", cwd=folder)
    assert (done.code, done.message) == (2, "error: budgets.memory: add --scenario memory")


@pytest.mark.parametrize("kind", ["console", "markdown", "html"])
def test_a_report_says_that_a_figure_was_edited(folder: Path, passed: tuple[int, Any], kind: str) -> None:
    text = (folder / "pass.json").read_text()
    speed = json.loads(text)["pairs"][0]["latency"]["estimate"]
    (folder / "shown.json").write_text(text.replace(f'"estimate":{speed!r}', '"estimate":17.5'))
    done = run.ovopt("report", "shown.json", "--format", kind, cwd=folder)
    assert done.code == 0
    assert "these figures cannot be relied on: pairs.int8.latency.estimate is 17.5" in " ".join(done.stdout.split())
    assert "cannot be relied on" not in run.ovopt("report", "pass.json", "--format", kind, cwd=folder).stdout


def test_an_edited_figure_is_refused(folder: Path, passed: tuple[int, Any]) -> None:
    text = (folder / "pass.json").read_text()
    result = passed[1]
    speed = result["pairs"][0]["latency"]["estimate"]
    (folder / "edited.json").write_text(text.replace(f'"estimate":{speed!r}', '"estimate":17.5'))
    done = run.ovopt("gate", "edited.json", cwd=folder)
    assert done.code == 2
    assert re.fullmatch(
        r"error: edited\.json: pairs\.int8\.latency\.estimate is 17\.5, its raw values give [\d.e+]+; the file was "
        r"changed after the measurement: take the original one, or measure again",
        done.message,
    )


def test_a_truncated_file_is_refused(folder: Path, passed: tuple[int, Any]) -> None:
    content = (folder / "pass.json").read_bytes()
    (folder / "cut.json").write_bytes(content[: len(content) // 2])
    done = run.ovopt("gate", "cut.json", cwd=folder)
    assert done.code == 2
    assert done.message.startswith(
        "error: cut.json: not a comparison of this version of ovopt: it ends in the middle, so it was cut off"
    )
