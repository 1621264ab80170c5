"""`ovopt embed`, as a user runs it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from ovopt.bundle import read_manifest
from tests.cli import run
from tests.cli.run import ovopt
from tests.models import conv_model, saved

RECIPE = """
ovopt: 1
family: pictures
data:
  source: {kind: files, path: pictures, label: none}
  splits: {calibration: 4, tuning: 0, gate: rest}
preprocess: [decode_image, {resize: {size: 8, antialias: false}}, {scale: 255}, {layout: chw}]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model, a recipe, and pictures."""
    from PIL import Image

    saved(conv_model(), tmp_path)
    rng = np.random.default_rng(0)
    (tmp_path / "pictures").mkdir()
    for i in range(6):
        Image.fromarray(rng.integers(0, 256, (64 + i, 80 - i, 3)).astype(np.uint8)).save(tmp_path / f"pictures/{i}.png")
    (tmp_path / "recipe.yaml").write_text(RECIPE)
    return tmp_path


def test_the_result_is_a_sound_bundle_whatever_pays_here(folder: Path) -> None:
    """How fast what is depends on the machine; what is said of it does not."""
    done = ovopt("embed", "model.xml", "-r", "recipe.yaml", "-o", "out", "--time-budget", 1, cwd=folder)
    assert done.code == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("Made: ")
    assert lines[2].startswith("  embed_preprocessing, ")
    assert "    note: decode_image stays on the host: no operations stand for it" in lines
    assert any(line.startswith("    note: resize, scale, layout in the model: ") for line in lines)
    assert lines[-1] == "next: ovopt compare model.xml out"
    manifest = read_manifest(folder / "out")
    assert manifest is not None
    count = manifest.steps[0].embedded
    assert (manifest.preprocess is None) == (count == 0)
    assert manifest.preprocess is None or len(manifest.preprocess.embedded) == count


def test_samples_that_made_a_bundle_stay_those_of_what_is_made_of_it(folder: Path) -> None:
    assert ovopt("quantize", "model.xml", "-r", "recipe.yaml", "-q", "-o", "int8", cwd=folder).code == 0
    made = read_manifest(folder / "int8")
    done = ovopt("embed", "int8", "-r", "recipe.yaml", "-q", "-o", "out", "--time-budget", 1, "--any-size", cwd=folder)
    assert done.code == 0, done.stderr
    embedded = read_manifest(folder / "out")
    assert made is not None
    assert embedded is not None
    assert len(made.calibrated) == 4
    assert {*made.calibrated} <= {*embedded.calibrated}


def test_json_is_the_manifest(folder: Path) -> None:
    wanted = ("--time-budget", 1, "--any-size", "--format", "json", "--quiet")
    done = ovopt("embed", "model.xml", "-r", "recipe.yaml", *wanted, cwd=folder)
    assert done.code == 0, done.stderr
    assert done.stderr == ""
    manifest = json.loads(done.stdout)
    assert manifest == json.loads((folder / "model-embedded" / "ovopt.json").read_text())
    assert manifest["steps"][0]["parameters"] == {"time_budget_s": 1.0}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["-r", "recipe.yaml", "--set", "preprocess=[]"],
            "optimize.embed_preprocessing: the recipe has no `preprocess` left on the host to embed",
        ),
        (["-r", "recipe.yaml", "-d", "GPV"], "--device GPV: no such device here; "),
    ],
)
def test_a_mistake_is_said_and_writes_nothing(folder: Path, arguments: list[str], said: str) -> None:
    before = run.snapshot(folder)
    done = ovopt("embed", "model.xml", *arguments, cwd=folder)
    assert done.code == 2
    assert done.message.startswith(f"error: {said}")
    assert run.snapshot(folder) == before


def test_a_broken_sample_is_named_and_may_be_left_out(folder: Path) -> None:
    (folder / "pictures" / "1.png").write_bytes(b"no picture")
    (folder / "pictures" / "4.png").write_bytes(b"no picture")
    before = run.snapshot(folder)
    arguments = (
        "embed",
        "model.xml",
        "-r",
        "recipe.yaml",
        "-o",
        "out",
        "--time-budget",
        1,
        "--set",
        "data.splits.gate=0",
    )
    arguments = (*arguments, "--set", "data.splits.calibration=6")
    done = ovopt(*arguments, cwd=folder)
    assert done.code == 2
    assert ".png: decode_image: not an image that can be read" in done.message
    assert run.snapshot(folder) == before
    done = ovopt(*arguments, "--on-bad-sample", "skip", cwd=folder)
    assert done.code == 0, done.stderr
    manifest = read_manifest(folder / "out")
    assert manifest is not None
    assert manifest.data is not None
    assert set(manifest.data.left_out) == {"1.png", "4.png"}
