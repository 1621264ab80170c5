"""README and docs hold: their commands, options, recipes, plug-ins, links and names exist and work."""

from __future__ import annotations

import ast
import inspect
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import typer
import yaml

import ovopt
from ovopt.bench.scenario import Scenario
from ovopt.cli.app import app
from ovopt.contracts import DataSource, plugins
from ovopt.recipe import Recipe, load_recipe, parse_recipe
from ovopt.workflow.applying import work
from tests.cli.run import write_data, write_onnx
from tests.workflow.searching.searched import speed_by_count

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
COMMANDS = typer.main.get_command(app)


def fenced(page: Path, language: str = r"\w*") -> list[str]:
    """The code blocks of a page."""
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def inline(page: Path) -> list[str]:
    """The code within a page's running text."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    return [" ".join(found.split()) for found in re.findall(r"`([^`]+)`", text)]


def commands_told() -> Iterator[tuple[str, str]]:
    for page in PAGES:
        lines = [line for block in fenced(page) for line in block.splitlines()]
        for line in [*lines, *inline(page)]:
            found = re.match(r"(?: *next: +)?(ovopt [a-z].*)", line)
            if found:
                yield page.name, found.group(1)


def commands(group: Any = COMMANDS, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command, by the words that call it."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


def parse(line: str) -> None:
    """What the command line makes of the words, without running it."""
    words = shlex.split(line, comments=True)[1:]
    words = words[: next((i for i, word in enumerate(words) if word in (">", "|", "...")), len(words))]
    command: Any = COMMANDS
    while words and hasattr(command, "commands") and not words[0].startswith("-"):
        assert words[0] in command.commands, f"no command {words[0]!r}"
        command = command.commands[words.pop(0)]
    if words:
        command.make_context("ovopt", words)


EXAMPLES = [(".".join(path), command) for path, command in commands()]


@pytest.mark.parametrize(("page", "line"), sorted(set(commands_told())), ids=str)
def test_a_command_that_is_told_is_one_that_the_command_line_takes(page: str, line: str) -> None:
    parse(line)


def test_there_are_commands_to_look_at() -> None:
    assert len(set(commands_told())) >= 12


@pytest.mark.parametrize(("name", "command"), EXAMPLES)
def test_the_help_of_every_command_has_examples_that_the_command_line_takes(name: str, command: Any) -> None:
    examples = re.findall(r"Example: `(ovopt [^`]+)`", inspect.cleandoc(command.callback.__doc__ or ""))
    assert examples
    for example in examples:
        assert example.split()[1 : len(name.split(".")) + 1] == name.split(".")
        parse(example)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_option_that_is_told_is_one_of_some_command(page: Path) -> None:
    told = {option for code in inline(page) for option in re.findall(r"(?<![\w-])--[a-z][a-z-]*", code)}
    known = {
        option
        for _, command in commands()
        for parameter in command.params
        for option in (*parameter.opts, *parameter.secondary_opts)
    }
    assert told <= known | {"--help", "--version"}


def test_a_wrong_option_would_be_found() -> None:
    with pytest.raises(Exception, match=r"(?i)no such option") as told:
        parse("ovopt quantize model.onnx --recip resnet")
    assert isinstance(told.value, click.UsageError) or "UsageError" in str(type(told.value).__mro__)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_to_a_page_leads_there(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_of_the_project_that_is_told_exists(page: Path) -> None:
    for code in inline(page):
        if re.fullmatch(r"[\w/]+/[\w.]+\.py", code) or re.fullmatch(r"(docs|ovopt|benchmarks|tests)/[\w./]*", code):
            assert (ROOT / code).exists() or (ROOT / "ovopt" / code).exists(), code


def test_the_modules_of_the_architecture_exist() -> None:
    (drawing,) = (block for block in fenced(ROOT / "docs" / "architecture.md") if "contracts/" in block)
    for name in re.findall(r"\b([a-z_]+(?:\.py|/))(?=[\s.,|])", drawing):
        assert any((ROOT / "ovopt").rglob(name.rstrip("/"))), name


def test_the_walk_names_every_room_once() -> None:
    rooms = [code for code in inline(ROOT / "docs" / "walk.md") if re.fullmatch(r"[a-z_/]+(?:\.py|/)", code)]
    assert len(rooms) > 20
    assert len(rooms) == len(set(rooms))


def test_every_extra_that_is_told_exists() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    texts = [page.read_text(encoding="utf-8") for page in PAGES]
    texts += [file.read_text(encoding="utf-8") for file in (ROOT / "ovopt").rglob("*.py")]
    told = {extra for text in texts for extra in re.findall(r"(?:ovopt|'\.|`\.)\[([a-z]+)\]", text)}
    assert told
    assert told <= extras.keys()


def test_the_targets_of_make_exist() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for page in PAGES:
        for target in re.findall(r"^make (\w+)", "\n".join(fenced(page)), re.MULTILINE):
            assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


@pytest.mark.parametrize("block", fenced(ROOT / "README.md", "python"))
def test_the_python_of_the_readme_calls_what_there_is(block: str) -> None:
    calls = [node for node in ast.walk(ast.parse(block)) if isinstance(node, ast.Call)]
    own = [call for call in calls if ast.unparse(call.func).startswith("ovopt.")]
    assert own
    for call in own:
        function = getattr(ovopt, ast.unparse(call.func).removeprefix("ovopt."))
        inspect.signature(function).bind(*call.args, **{str(word.arg): word.value for word in call.keywords})


def test_the_examples_of_the_python_page_run_one_after_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(work, "quick_speedup", speed_by_count)  # a model so small is not sped up on every machine
    write_onnx(tmp_path / "model.onnx")
    write_data(tmp_path / "val.npz")
    names: dict[str, Any] = {}
    for number, block in enumerate(fenced(ROOT / "docs" / "python.md", "python")):
        exec(compile(block, f"example {number}", "exec"), names)
    assert names["comparison"]["from-memory"].latency.speedup > 0
    assert (tmp_path / "report.html").is_file()


def test_the_functions_of_the_python_page_are_public_and_all_of_them_are_told() -> None:
    told = set(
        re.findall(r"\w+", " ".join([*inline(ROOT / "docs" / "python.md"), *fenced(ROOT / "docs" / "python.md")]))
    )
    functions = {name for name in ovopt.__all__ if inspect.isfunction(getattr(ovopt, name))}
    assert functions - told == {"demo", "load_suite", "read_manifest"}


# Recipes


def examples() -> tuple[str, str]:
    """The whole recipe and the quantize step of `docs/recipes.md`."""
    whole, *_, step = fenced(ROOT / "docs" / "recipes.md", "yaml")
    return whole, step


@pytest.mark.parametrize(
    "text", [block for block in fenced(ROOT / "docs" / "recipes.md", "yaml") if "ovopt: 1" in block]
)
def test_every_whole_recipe_of_the_docs_can_be_read(text: str) -> None:
    raw = yaml.safe_load(text)
    assert parse_recipe(raw, "docs").task == raw["task"]


def test_the_recipe_of_the_docs_is_sound(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(examples()[0], encoding="utf-8")
    recipe = load_recipe(tmp_path / "mine.yaml")
    assert recipe.family == "my-classifier"
    raw = yaml.safe_load(examples()[0])
    assert raw.keys() == Recipe.model_fields.keys()


def test_the_recipe_of_the_docs_fits_the_schema() -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="the extra `dev` brings jsonschema")
    from ovopt.recipe.reference import recipe_schema

    validator = jsonschema.Draft202012Validator(recipe_schema())
    found = validator.iter_errors(yaml.safe_load(examples()[0]))
    assert [f"{error.json_path}: {error.message}" for error in found] == []


def test_the_settings_of_the_docs_can_be_set(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(examples()[0], encoding="utf-8")
    settings = [one for code in inline(ROOT / "docs" / "recipes.md") for one in re.findall(r"--set (\S+=\S+)", code)]
    assert len(settings) == 2
    recipe = load_recipe(tmp_path / "mine.yaml", overrides=settings)
    assert recipe.data.splits.gate == 500


def test_the_quantize_step_of_the_docs_is_sound() -> None:
    (step,) = parse_recipe({"ovopt": 1, "family": "x", "optimize": yaml.safe_load(examples()[1])}, "docs").optimize
    assert step.name == "quantize"


def test_the_pieces_of_recipes_within_the_text_are_sound() -> None:
    sections = "|".join(Recipe.model_fields)
    for code in inline(ROOT / "docs" / "recipes.md"):
        plugin = re.fullmatch(r"(parts|window): (\[.*\]|\{.*\})", code)
        values = {"preprocess": [yaml.safe_load(code)]} if plugin else {}
        key = re.fullmatch(r"model\.(\w+): (.*)", code)
        values = {"model": {key.group(1): yaml.safe_load(key.group(2))}} if key else values
        if re.fullmatch(rf"({sections}): .*", code):
            values = yaml.safe_load(code)
        parse_recipe({"ovopt": 1, "family": "x", **values}, code)


def test_every_kind_of_data_is_told() -> None:
    text = (ROOT / "docs" / "recipes.md").read_text(encoding="utf-8")
    table = text.partition("## Data as they lie on disk")[2].partition("\n## ")[0]
    told = set(re.findall(r"^\| [^|]+ \| `(\w+)` \|", table, re.MULTILINE))
    assert told == plugins("ovopt.data", DataSource).keys()


def test_every_scenario_is_told() -> None:
    text = (ROOT / "docs" / "statistics.md").read_text(encoding="utf-8")
    table = text.partition("## Scenarios")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == plugins("ovopt.bench.scenarios", Scenario).keys()
