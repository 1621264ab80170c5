"""Inputs of a stored comparison, held against what is on disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ovopt.data.content import hash_of
from ovopt.data.files import Files
from ovopt.model.files.locate import describe
from ovopt.records import Comparison, DataFacts, RecipeFile
from ovopt.workflow.stored.comparison_file import judge_again
from ovopt.workflow.stored.inputs import changed_inputs
from tests.factories import comparison
from tests.models import adding_model, saved

SHAPE = (1, 2)


@pytest.fixture
def stored(tmp_path: Path) -> Comparison:
    """A comparison of two models by samples and a recipe that all lie in a folder."""
    files = {name: saved(adding_model(("x", SHAPE, np.float32)), tmp_path, name) for name in ("original", "int8")}
    np.savez(tmp_path / "d.npz", x=np.zeros((3, 2)), y=np.arange(3))
    (tmp_path / "my.yaml").write_text("ovopt: 1\nfamily: mine\n")
    whole, data = comparison({"int8": 0.55}), str(tmp_path / "d.npz")
    found = {arm.name: describe(files[arm.name]) for arm in whole.arms if arm.name in files}
    sizes = {arm.name: arm.model.size_bytes for arm in whole.arms}
    arms = tuple(
        arm.model_copy(update={"model": found[arm.name].model_copy(update={"size_bytes": sizes[arm.name]})})
        if arm.name in found
        else arm
        for arm in whole.arms
    )
    facts = DataFacts(source=data, fingerprint=hash_of(tmp_path / "d.npz"), seed=0, splits={})
    file = RecipeFile(path=str(tmp_path / "my.yaml"), sha256=hash_of(tmp_path / "my.yaml"))
    recipe = {"data": {"source": {"kind": "npz", "path": data}}, "budgets": {"accuracy": {"top1": {"max_drop": 0.05}}}}
    return whole.model_copy(update={"arms": arms, "data": facts, "recipe": recipe, "recipe_file": file})


def another_model(folder: Path) -> str:
    saved(adding_model(("x", (1, 3), np.float32)), folder, "int8")
    return f"int8 ({folder / 'int8.xml'})"


def other_samples(folder: Path) -> str:
    np.savez(folder / "d.npz", x=np.ones((3, 2)), y=np.arange(3))
    return str(folder / "d.npz")


def another_recipe(folder: Path) -> str:
    (folder / "my.yaml").write_text("ovopt: 1\nfamily: another\n")
    return f"the recipe {folder / 'my.yaml'}"


def test_what_is_as_it_was_is_no_remark(stored: Comparison) -> None:
    assert changed_inputs(stored) == []
    assert judge_again(stored, []).notes == stored.notes


@pytest.mark.parametrize("change", [another_model, other_samples, another_recipe])
def test_an_input_with_other_content_is_named_by_a_gate(
    stored: Comparison, tmp_path: Path, change: Callable[[Path], str]
) -> None:
    what = change(tmp_path)
    (said,) = changed_inputs(stored)
    assert said.startswith(f"{what} has other content now than when it was compared (")
    assert said.endswith("...); compare again to judge it")
    assert judge_again(judge_again(stored, []), []).notes == (said, *stored.notes)


def test_what_is_not_there_any_more_is_no_remark(stored: Comparison, tmp_path: Path) -> None:
    for file in tmp_path.iterdir():
        file.unlink()
    assert changed_inputs(stored) == []


def test_what_cannot_be_read_is_no_remark(stored: Comparison, tmp_path: Path) -> None:
    (tmp_path / "int8.bin").unlink()
    (tmp_path / "d.npz").unlink()
    (tmp_path / "d.npz").mkdir()
    assert changed_inputs(stored) == []


def test_a_folder_with_other_files_is_named(stored: Comparison, tmp_path: Path) -> None:
    (tmp_path / "val" / "cat").mkdir(parents=True)
    (tmp_path / "val" / "cat" / "1.png").write_bytes(b"1")
    source = {"kind": "files", "path": str(tmp_path / "val")}
    then = Files(path=source["path"]).open((), 0).fingerprint
    data = DataFacts(source=source["path"], fingerprint=then, seed=0, splits={})
    whole = stored.model_copy(update={"data": data, "recipe": {**stored.recipe, "data": {"source": source}}})
    assert changed_inputs(whole) == []
    (tmp_path / "val" / "cat" / "2.png").write_bytes(b"2")
    (said,) = changed_inputs(whole)
    assert said.startswith(f"{source['path']} has other content now than when it was compared (")


@pytest.mark.parametrize(
    "source", [None, 3, {}, {"kind": "hf", "path": "x"}, {"kind": [1]}, {"kind": "npz", "path": 3}]
)
def test_a_source_that_is_not_quick_to_tell_is_left_out(stored: Comparison, source: object) -> None:
    recipe = {**stored.recipe, "data": {"source": source}}
    assert changed_inputs(stored.model_copy(update={"recipe": recipe})) == []
