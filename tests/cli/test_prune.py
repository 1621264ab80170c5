"""`ovopt prune`, as a user runs it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import openvino as ov
import pytest

from ovopt.bundle import read_manifest
from tests.cli.run import ovopt, snapshot, write_data, write_ir

COMMON = ("--recipe", "classification", "--data", "data.npz", "--multiple", 2)


@pytest.fixture
def given(tmp_path: Path) -> Path:
    write_ir(tmp_path / "tiny.xml")
    write_data(tmp_path / "data.npz")
    return tmp_path


def test_a_bundle_with_fewer_neurons_that_runs(given: Path) -> None:
    done = ovopt("prune", "tiny.xml", *COMMON, "--ratio", 0.2, cwd=given)
    assert done.code == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("Made: 25.0 % of the multiply-adds removed. about ")
    assert any(line.startswith("  prune, ") and "channels (first 8 -> 6)" in line for line in lines)
    assert "    note: left as it was: head: they are an output of the model" in lines
    assert lines[-1] == "next: ovopt compare tiny.xml tiny-pruned"
    model = ov.Core().read_model(given / "tiny-pruned" / "model.xml")
    assert {op.get_friendly_name(): op.get_output_shape(0) for op in model.get_ordered_ops()}["first"] == [1, 6]
    assert ov.Core().compile_model(model, "CPU")([np.ones((1, 16), np.float32)])[0].shape == (1, 4)
    manifest = read_manifest(given / "tiny-pruned")
    assert manifest is not None
    assert [step.name for step in manifest.steps] == ["simplify", "prune"]
    assert manifest.steps[1].effect["channels"] == {"first": 6}


def test_json_is_the_manifest(given: Path) -> None:
    done = ovopt("prune", "tiny.xml", *COMMON, "--no-simplify", "-o", "p", "--format", "json", "-q", cwd=given)
    assert done.code == 0, done.stderr
    assert json.loads(done.stdout) == json.loads((given / "p" / "ovopt.json").read_text())
    assert [step["name"] for step in json.loads(done.stdout)["steps"]] == ["prune"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("--max-drop", 0.01, "--target-speedup", 2),
            "error: --max-drop and --target-speedup: give one; a search keeps one of them",
        ),
        (("--ratio", 1.5), "error: --ratio 1.5: optimize[1].prune.ratio: input should be less than 1, not 1.5"),
        (
            ("--fine-tune", "--max-drop", 0.01),
            "error: --max-drop is about whole channels, and --fine-tune zeroes single weights; leave one of them out",
        ),
        (
            ("--fine-tune", "--target-speedup", 2),
            "error: --target-speedup is about whole channels, and --fine-tune zeroes single weights; leave one of them "
            "out",
        ),
        (
            ("--fine-tune",),
            "error: --multiple is about whole channels, and --fine-tune zeroes single weights; leave one of them out",
        ),
        (("--epochs", 3), "error: --epochs needs --fine-tune; leave it out"),
        (
            ("--resume",),
            "error: --resume: is about a search, or --fine-tune; give --max-drop or --fine-tune, too",
        ),
        (
            ("--set", "optimize.prune.ratios.frist=0.5"),
            "error: optimize.prune.ratios: no layer that makes channels is called 'frist'; did you mean 'first'?",
        ),
    ],
    ids=["two goals", "ratio", "tuned drop", "tuned speed", "tuned channels", "epochs", "resume", "layer"],
)
def test_a_mistake_is_explained_and_nothing_written(given: Path, arguments: tuple[object, ...], message: str) -> None:
    before = snapshot(given)
    done = ovopt("prune", "tiny.xml", *COMMON, *arguments, cwd=given)
    assert done.code == 2
    assert done.message == message
    assert snapshot(given) == before


def test_a_model_that_cannot_be_trained_is_told_before_anything_is_read(given: Path) -> None:
    """No framework is needed to say so."""
    (given / "empty.npz").touch()
    done = ovopt("prune", "tiny.xml", "--recipe", "classification", "--data", "empty.npz", "--fine-tune", cwd=given)
    assert done.code == 2
    assert done.message == (
        "error: tiny.xml: holds no PyTorch module that could be trained; give the exported program (torch.export.save, "
        ".pt2), or a function that builds the module: FILE.py:FUNCTION@WEIGHTS with --trust; or leave training out: "
        "`ovopt prune` without --fine-tune needs no framework"
    )


def test_random_data_are_refused(given: Path) -> None:
    done = ovopt("prune", "tiny.xml", "-o", "p", cwd=given)
    assert done.code == 2
    assert done.message == "error: calibration needs real samples: give --data, or a recipe with a data source"


def test_what_cannot_be_pruned_says_why(given: Path) -> None:
    done = ovopt("prune", "tiny.xml", "-r", "classification", "--data", "data.npz", "-o", "p", cwd=given)
    assert done.code == 1
    assert done.message == (
        "error: prune found nothing to remove: first: no more channels than the multiple; "
        "head: they are an output of the model"
    )
    assert not (given / "p").exists()
