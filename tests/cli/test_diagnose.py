"""`ovopt diagnose`, as a user runs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli import run
from tests.cli.run import ovopt
from tests.workflow.searching.searched import FEW, loud_data, rescuable

SETTINGS = [word for setting in FEW for word in ("--set", setting)]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`model.xml`, and `int8`, which lost its accuracy in the layer `wide`."""
    folder = tmp_path_factory.mktemp("ruined")
    rescuable(folder / "model.xml")
    loud_data(folder / "data.npz")
    options = ("-r", "classification", "--data", "data.npz", *SETTINGS, "--no-simplify", "-o", "int8", "-q")
    done = ovopt("quantize", "model.xml", *options, cwd=folder)
    assert done.code == 0, done.stderr
    return folder


def test_the_culprit_its_fix_and_its_layers_are_printed_and_written(made: Path) -> None:
    before = run.snapshot(made)
    done = ovopt("diagnose", "model.xml", "int8", "--top", 3, "--time-budget", 60, "-o", "diagnosis.json", cwd=made)
    assert done.code == 0, done.stderr
    assert "1. accuracy: wide costs " in done.stdout
    assert "         ignored_scope:\n           names: [wide]\n" in done.stdout
    assert "3 of 4 layers, the worst first; --top shows more" in done.stdout
    assert "recipe, data and seed as in the manifest of int8" in done.stderr
    written = json.loads((made / "diagnosis.json").read_text())
    assert written["schema"] == "ovopt.diagnosis/1"
    assert written["problems"][0]["layers"] == ["wide"]
    assert run.snapshot(made).keys() - before.keys() == {"diagnosis.json"}
    (made / "diagnosis.json").unlink()


def test_one_model_alone_is_looked_at_too_and_json_is_the_diagnosis_and_nothing_else(made: Path) -> None:
    hint = ("--property", "INFERENCE_PRECISION_HINT=f32")
    options = ("-r", "classification", "--data", "data.npz", *SETTINGS, *hint, "--format", "json", "-q")
    done = ovopt("diagnose", "model.xml", *options, cwd=made)
    assert (done.code, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert {layer["name"] for layer in found["layers"]} == {"wide", "first", "active", "head"}
    assert found["notes"][0].startswith("CPU runs this model in f32")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nowhere.xml", "int8"), "error: nowhere.xml: no such model"),
        (("model.xml", "int8", "-o", "data.npz"), "error: data.npz: not a file that ovopt wrote"),
        (("model.xml", "int8", "-o", "data.npz", "--force"), "error: data.npz: not a file that ovopt wrote"),
        (("model.xml", "--property", "NO_SUCH=1", "-r", "generic"), "error: CPU refuses the properties NO_SUCH=1"),
        (("model.xml", "int8", "-r", "digitz"), "error: no recipe is called 'digitz'; did you mean 'digits'?"),
    ],
)
def test_mistakes_are_explained_and_nothing_is_written(made: Path, arguments: tuple[str, ...], message: str) -> None:
    before = run.snapshot(made)
    done = ovopt("diagnose", *arguments, cwd=made)
    assert done.code == 2
    assert done.message.startswith(message)
    assert run.snapshot(made) == before
