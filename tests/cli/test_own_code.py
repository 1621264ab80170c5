"""`python:` in a recipe, as a user runs it: with trust, without it, and with code that fails or has changed."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from ovopt.bundle import read_manifest
from tests.cli import run

CODE = """
import numpy as np

def prepare(content):
    return np.asarray(content, np.float32)

def decode(output, inputs):
    return output[::-1] if inputs["x"].shape != (1, 16) else output * 1.0

def distance(output, target, by=1.0):
    return by * abs(int(output.argmax()) - target)

def late(output):
    if output.argmax() == 3:
        raise ValueError("no third class")
    return output

def boxes(output):
    return output[:3]
"""
RECIPE = """
ovopt: 1
family: mine
task: classification
preprocess: [{python: own.py:prepare}]
postprocess: [{python: own.py:decode}]
metrics: [top1, {python: {call: own.py:distance, unit: px, higher_is_better: false, settings: {by: 2}}}]
data: {source: {kind: npz, path: data.npz}, splits: {calibration: 40, tuning: 0, gate: rest}}
optimize: [{quantize: {subset_size: 20}}]
"""


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("own")
    run.write_ir(folder / "tiny.xml")
    run.write_data(folder / "data.npz")
    (folder / "recipes").mkdir()
    (folder / "recipes" / "own.py").write_text(CODE)
    (folder / "recipes" / "mine.yaml").write_text(RECIPE)
    return folder


def test_a_recipe_with_code_is_refused_until_its_user_trusts_it(work: Path) -> None:
    done = run.ovopt("evaluate", "tiny.xml", "-r", "mine", cwd=work)
    own = work / "recipes" / "own.py"
    assert (done.code, done.message) == (
        2,
        f"error: recipes/mine.yaml: preprocess[0].python: to use it is to run the code in {own}; if you trust it, "
        "allow that with --trust",
    )
    done = run.ovopt("evaluate", "tiny.xml", "-r", "mine", "--trust", "--format", "json", "-q", cwd=work)
    assert done.code == 0, done.stderr
    found = json.loads(done.stdout)["arms"][0]["accuracy"]
    inputs, labels = run.inputs_and_labels()
    answers = run.scores(inputs).argmax(1)
    assert found["top1"]["value"] == pytest.approx(np.mean(answers == labels))
    assert found["distance"]["value"] == pytest.approx(2 * np.abs(answers - labels).mean())
    assert (found["distance"]["unit"], found["distance"]["higher_is_better"]) == ("px", False)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("postprocess=[{python: recipes/own.py:late}]", "recipes/own.py:15: late fails: ValueError: no third class"),
        (
            "postprocess=[{python: recipes/own.py:boxes}]",
            "top1 cannot judge what recipes/own.py:18: boxes gives: class 3 is outside the 3 scores of the output",
        ),
    ],
)
def test_code_that_fails_on_a_sample_is_told_with_its_line_and_the_sample(
    work: Path, setting: str, message: str
) -> None:
    done = run.ovopt("evaluate", "tiny.xml", "-r", "mine", "--trust", "--set", setting, cwd=work)
    inputs, labels = run.inputs_and_labels()
    answers = run.scores(inputs).argmax(1)
    first = int(np.flatnonzero((answers if "late" in setting else labels) == 3)[0])
    assert (done.code, done.message) == (2, f"error: tiny.xml: data.npz#{first}: {message}")


def test_a_bundle_keeps_the_code_and_refuses_one_that_changed(work: Path) -> None:
    done = run.ovopt("optimize", "tiny.xml", "-r", "mine", "--trust", "-o", "made", "-q", cwd=work)
    assert done.code == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "next: ovopt compare tiny.xml made --trust"
    own = work / "recipes" / "own.py"
    manifest = read_manifest(work / "made")
    assert manifest is not None
    digest = manifest.recipe["postprocess"][0]["python"]["sha256"]
    assert (work / "made" / f"own-{digest[:8]}.py").read_text() == CODE
    own.write_text(f"{CODE}\n# changed\n")
    again = ("rebuild", "made", "--trust", "-o", "again", "-q")
    done = run.ovopt(*again, cwd=work)
    assert done.code == 2
    assert f"since made was made; the bundle keeps it as own-{digest[:8]}.py: put that in its place" in done.message
    assert done.message.startswith(f"error: {own}: has changed (sha256 ")
    done = run.ovopt("evaluate", "made", "-r", "mine", "--trust", "-q", cwd=work)
    assert done.code == 0, done.stderr
    told = " ".join(done.stdout.split())
    assert f"made was made with another own.py: has changed (sha256 {digest[:12]}..., now " in told
    own.unlink()
    done = run.ovopt(*again, cwd=work)
    assert done.code == 0, done.stderr
    assert done.stdout.startswith("again: the same as made\n")
