"""Options in messages: every one that the source names works on every command that may print it, and in Python."""

from __future__ import annotations

import ast
import pickle
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

import ovopt
from ovopt.errors import OvoptError
from ovopt.recipe import SECTIONS, Override, Recipe, with_overrides
from ovopt.spelling import OPTION, in_python, on_command
from tests.cli.run import write_ir
from tests.cli.test_help import ALL
from tests.test_docs import commands

PACKAGE = Path(ovopt.__file__).parent
OPTIONS = {
    " ".join(path): {name for param in command.params for name in (*param.opts, *param.secondary_opts)}
    for path, command in commands()
}
OPTIONS["history"] = {name for param in ALL["ovopt history"].params for name in param.opts}
ANY = frozenset().union(*OPTIONS.values())


def texts(tree: ast.Module) -> Iterator[str]:
    """The texts of a module, holes filled; neither docstrings nor help."""
    left_out = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg in ("help", "description"):
            left_out |= {id(below) for below in ast.walk(node.value)}
        if isinstance(node, ast.JoinedStr):
            left_out |= {id(part) for part in node.values}
    for node in ast.walk(tree):
        if id(node) not in left_out and isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "7" for part in node.values)
        elif id(node) not in left_out and isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def told() -> Iterator[tuple[str, str]]:
    """Every message of the package that names an option."""
    for file in sorted({*PACKAGE.rglob("*.py")} - {PACKAGE / "spelling.py"}):
        for text in texts(ast.parse(file.read_text(encoding="utf-8"))):
            named = [found for found in OPTION.finditer(text) if found["name"]]
            if named and " " in text and not text.startswith(("$ ", " --")):  # parts of a command
                yield f"{file.relative_to(PACKAGE)}: {text}", text


TOLD = dict(told())


def names(text: str) -> list[tuple[str, str]]:
    """The options that a message names for the command itself, with their values."""
    own = re.sub(r"--\S+( \S+)? \(of `ovopt compare`\)", "", text)
    return [
        (f"--{found['name']}", (found["value"] or "").strip("\"'")) for found in OPTION.finditer(own) if found["name"]
    ]


def test_there_are_messages_to_look_at() -> None:
    assert len(TOLD) > 60


@pytest.mark.parametrize("where", TOLD)
def test_every_option_of_a_message_is_one_of_the_command_that_prints_it(where: str) -> None:
    for options in OPTIONS.values():
        assert {name for name, _ in names(on_command(TOLD[where], options))} <= options
    for name, _ in re.findall(r"(--[a-z-]+)((?: \S+)?) \(of `ovopt compare`\)", on_command(TOLD[where], ())):
        assert name in ANY


@pytest.mark.parametrize("where", TOLD)
def test_every_setting_of_a_message_is_one_of_the_recipe(where: str) -> None:
    for command, options in OPTIONS.items():
        for name, value in names(on_command(TOLD[where], options)):
            if name == "--set" and "=" in value and not value.startswith("7"):
                eight = {section: [{"any": {}}] * 8 for section in SECTIONS}  # a name that is filled in reads as 7
                settings = with_overrides(eight, [Override.of(value.replace("...", "7"))])
                assert settings.keys() <= Recipe.model_fields.keys(), command


@pytest.mark.parametrize("where", TOLD)
def test_no_option_is_left_in_python(where: str) -> None:
    assert not [found for found in OPTION.finditer(in_python(TOLD[where])) if found["name"]]


@pytest.mark.parametrize(
    ("text", "python"),
    [
        ("a: exists already; name another -o/--output, or --force to replace it",
         "a: exists already; name another output, or force=True to replace it"),
        ("no data: give --data, or a recipe with a data source", "no data: give data, or a recipe with a data source"),
        ("say which with --set data.source.kind=npz.", 'say which with settings=["data.source.kind=npz"].'),
        ("say it with --set data.source.kind=...", 'say it with settings=["data.source.kind=..."]'),
        ("--set metrics=[f1,auroc], too", 'settings=["metrics=[f1,auroc]"], too'),
        ("fix it with --shape x=1,3,4, or more", 'fix it with settings=["model.shapes.x=[1,3,4]"], or more'),
        ("a; --on-bad-sample skip leaves them out", 'a; settings=["data.on_bad_sample=skip"] leaves them out'),
        ("no answer within 9 s (--answer-limit)", "no answer within 9 s (answer_limit_s)"),
        ("measure again with --time-budget 120", "measure again with time_budget_s=120"),
        ("`ovopt compare --time-budget 120` does", "`ovopt compare --time-budget 120` does"),
    ],
)  # fmt: skip
def test_an_option_is_an_argument_in_python(text: str, python: str) -> None:
    assert in_python(text) == python


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        ("--property A=f32 sets it", {"--set"}, '--set "runtime.properties.A=f32" sets it'),
        ("--property A=f32 sets it", {"--property"}, "--property A=f32 sets it"),
        ("say which with --set data.source.kind=npz", {"--data"}, "say which with data.source.kind=npz in the recipe"),
        ("add --scenario latency", {"--budget"}, "add --scenario latency (of `ovopt compare`)"),
        ("--device GPU: no such device", {"--set"}, '--set "runtime.device=GPU": no such device'),
    ],
)
def test_what_a_command_lacks_is_said_in_another_way(text: str, options: set[str], said: str) -> None:
    assert on_command(text, options) == said


def test_the_advice_is_what_the_parser_of_that_command_takes() -> None:
    for path, command in commands():
        if "--set" not in OPTIONS[" ".join(path)]:
            continue
        advice = on_command("--property A=f32 --on-bad-sample skip --shape x=1,3", OPTIONS[" ".join(path)])
        arguments = ["x"] * sum(param.param_type_name == "argument" for param in command.params)
        command.make_context("ovopt", [*arguments, *shlex.split(advice)])


def test_an_error_in_python_names_arguments(tmp_path: Path) -> None:
    model, there = write_ir(tmp_path / "tiny.xml"), tmp_path / "there"
    there.mkdir()
    with pytest.raises(OvoptError) as told:
        ovopt.quantize(model, there)
    assert "--" not in str(told.value)
    assert "force=True" in str(told.value)


def test_a_function_that_spells_can_be_pickled_and_tells_its_home() -> None:
    assert pickle.loads(pickle.dumps(ovopt.quantize)) is ovopt.quantize
    assert ovopt.quantize.__doc__
