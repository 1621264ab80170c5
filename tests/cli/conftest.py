"""What is dear to make is made once: a bundle, and a comparison of it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli.run import Ran, ovopt, snapshot, write_data, write_ir

KEPT = ("--budget", "accuracy.top1.max_drop=0.1", "--budget", "size.max_ratio=10")


@dataclass(frozen=True)
class Job:
    """The main job, done once."""

    folder: Path
    before: dict[str, bytes]
    quantized: Ran
    compared: Ran


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, bytes], Ran]:
    """A folder with `tiny.xml`, `data.npz` and the bundle `int8` made of them with seed 3."""
    folder = tmp_path_factory.mktemp("made")
    write_ir(folder / "tiny.xml")
    write_data(folder / "data.npz")
    before = snapshot(folder)
    options = ("--recipe", "classification", "--data", "data.npz", "--seed", 3, "-o", "int8")
    return folder, before, ovopt("quantize", "tiny.xml", *options, cwd=folder)


@pytest.fixture(scope="session")
def job(made: tuple[Path, dict[str, bytes], Ran]) -> Job:
    """The bundle, compared with the original in both scenarios under budgets that it keeps."""
    folder, before, quantized = made
    options = ("-r", "classification", "--data", "data.npz", "--seed", 3, "--time-budget", 4, "--format", "json")
    scenarios = ("--scenario", "latency", "--scenario", "throughput")
    files = ("-o", "comparison.json", "--force")
    return Job(
        folder, before, quantized, ovopt("compare", "tiny.xml", "int8", *options, *scenarios, *files, *KEPT, cwd=folder)
    )


@pytest.fixture
def work(made: tuple[Path, dict[str, bytes], Ran], tmp_path: Path) -> Path:
    """A folder of the test's own with `tiny.xml`, `data.npz` and `int8`."""
    folder = tmp_path / "work"
    shutil.copytree(made[0], folder, ignore=shutil.ignore_patterns("comparison.json"))
    return folder
