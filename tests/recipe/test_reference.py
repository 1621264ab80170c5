"""The reference of a recipe's keys names all of them, and the docs hold its latest state."""

from __future__ import annotations

import inspect
import re
from functools import cache
from pathlib import Path

import pytest
from pydantic import BaseModel

from ovopt.contracts import DataSource, plugins
from ovopt.recipe import SECTIONS, TASK_METRICS, Recipe
from ovopt.recipe.reference import PLAIN, reference

WRITTEN = Path(__file__).resolve().parents[2] / "docs" / "reference.md"
KINDS: dict[str, dict[str, type[BaseModel]]] = {
    "data.source": dict(plugins("ovopt.data", DataSource)),
    **{section: dict(plugins(*found)) for section, found in SECTIONS.items()},
}
CHOSEN = [(section, name) for section, kinds in KINDS.items() for name in kinds]


@cache
def sections() -> dict[str, str]:
    """The text below each heading of the second rank."""
    parts = re.split(r"^## (.+)$", reference(), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def entry(section: str, name: str) -> str:
    """What is below a plug-in's heading."""
    parts = re.split(r"^### (.+)$", sections()[f"`{section}`"], flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))[f"`{name}`"]


def keys(text: str) -> dict[str, list[str]]:
    """The cells of a table's rows, by the first of them."""
    rows = [line.strip("|").split(" | ") for line in text.splitlines() if line.startswith("| `")]
    return {row[0].strip(" `"): [cell.strip() for cell in row[1:]] for row in rows}


def test_docs_reference_md_is_what_ovopt_recipes_reference_prints() -> None:
    assert WRITTEN.is_file(), "write it: ovopt recipes reference > docs/reference.md"
    assert WRITTEN.read_text(encoding="utf-8") == reference(), "stale: ovopt recipes reference > docs/reference.md"


def test_every_section_of_a_recipe_has_its_heading() -> None:
    assert sections().keys() == {f"`{name}`" for name in (*PLAIN, *KINDS)}
    told = {re.split(r"[.,]", name)[0] for name in (*PLAIN, *KINDS)}
    assert told == Recipe.model_fields.keys() - {"ovopt", "family", "description", "task"}


@pytest.mark.parametrize("name", PLAIN)
def test_every_key_of_a_plain_section_is_told(name: str) -> None:
    assert keys(sections()[f"`{name}`"]).keys() == PLAIN[name].model_fields.keys()


@pytest.mark.parametrize(("section", "name"), CHOSEN)
def test_every_plugin_is_told_with_its_docstring_and_all_its_keys(section: str, name: str) -> None:
    kind, text = KINDS[section][name], entry(section, name)
    assert (inspect.getdoc(kind) or "?") in text
    assert keys(text).keys() == kind.model_fields.keys()
    for field, (_, default, said) in keys(text).items():
        info = kind.model_fields[field]
        assert (info.description or "").replace("\n", " ") in said
        assert (default == "must be given") == info.is_required()
        assert ("a value alone means this key" in said) == (field == getattr(kind, "sole", None))


@pytest.mark.parametrize(("section", "name"), CHOSEN)
def test_short_names_are_told_where_they_belong(section: str, name: str) -> None:
    presets = getattr(KINDS[section][name], "presets", {})
    assert ("Short names: " in entry(section, name)) == bool(presets)
    assert all(f"`{preset}` (" in entry(section, name) for preset in presets)


def test_every_task_is_told_with_its_metrics() -> None:
    beginning = reference().partition("\n## ")[0]
    rows = re.findall(r"^\| `(.+?)` \| (.+) \|$", beginning, re.MULTILINE)
    assert {task: tuple(re.findall("`(.+?)`", names)) for task, names in rows} == TASK_METRICS


def test_every_table_has_four_columns_so_that_markdown_draws_it() -> None:
    for text in [part for name, part in sections().items() if name]:
        for line in text.splitlines():
            if line.startswith("| "):
                assert len(re.findall(r"(?<!\\)\|", line)) == 5, line


def test_it_ends_with_one_newline_and_says_who_wrote_it() -> None:
    assert reference().endswith("|\n") or not reference().endswith("\n\n")
    assert "Written by `ovopt recipes reference`." in reference()


def test_types_are_plain() -> None:
    told = [cells[0] for text in sections().values() for cells in keys(text).values()]
    assert not re.search(
        r"Annotated|FieldInfo|InstanceOf|Literal|Optional|Union|None|\[|\b(int|str|bool|dict)\b", " ".join(told)
    )


@pytest.mark.parametrize(
    ("place", "key", "words"),
    [
        (("preprocess", "scale"), "divisor", "number"),
        (("optimize", "quantize"), "preset", "`performance` or `mixed`"),
        (("optimize", "quantize"), "subset_size", "whole number"),
        (("optimize", "fold"), "outputs", "list of whole numbers or texts"),
        (("optimize", "quantize"), "advanced_parameters", "mapping of texts to anything"),
    ],
)
def test_a_type_is_told_in_words(place: tuple[str, str], key: str, words: str) -> None:
    assert keys(entry(*place))[key][0] == words
