"""`ovopt rebuild` and `ovopt card`, as a user runs them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli import run
from tests.cli.conftest import Job


def test_a_bundle_is_made_again_with_identical_weights(work: Path) -> None:
    done = run.ovopt("rebuild", "int8", cwd=work)
    assert done.code == 0, done.stderr
    assert done.stdout.splitlines()[:2] == ["int8-rebuilt: the same as int8", "  weights: identical"]
    assert (work / "int8-rebuilt" / "model.bin").read_bytes() == (work / "int8" / "model.bin").read_bytes()


def test_one_that_comes_out_otherwise_exits_with_3(work: Path) -> None:
    inputs, labels = run.inputs_and_labels()
    run.write_data(work / "data.npz", inputs=inputs * 3, labels=labels)
    given = ("--data", "data.npz", "-o", "again", "-q")
    refused = run.ovopt("rebuild", "int8", *given, cwd=work)
    assert (refused.code, refused.stdout) == (2, "")
    assert refused.message.startswith("error: not what the bundle was made of; --force makes it all the same:\n")
    assert not (work / "again").exists()
    done = run.ovopt("rebuild", "int8", *given, "--force", "--format", "json", cwd=work)
    found = json.loads(done.stdout)
    assert (done.code, found["schema"]) == (3, "ovopt.rebuilt/1")
    assert not (found["weights_identical"] and found["graph"] == "identical")
    assert "fingerprint" in found["labels"][0]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("rebuild", "none"), "none: no such bundle; give the folder that an ovopt command wrote"),
        (("rebuild", "."), ".: not a bundle (no ovopt.json in it); give the folder that an ovopt command wrote"),
        (("rebuild", "int8", "-o", "int8"), "int8: is the bundle itself; name another -o/--output"),
        (("card", "tiny.xml"), "tiny.xml: not a bundle; give the folder that an ovopt command wrote"),
        (("card", "int8", "--comparison", "none.json"), "none.json: no such comparison file"),
    ],
    ids=["none", "folder", "itself", "model", "comparison"],
)
def test_what_cannot_be_done_says_why(work: Path, words: tuple[str, ...], message: str) -> None:
    before = run.snapshot(work)
    done = run.ovopt(*words, cwd=work)
    assert (done.code, done.stdout, done.message) == (2, "", f"error: {message}")
    assert run.snapshot(work) == before


def test_a_card_holds_the_figures_and_spares_what_others_wrote(job: Job, work: Path) -> None:
    comparison = ("--comparison", str(job.folder / "comparison.json"))
    done = run.ovopt("card", "int8", *comparison, cwd=work)
    assert done == run.Ran(0, "int8/README.md\n", "")
    text = (work / "int8" / "README.md").read_text()
    assert text.startswith("---\nlibrary_name: openvino\n")
    assert "Budgets: pass." in text
    again = run.ovopt("card", "int8", "--format", "json", cwd=work)
    assert json.loads(again.stdout) == {"card": "int8/README.md"}
    assert "Budgets" not in (work / "int8" / "README.md").read_text()
    (work / "int8" / "README.md").write_text("mine\n")
    refused = run.ovopt("card", "int8", cwd=work)
    assert (refused.code, refused.message) == (
        2, "error: int8/README.md: was not written by ovopt; --force replaces it",
    )  # fmt: skip
    assert run.ovopt("card", "int8", "--force", cwd=work).code == 0


def test_a_bundle_with_a_card_can_still_be_used(work: Path) -> None:
    assert run.ovopt("card", "int8", cwd=work).code == 0
    done = run.ovopt("rebuild", "int8", "-o", "again", "-q", cwd=work)
    assert done.code == 0, done.stderr
