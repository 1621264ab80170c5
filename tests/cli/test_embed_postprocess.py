"""`ovopt embed --postprocess`, as a user runs it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.cli import run
from tests.cli.run import ovopt, write_data, write_ir

RECIPE = """
ovopt: 1
family: tiny
data:
  source: {kind: npz, path: data.npz}
  splits: {calibration: 20, tuning: 20, gate: rest}
postprocess: [softmax, argmax]
metrics: [mae]
optimize: [{embed_postprocessing: {time_budget_s: 0.5}}]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model, a recipe, and data."""
    write_ir(tmp_path / "model.xml")
    write_data(tmp_path / "data.npz")
    (tmp_path / "recipe.yaml").write_text(RECIPE)
    return tmp_path


def test_the_model_gives_what_the_decoders_made_of_it_once_and_by_this_recipe(folder: Path) -> None:
    done = ovopt("embed", "model.xml", "-r", "recipe.yaml", "--postprocess", "-o", "out", cwd=folder)
    assert done.code == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("Made: 2 of 2 decoders in the model. ")
    assert lines[2].startswith("  embed_postprocessing, ")
    assert "    note: the host still does: nothing; the model gives 'scores' i64[1]" in lines
    assert any(line.startswith("    note: softmax, argmax in the model: ") for line in lines)
    again = ovopt("evaluate", "model.xml", "out", "--save-predictions", "said.jsonl", "--format", "json", cwd=folder)
    assert again.code == 0, again.stderr
    original, inside = json.loads(again.stdout)["arms"]
    assert original["accuracy"]["mae"] == inside["accuracy"]["mae"]
    said = [json.loads(line) for line in (folder / "said.jsonl").read_text().splitlines()]
    found = {one["id"]: one["prediction"] for one in said if one["arm"] == "out"}
    inputs = np.load(folder / "data.npz")["inputs"]
    assert len(found) == run.SAMPLES - 40
    assert found == {name: int(run.scores(inputs[int(name.partition("#")[2])]).argmax()) for name in found}
    twice = ovopt("embed", "out", "--postprocess", "-o", "twice", cwd=folder)
    assert twice.code == 2
    assert "the recipe has no `postprocess` left on the host to embed" in twice.message
    other = ovopt("evaluate", "out", "-r", "recipe.yaml", "--set", "postprocess=[argmax]", cwd=folder)
    assert other.code == 2
    assert "a part of the `postprocess` that it was made with is inside the model" in other.message


def test_optimize_takes_the_step_of_the_recipe(folder: Path) -> None:
    done = ovopt("optimize", "model.xml", "-r", "recipe.yaml", "-o", "out", "--format", "json", cwd=folder)
    assert done.code == 0, done.stderr
    manifest = json.loads(done.stdout)
    assert manifest["postprocess"]["embedded"] == [{"softmax": {}}, {"argmax": {}}]
    assert manifest["postprocess"]["host"] == []
    assert manifest["preprocess"] is None
    again = ovopt("optimize", "model.xml", "-r", "recipe.yaml", "-o", "out", "--resume", "--format", "json", cwd=folder)
    assert again.code == 0, again.stderr
    assert "unchanged, as of the last run" in again.stderr
    assert json.loads(again.stdout)["postprocess"] == manifest["postprocess"]


def test_where_nothing_can_be_embedded_it_is_said(folder: Path) -> None:
    wanted = ("--set", "postprocess=[max_parts]", "-o", "out")
    done = ovopt("embed", "model.xml", "-r", "recipe.yaml", "--postprocess", *wanted, cwd=folder)
    assert done.code == 0, done.stderr
    assert "    note: max_parts stays on the host: it takes all parts of a sample" in done.stdout.splitlines()
    assert json.loads((folder / "out" / "ovopt.json").read_text())["postprocess"] is None


def test_a_mistake_is_said_and_writes_nothing(folder: Path) -> None:
    before = run.snapshot(folder)
    done = ovopt("embed", "model.xml", "-r", "recipe.yaml", "--postprocess", "--set", "postprocess=[]", cwd=folder)
    assert done.code == 2
    assert done.message == (
        "error: optimize.embed_postprocessing: the recipe has no `postprocess` left on the host to embed"
    )
    assert run.snapshot(folder) == before
