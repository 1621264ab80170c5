"""A recipe whose parts do not go together is refused before anything runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from ovopt.errors import RecipeError
from ovopt.locate import shipped
from ovopt.recipe.soundness import load_sound_recipe
from tests.factories import exactly

HEAD = "ovopt: 1\nfamily: mine\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("data:\n  splits: {tuning: rest}\n", "4: data.splits: tuning and gate cannot both be `rest`"),
        (
            "data:\n  splits: {calibration: 0.5, tuning: 0.5, gate: 0.1}\n",
            "4: data.splits: the shares add up to 1.1, more than all samples",
        ),
        ("data:\n  splits:\n    gate: -5\n", "5: data.splits.gate: -5 is no count of samples"),
        (
            "data:\n  source: {kind: npz, path: nope.npz}\n",
            "4: data.source.path: 'nope.npz': there is no such file or folder",
        ),
        (
            "data: {source: {kind: npz, path: '{nowhere}/a.npz'}}\n",
            "3: data.source.path: {nowhere}/a.npz: unknown folder {nowhere}; known: calibration_data, packages, python",
        ),
        (
            "preprocess:\n  - tokenize:\n      tokenizer: nope.json\n",
            "5: preprocess[0].tokenize.tokenizer: 'nope.json': there is no such file or folder",
        ),
        ("metrics: [top1,\n  top1]\n", "3: metrics: 'top1' is listed 2 times"),
        (
            "metrics: [top1]\nbudgets: {accuracy: {tpo1: {max_drop: 0.1}}}\n",
            "4: budgets.accuracy.tpo1: not among `metrics`; did you mean 'top1'?",
        ),
        (
            "metrics: [top1, {top_k: {k: 3}}]\nbudgets: {accuracy: {top_k: {max_drop: 0.1}}}\n",
            "4: budgets.accuracy.top_k: not among `metrics`; with its parameters it is called 'top1' and 'top3'",
        ),
    ],
)
def test_what_does_not_go_together_is_told_with_its_line(here: Path, text: str, fault: str) -> None:
    (here / "r.yaml").write_text(HEAD + text)
    with pytest.raises(RecipeError, match=exactly(f"r.yaml:{fault}")):
        load_sound_recipe("r.yaml")


def test_a_setting_is_told_as_it_was_given_and_may_mend_the_file(here: Path) -> None:
    (here / "r.yaml").write_text(f"{HEAD}metrics: [top1]\n")
    budget = "budgets.accuracy.top5.max_drop=0.1"
    message = f"--set {budget}: budgets.accuracy.top5: not among `metrics`; did you mean 'top1'?"
    with pytest.raises(RecipeError, match=exactly(message)):
        load_sound_recipe("r.yaml", overrides=[budget])
    assert load_sound_recipe("r.yaml", overrides=[budget, "metrics=[top1, top5]"]).budgets.accuracy


@pytest.mark.parametrize("name", sorted(file.stem for file in shipped("recipes").glob("*.yaml")))
def test_every_shipped_recipe_is_sound(name: str) -> None:
    assert load_sound_recipe(name).family
