"""`ovopt optimize`, as a user runs it."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from ovopt.bundle import read_manifest
from ovopt.model.files.read import read_model
from tests.cli import run
from tests.cli.run import ovopt, user_environment, write_data, write_ir

STEPS = "optimize=[{simplify: {samples: 4}}, {precision: {storage: f16}}, {batch: 2}]"
KILLS = 3


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, run.Ran]:
    folder = tmp_path_factory.mktemp("made")
    write_ir(folder / "tiny.xml")
    write_data(folder / "data.npz")
    return folder, optimized(folder, "fast")


def arguments(output: str, *more: object) -> tuple[object, ...]:
    data = ("-r", "classification", "--data", "data.npz", "--set", "data.splits.calibration=20")
    return ("optimize", "tiny.xml", *data, "--set", STEPS, "-o", output, *more)


def command(given: Sequence[object]) -> list[str]:
    return [sys.executable, "-m", "tests.cli.optimizing", *map(str, given)]


def environment() -> dict[str, str]:
    return user_environment(PYTHONPATH=str(Path(__file__).resolve().parents[2]))


def optimized(folder: Path, output: str, *more: object) -> run.Ran:
    done = subprocess.run(
        command(arguments(output, *more)),
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    return run.Ran(done.returncode, done.stdout, done.stderr)


def steps_told(ran: run.Ran) -> list[str]:
    return [line for line in ran.stderr.splitlines() if line[:2] in ("1.", "2.", "3.")]


def test_every_step_is_told_on_the_way_and_at_the_end(made: tuple[Path, run.Ran]) -> None:
    folder, done = made
    assert done.code == 0, done.stderr
    told = steps_told(done)
    assert [line.split(":")[0] for line in told] == ["1. simplify", "2. precision", "3. batch"]
    assert "top1 agreement 1.0000 with the original on 20 samples" in told[1]
    lines = done.stdout.splitlines()
    assert lines[0].startswith("Made: weights in f16; 2 samples per inference. cosine ")
    assert lines[1].startswith("  fast: ")
    steps = [line.split(",")[0].strip() for line in lines if re.match(r"  \w+, [\d.]+ s: ", line)]
    assert steps == ["simplify", "precision", "batch"]
    assert lines[-1] == "next: ovopt compare tiny.xml fast"
    assert {path.name for path in folder.iterdir()} >= {"fast", "fast.steps"}
    assert read_manifest(folder / "fast") is not None


def test_a_run_that_is_killed_at_any_moment_goes_on_and_ends_where_another_one_did(
    made: tuple[Path, run.Ran], tmp_path: Path
) -> None:
    """The bundle is whole or absent at any time."""
    folder, _ = made
    for file in folder.glob("*.*"):
        if file.is_file():
            (tmp_path / file.name).write_bytes(file.read_bytes())
    began = time.monotonic()
    process = subprocess.run(command(("--version",)), cwd=tmp_path, env=environment(), check=True, capture_output=True)
    assert process.returncode == 0
    start_s = time.monotonic() - began
    moments = random.Random(0)
    for _ in range(KILLS):
        with subprocess.Popen(
            command(arguments("fast", "--resume", "--quiet")),
            cwd=tmp_path,
            env=environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as running:
            time.sleep(start_s * moments.uniform(1, 6))
            running.kill()
        if (tmp_path / "fast").exists():
            assert read_manifest(tmp_path / "fast") is not None
    last = optimized(tmp_path, "fast", "--resume")
    assert last.code == 0, last.stderr
    assert (tmp_path / "fast" / "model.bin").read_bytes() == (folder / "fast" / "model.bin").read_bytes()
    assert read_model(tmp_path / "fast").input(0).partial_shape[0] == 2
    mine, theirs = (read_manifest(each / "fast") for each in (tmp_path, folder))
    assert mine is not None
    assert theirs is not None
    assert [step.effect for step in mine.steps] == [step.effect for step in theirs.steps]
    assert not [path for path in (tmp_path / "fast.steps").iterdir() if path.name.startswith(".")]


def test_force_does_again_what_has_changed_alone(made: tuple[Path, run.Ran]) -> None:
    folder, _ = made
    before = (folder / "fast" / "model.bin").read_bytes()
    refused = optimized(folder, "fast")
    assert refused.code == 2
    assert refused.message == "error: fast: exists already; choose another -o/--output, or --force to replace it"
    again = optimized(folder, "fast", "--force", "--format", "json")
    assert again.code == 0, again.stderr
    assert all(line.endswith(": unchanged, as of the last run") for line in steps_told(again))
    assert json.loads(again.stdout) == json.loads((folder / "fast" / "ovopt.json").read_text())
    assert (folder / "fast" / "model.bin").read_bytes() == before


def test_the_plan_is_printed_and_nothing_is_written(tmp_path: Path) -> None:
    write_ir(tmp_path / "tiny.xml")
    write_data(tmp_path / "data.npz")
    before = run.snapshot(tmp_path)
    done = ovopt(*arguments("fast", "--plan"), cwd=tmp_path)
    assert done.code == 0, done.stderr
    assert done.stdout.splitlines() == [
        "1. simplify (samples: 4)",
        '2. precision (storage: "f16")',
        "3. batch (size: 2)",
    ]
    listed = ovopt(*arguments("fast", "--plan", "--format", "json"), cwd=tmp_path)
    assert [step["step"] for step in json.loads(listed.stdout)] == ["simplify", "precision", "batch"]
    assert run.snapshot(tmp_path) == before


@pytest.mark.parametrize(
    ("steps", "code", "said"),
    [
        (
            "[{batch: 2}, simplify]",
            2,
            "error: optimize[1].simplify stands behind optimize[0].batch: simplify hands over one sample at a time, "
            "and behind batch the model is called in another way; put simplify first",
        ),
        ("[fold]", 1, "error: fold changed nothing: every output is kept, no constant is computed"),
        (
            "[{fold: {outputs: [scorse]}}]",
            2,
            "error: optimize.fold.outputs: no output 'scorse'; did you mean 'scores'?",
        ),
        (
            "[precision]",
            2,
            "error: --set optimize=[precision]: optimize[0].precision: give storage: f16, execution: f32, bf16 or f16, "
            "or both, not {}",
        ),
    ],
    ids=["a wrong order", "no effect", "an unknown output", "an empty step"],
)
def test_a_mistake_is_told_with_what_to_do(tmp_path: Path, steps: str, code: int, said: str) -> None:
    write_ir(tmp_path / "tiny.xml")
    write_data(tmp_path / "data.npz")
    before = run.snapshot(tmp_path)
    done = ovopt(*arguments("fast", "--set", f"optimize={steps}"), cwd=tmp_path)
    assert (done.code, done.message) == (code, said)
    assert before.items() <= run.snapshot(tmp_path).items()
    assert not (tmp_path / "fast").exists()
