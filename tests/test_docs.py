"""README and docs hold: their commands, options, recipes, plug-ins, links and names exist and work."""

from __future__ import annotations

import ast
import inspect
import json
import re
import shlex
import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest
import typer
import yaml

import ovopt
from ovopt.bench.scenario import Scenario
from ovopt.cli.app import app
from ovopt.contracts import DataSource, plugins
from ovopt.recipe import Recipe, load_recipe, parse_recipe
from tests.cli.run import ovopt as run
from tests.cli.run import scores, write_ir

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
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
        assert (ROOT / "ovopt" / name).exists(), name


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


# Recipes


def examples() -> tuple[str, str]:
    """The whole recipe and the quantize step of `docs/recipes.md`."""
    whole, step = fenced(ROOT / "docs" / "recipes.md", "yaml")
    return whole, step


def test_the_recipe_of_the_docs_is_sound(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(examples()[0], encoding="utf-8")
    recipe = load_recipe(tmp_path / "mine.yaml")
    assert recipe.family == "my-classifier"
    raw = yaml.safe_load(examples()[0])
    assert raw.keys() == Recipe.model_fields.keys()


def test_the_recipe_of_the_docs_fits_the_schema() -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="the extra `dev` brings jsonschema")
    from ovopt.schema import recipe_schema

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


@pytest.mark.parametrize("page", ["recipes.md", "extending.md"])
def test_the_pieces_of_recipes_within_the_text_are_sound(page: str) -> None:
    sections = "|".join(Recipe.model_fields)
    for code in inline(ROOT / "docs" / page):
        plugin = re.fullmatch(r"(parts|window): (\[.*\]|\{.*\})", code)
        values = {"preprocess": [yaml.safe_load(code)]} if plugin else {}
        key = re.fullmatch(r"model\.(\w+): (.*)", code)
        values = {"model": {key.group(1): yaml.safe_load(key.group(2))}} if key else values
        if re.fullmatch(rf"({sections}): .*", code) and "lines" not in code and "mean_error" not in code:
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


# Extending


def blocks() -> dict[str, str]:
    """The files that `docs/extending.md` writes: the first line of each names it."""
    found = fenced(ROOT / "docs" / "extending.md", "python")
    return {block.splitlines()[0].removeprefix("# "): block for block in found}


def test_the_metric_and_the_data_source_of_the_docs_work_as_soon_as_their_files_are_there(tmp_path: Path) -> None:
    copy, work = tmp_path / "copy", tmp_path / "work"
    shutil.copytree(ROOT / "ovopt", copy / "ovopt", ignore=shutil.ignore_patterns("__pycache__"))
    work.mkdir()
    for name in ("ovopt/metrics/mean_error.py", "ovopt/data/lines.py"):
        (copy / name).write_text(blocks()[name], encoding="utf-8")
    rng = np.random.default_rng(0)
    table = np.column_stack([rng.standard_normal((8, 16)).round(3), rng.integers(0, 4, 8)])
    np.savetxt(work / "samples.txt", table)
    write_ir(work / "tiny.xml")
    text = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
    (work / "mine.yaml").write_text(
        "ovopt: 1\nfamily: mine\nmetrics: [mean_error]\npreprocess: [{cast: float32}]\n"
        "data: {source: {kind: lines, path: samples.txt}}\n"
    )
    assert "`metrics: [mean_error]`" in text
    assert "`data: {source: {kind: lines, path: samples.txt}}`" in text
    done = run("evaluate", "tiny.xml", "-r", "mine.yaml", "--format", "json", "-q", cwd=work, PYTHONPATH=str(copy))
    assert done.code == 0, done.stderr
    found = json.loads(done.stdout)["arms"][0]["accuracy"]["mean_error"]
    expected = np.abs(scores(table[:, :-1].astype(np.float32)) - table[:, -1:]).mean(axis=1)
    assert found["rows"] == pytest.approx(expected, rel=0.02)
    assert found["value"] == pytest.approx(expected.mean(), rel=0.01)
    assert found["higher_is_better"] is False


def test_the_test_of_the_docs_passes() -> None:
    metrics = pytest.importorskip("sklearn.metrics", reason="the extra `dev` brings scikit-learn")
    names: dict[str, Any] = {
        "np": np,
        "pytest": pytest,
        "RNG": np.random.default_rng(0),
        "mean_absolute_error": metrics.mean_absolute_error,
    }
    for file in ("ovopt/metrics/mean_error.py", "tests/metrics/test_mean_error.py"):
        exec(compile(blocks()[file], file, "exec"), names)
    names["test_it_is_scikit_learns_mean_absolute_error"]()


def test_every_kind_of_plugin_that_is_told_is_a_contract() -> None:
    contracts = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "ovopt" / "contracts").glob("*.py"))
    text = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
    kinds = re.findall(r"^An? `(\w+)` (?:has|is)|A `(\w+)` is called", text, re.MULTILINE)
    assert len(kinds) >= 4
    for kind in ("".join(found) for found in kinds):
        assert f"class {kind}(" in contracts
