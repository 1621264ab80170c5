"""Files of code that a recipe names: found beside it, trusted or not, kept by a bundle."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ovopt.errors import RecipeError
from ovopt.recipe import Recipe, load_recipe, parse_recipe
from ovopt.recipe.own_code import alike, code_in, copies, of_bundle, trusted
from ovopt.recipe.soundness import load_sound_recipe

RECIPE = """
ovopt: 1
family: mine
postprocess: [{python: heads/my_head.py:decode}, {python: {call: heads/my_head.py:decode, settings: {by: 3}}}]
metrics: [top1]
"""


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    file = tmp_path / "r.yaml"
    file.write_text(RECIPE)
    (tmp_path / "heads").mkdir()
    head(file).write_text("def decode(output, by=1): return output * by\n")
    return file


def head(recipe: Path) -> Path:
    return recipe.parent / "heads" / "my_head.py"


def loaded(recipe: Path) -> Recipe:
    return trusted(load_recipe(recipe), trust=True)


def test_a_file_of_code_lies_where_the_recipe_does(recipe: Path) -> None:
    assert [decoder.model_dump()["call"] for decoder in load_recipe(recipe).postprocess] == [
        f"{head(recipe)}:decode"
    ] * 2
    assert [decoder(2, {}) for decoder in loaded(recipe).postprocess] == [2, 6]


def test_one_on_the_command_line_lies_where_the_command_runs(recipe: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(recipe.parent / "heads")
    (decoder,) = trusted(load_recipe(recipe, overrides=["postprocess=[{python: my_head.py:decode}]"]), True).postprocess
    assert decoder(2, {}) == 2


def test_without_trust_a_recipe_with_code_is_refused_with_the_option_that_allows_it(recipe: Path) -> None:
    with pytest.raises(RecipeError) as caught:
        trusted(load_recipe(recipe), trust=False)
    assert str(caught.value) == (
        f"recipe: postprocess[0].python: to use it is to run the code in {head(recipe)}; if you trust it, allow that "
        "with --trust"
    )


def test_the_digest_stands_in_the_recipe_that_results_keep(recipe: Path) -> None:
    kept = loaded(recipe).resolved()
    ((file, digest), second) = code_in(kept)
    assert file == head(recipe)
    assert second == (file, digest)
    assert re.fullmatch("[0-9a-f]{64}", digest)
    again = trusted(parse_recipe(kept, "kept"), trust=True)
    assert again.resolved() == kept
    head(recipe).write_text("def decode(output, by=1): return output\n")
    with pytest.raises(RecipeError, match="has changed"):
        trusted(parse_recipe(kept, "kept"), trust=True)


def test_a_bundle_goes_by_its_copy_where_the_file_is_gone_and_refuses_one_that_changed(recipe: Path) -> None:
    own = loaded(recipe)
    ((name, content),) = copies(own).items()
    bundle = recipe.parent / "b"
    bundle.mkdir()
    (bundle / name).write_bytes(content)
    kept = own.resolved()
    assert of_bundle(kept, bundle) == kept
    head(recipe).write_text("changed = True\n")
    with pytest.raises(RecipeError) as caught:
        of_bundle(kept, bundle)
    assert re.sub(r"\w{12}\.\.\.", "...", str(caught.value)) == (
        f"{head(recipe)}: has changed (sha256 ..., now ...) since {bundle} was made; the bundle keeps it as {name}: "
        "put that in its place, or make the bundle again"
    )
    head(recipe).unlink()
    found = of_bundle(kept, bundle)
    assert {file for file, _ in code_in(found)} == {bundle / name}
    assert found != kept
    assert alike(found["postprocess"], kept["postprocess"])
    assert copies(trusted(parse_recipe(found, "found"), trust=True)).keys() == {name}, (
        "a copy of a copy is called alike"
    )
    (bundle / name).write_text("changed = True\n")
    with pytest.raises(RecipeError, match=rf"{name}: has changed .* since \S+ was made; make the bundle again"):
        of_bundle(kept, bundle)


def test_lists_of_plugins_are_alike_wherever_their_code_lies() -> None:
    places = ("a/my_head.py", "b/my_head-00000000.py")
    here, there = ([{"python": {"call": f"{file}:decode", "sha256": "0" * 64}}] for file in places)
    assert alike(here, there)
    assert not alike(here, [{"python": {**there[0]["python"], "call": "b/my_head.py:other"}}])
    assert not alike(here, [{"python": {**there[0]["python"], "sha256": "1" * 64}}])


def test_a_check_of_the_recipe_alone_tells_a_file_that_is_not_there(recipe: Path) -> None:
    head(recipe).unlink()
    with pytest.raises(RecipeError) as caught:
        load_sound_recipe(recipe)
    assert [line.rpartition("postprocess")[2] for line in str(caught.value).splitlines()] == [
        f"[{place}].python.call: {head(recipe)}: there is no such file" for place in (0, 1)
    ]
