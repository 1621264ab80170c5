"""`ovopt simplify`, as a user runs it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from ovopt.bundle import read_manifest
from ovopt.locate import shipped
from tests.cli import run
from tests.cli.run import ovopt

DIGITS = shipped("calibration_data") / "digits"


@pytest.fixture(scope="module")
def simple(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, run.Ran]:
    folder = tmp_path_factory.mktemp("simple")
    return folder, ovopt("simplify", DIGITS / "model.xml", "--recipe", "digits", "-o", "simple", cwd=folder)


def test_the_text_says_what_was_written_and_what_comes_next(simple: tuple[Path, run.Ran]) -> None:
    folder, done = simple
    assert done.code == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "Made: the model as it was. 1.00x the size, quality and speed not measured yet."
    assert re.fullmatch(rf"  simple: [\d.]+ kB; {DIGITS / 'model.xml'}: [\d.]+ kB", lines[1])
    assert lines[2].startswith("  simplify, ")
    assert lines[-1] == f"next: ovopt compare {DIGITS / 'model.xml'} simple"
    assert {path.name for path in folder.iterdir()} == {"simple"}
    assert {path.name for path in (folder / "simple").iterdir()} == {"model.xml", "model.bin", "ovopt.json"}


def test_the_bundle_is_sound(simple: tuple[Path, run.Ran]) -> None:
    manifest = read_manifest(simple[0] / "simple")
    assert manifest is not None
    assert [step.name for step in manifest.steps] == ["simplify"]


def test_json_is_the_manifest(tmp_path: Path) -> None:
    arguments = (DIGITS / "model.xml", "--recipe", "digits", "-o", "simple", "--format", "json", "--quiet")
    done = ovopt("simplify", *arguments, cwd=tmp_path)
    assert done.code == 0, done.stderr
    assert done.stderr == ""
    assert json.loads(done.stdout) == json.loads((tmp_path / "simple" / "ovopt.json").read_text())


def test_an_existing_output_is_refused_and_force_replaces_it(simple: tuple[Path, run.Ran], tmp_path: Path) -> None:
    folder, _ = simple
    before = run.snapshot(folder)
    arguments = (DIGITS / "model.xml", "--recipe", "digits", "-o", "simple")
    done = ovopt("simplify", *arguments, cwd=folder)
    assert done.code == 2
    assert done.message == "error: simple: exists already; choose another -o/--output, or --force to replace it"
    assert run.snapshot(folder) == before
    assert ovopt("simplify", *arguments, "--force", cwd=folder).code == 0
    assert read_manifest(folder / "simple") is not None


def test_without_recipe_and_data_random_inputs_verify(tmp_path: Path) -> None:
    run.write_ir(tmp_path / "tiny.xml")
    before = run.snapshot(tmp_path)
    done = ovopt("simplify", "tiny.xml", cwd=tmp_path)
    assert done.code == 0, done.stderr
    assert read_manifest(tmp_path / "tiny-simple") is not None
    assert before.items() <= run.snapshot(tmp_path).items()


def test_an_unknown_rewrite_is_an_error_that_writes_nothing(tmp_path: Path) -> None:
    run.write_ir(tmp_path / "tiny.xml")
    before = run.snapshot(tmp_path)
    done = ovopt("simplify", "tiny.xml", "--set", "optimize.simplify.without=[geluu]", cwd=tmp_path)
    assert done.code == 2
    assert done.message == "error: optimize.simplify.without: unknown 'geluu'; did you mean 'gelu'?"
    assert run.snapshot(tmp_path) == before
