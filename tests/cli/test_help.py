"""Pages of help: options in groups, in words that fit the terminal."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from ovopt.cli.app import app
from ovopt.cli.help import GROUPS, OTHERS, group_of, mistyped, page
from ovopt.loss import WANTED


def walk(command: Any, words: tuple[str, ...] = ("ovopt",)) -> Iterator[tuple[str, Any]]:
    """Every command and group of commands."""
    yield " ".join(words), command
    for name, below in getattr(command, "commands", {}).items():
        yield from walk(below, (*words, name))


ALL = dict(walk(typer.main.get_command(app)))


def written(words: str, width: int = 80) -> str:
    """The page of a command."""
    command = ALL[words]
    return page(command, command.context_class(command, info_name=words, help_option_names=["-h", "--help"]), width)


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("words", ALL)
def test_a_page_fits_the_terminal(words: str, width: int) -> None:
    assert max(map(len, written(words, width).splitlines())) <= width


@pytest.mark.parametrize("words", [words for words, command in ALL.items() if not hasattr(command, "commands")])
def test_a_page_has_an_example_of_its_command(words: str) -> None:
    assert f"Example: {words}" in written(words)


@pytest.mark.parametrize("words", ALL)
def test_nothing_is_broken_between_two_widths(words: str) -> None:
    narrow, wide = (re.sub(r" \\\n", " ", written(words, width)).split() for width in (80, 120))
    assert narrow == wide
    assert not re.search(r"…|\.\.\.\w|<\w|\brange\b|None\b|Annotated|\[str\]|True|False", " ".join(wide))


@pytest.mark.parametrize("words", ALL)
def test_every_option_stands_in_the_group_of_its_purpose(words: str) -> None:
    titles = {param.name: group_of(param) for param in ALL[words].params if param.param_type_name == "option"}
    if words != "ovopt":
        assert OTHERS not in titles.values()
    blocks = {block.partition(":\n")[0]: block for block in written(words).split("\n\n")}
    for param in ALL[words].params:
        if param.param_type_name == "option" and not param.hidden:
            assert re.search(rf"(^|[ ,]){param.opts[0]}\b", blocks[titles[param.name]], re.MULTILINE), param.name


def test_every_name_of_a_group_is_that_of_an_option() -> None:
    known = {param.name for command in ALL.values() for param in command.params}
    assert {name for names in GROUPS.values() for name in names} <= known


@pytest.mark.parametrize("width", [80, 120])
def test_an_example_that_takes_two_lines_can_be_pasted_into_a_shell(width: int) -> None:
    whole = "ovopt prune model.pt2 --recipe classification --data val.npz --fine-tune --ratio 0.7"
    found = re.search(r"Example: (ovopt prune model\.pt2(?:\\\n|[^\n])*)", written("ovopt prune", width))
    assert found
    assert shlex.split(found[1].replace("\\\n", "")) == shlex.split(whole)


def test_what_a_shell_takes_as_one_word_is_not_broken() -> None:
    found = re.search(r"Example: ((?:\\\n|[^\n])*)", written("ovopt optimize", 70))
    assert found
    assert "--set 'optimize=[simplify, quantize]'" in re.sub(r" \\\n +", " ", found[1])


def test_choices_and_defaults_are_told() -> None:
    shown = " ".join(written("ovopt history").split())
    assert "--over AXIS What the figure is followed over; with --metric. One of created, ovopt, openvino," in shown
    assert "--format console|json|csv How to print it. Default: console." in shown
    assert "--percentile NUMBER The percentile that --latency-limit is about. Default: 99." in " ".join(
        written("ovopt compare").split()
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("quantise x", "no such command 'quantise'. Did you mean 'quantize'?; see `ovopt --help`"),
        ("quantize x y z", "got unexpected extra argument(s) (y z); see `ovopt quantize --help`"),
        (
            "compare x y --time-budget 0",
            "--time-budget: must be greater than or equal to 1; see `ovopt compare --help`",
        ),
        ("compare x y --seed x", "--seed: must be a valid integer; see `ovopt compare --help`"),
        ("compare", "ORIGINAL is missing; see `ovopt compare --help`"),
        ("history log x", "--to is missing; see `ovopt history log --help`"),
    ],
)
def test_words_that_are_refused_are_answered_in_one_line(
    words: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    with pytest.raises(Exception, match=r"\w") as told:
        app(words.split(), prog_name="ovopt", standalone_mode=False)
    assert mistyped(told.value) == f"error: {said}"


def test_no_words_at_all_are_answered_with_the_page() -> None:
    with pytest.raises(Exception, match="Usage: ovopt") as told:
        app([], prog_name="ovopt", standalone_mode=False)
    assert mistyped(told.value) == written("ovopt", 80).rstrip("\n")


@pytest.mark.parametrize(
    ("said", "loss"),
    [
        ("m.onnx --max-drop", "budget"),
        ("--max-drop --quiet m.onnx", "budget"),
        ("m.onnx --max-drop 1%", "1%"),
        ("m.onnx --max-drop=0.01", 0.01),
        ("m.onnx", None),
    ],
)
@pytest.mark.parametrize("command", ["quantize", "compress", "prune"])
def test_a_loss_without_a_figure_is_that_of_the_recipes_budget(
    command: str, said: str, loss: float | str | None
) -> None:
    context = ALL[f"ovopt {command}"].make_context(command, shlex.split(said))
    assert context.params["max_drop"] == loss


@pytest.mark.parametrize("wrong", ["-1", "m.onnx", "1 point"])
def test_what_is_no_loss_is_told_with_what_is_wanted(wrong: str) -> None:
    with pytest.raises(typer.BadParameter) as told:
        ALL["ovopt quantize"].make_context("quantize", ["m.onnx", "--max-drop", wrong])
    assert told.value.message == f"{wrong!r} is no loss: give {WANTED}"
