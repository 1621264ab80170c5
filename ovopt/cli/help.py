"""Pages of help: options in groups, each with its words beside it, and nothing broken that belongs together."""

from __future__ import annotations

import inspect
import re
import shutil
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin

from typer.core import TyperCommand, TyperGroup

from ovopt.errors import OvoptError
from ovopt.spelling import on_command

GROUPS: Mapping[str, Sequence[str]] = {
    "Data": ("recipe", "data", "label", "task", "sets", "shape", "on_bad_sample", "split", "model", "seed", "trust"),
    "NNCF": (
        "preset", "model_type", "mode", "ratio", "group_size", "all_layers", "awq", "scale_estimation", "gptq",
        "lora_correction", "sensitivity_metric", "backup_mode", "nncf_defaults", "subset_size", "ignored_name",
        "ignored_pattern", "ignored_type",
    ),
    "What is done": ("multiple", "fine_tune", "epochs", "one_size", "postprocess", "simplify", "plan", "self_test"),
    "Search": ("max_drop", "target_speedup", "aim", "search_budget", "resume"),
    "Judgement": ("budget", "against", "diagnosis", "comparison"),
    "Measurement": (
        "time_budget", "scenario", "precision", "rate", "latency_limit", "percentile", "arrivals", "vary",
        "answer_limit", "reference",
    ),
    "How OpenVINO runs": (
        "device", "hint", "batch", "streams", "threads", "requests", "properties", "load_config", "dump_config",
    ),
    "History": ("metric", "over", "store", "to", "experiment"),
    "Output": ("output", "save_predictions", "top", "force", "output_format", "quiet"),
}  # fmt: skip
"""Titles with the parameters below them, in the order of a page. An option that names its `rich_help_panel` stands
there; what is in none is among the others."""
OTHERS = "Others"
VALUES: Mapping[object, str] = {Path: "PATH", int: "N", float: "NUMBER", str: "TEXT"}
NARROWEST, WIDEST = 60, 120
ROOM = 30
"""Columns for names; longer ones have a line of their own."""


def with_budget(words: Sequence[str]) -> list[str]:
    """The words of a command line, in which `--max-drop` without a value means the loss that the recipe's budget
    allows."""
    found: list[str] = []
    for word, following in zip_longest(words, words[1:], fillvalue="--"):
        found.append(word)
        if word == "--max-drop" and re.match(r"-[^\d.]", following):
            found.append("budget")
    return found


class _Paged:
    """A command whose page is written here."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the page."""
        formatter.write(page(self, ctx, page_width()))


class Command(_Paged, TyperCommand):
    """A command that does something itself."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the words of the command line."""
        return super().parse_args(ctx, with_budget(args))

    def invoke(self, ctx: Any) -> Any:
        """Run the command; errors that it raises name its own options."""
        try:
            return super().invoke(ctx)
        except OvoptError as error:
            _respell(error, self)
            raise


class Group(_Paged, TyperGroup):
    """A command of commands."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command below, or the group by itself; errors that that raises name its own options."""
        try:
            return super().invoke(ctx)
        except OvoptError as error:
            if not ctx.invoked_subcommand:
                _respell(error, self)
            raise


def _respell(error: OvoptError, command: Any) -> None:
    options = {name for param in command.params for name in (*param.opts, *param.secondary_opts)}
    error.args = (on_command(str(error), options), *error.args[1:])


def page_width() -> int:
    """The terminal's width, within what reads well."""
    return min(max(shutil.get_terminal_size((80, 24)).columns, NARROWEST), WIDEST)


def page(command: Any, ctx: Any, width: int) -> str:
    """The page of a command: its call, its purpose, its arguments, its options in groups, its commands."""
    params = command.get_params(ctx)
    names = [_placeholder(param) for param in params if param.param_type_name == "argument"]
    below = ["COMMAND ..."] if hasattr(command, "commands") else []
    usage = " ".join([f"Usage: {ctx.command_path}", *names, "[OPTIONS]", *below])
    blocks = [usage, *(_paragraph(each, width) for each in _paragraphs(command)), *_tables(command, params, width)]
    return "\n\n".join(blocks) + "\n"


def _paragraphs(command: Any) -> list[str]:
    text = inspect.cleandoc(command.help or "")
    return [" ".join(each.split()) for each in text.split("\n\n") if each.strip()]


def _paragraph(text: str, width: int) -> str:
    """Running text; an example can be pasted into a shell, whose lines go on behind a backslash."""
    found = re.fullmatch(r"Example: `(.+)`", text)
    if not found:
        return _wrapped(text, width)
    return _wrapped(f"Example: {found[1]}", width - 2, "    ").replace("\n", " \\\n")


def _wrapped(text: str, width: int, indent: str = "") -> str:
    """Lines of a text, broken neither within a word nor within short code or what a shell takes as one word."""
    held = re.sub(r"`[^`]{,40}`|(?<!\w)'[^']*'(?!\w)", lambda code: code.group().replace(" ", "\0"), text)
    filled = textwrap.fill(held, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
    return filled.replace("\0", " ")


def _tables(command: Any, params: Sequence[Any], width: int) -> Iterator[str]:
    """The arguments, the options by group, and the commands by group."""
    kinds = _annotations(command)
    arguments = [(_placeholder(param), param.help or "") for param in params if param.param_type_name == "argument"]
    options: dict[str, list[tuple[str, str]]] = {title: [] for title in (*GROUPS, OTHERS)}
    for param in params:
        if param.param_type_name == "option" and not param.hidden:
            kind = kinds.get(param.name)
            row = _spelling(param, kind), _told(param, kind)
            options.setdefault(group_of(param), []).append(row)
    commands: dict[str, list[tuple[str, str]]] = {}
    for name, each in getattr(command, "commands", {}).items():
        commands.setdefault(each.rich_help_panel or "Commands", []).append((name, (_paragraphs(each) or [""])[0]))
    others = options.pop(OTHERS)
    for title, rows in {"": arguments, **commands, **options, OTHERS: others}.items():
        if rows:
            yield table(title, rows, width)


def group_of(param: Any) -> str:
    """The title that an option stands below."""
    named = (title for title, names in GROUPS.items() if param.name in names)
    return param.rich_help_panel or next(named, OTHERS)


def table(title: str, rows: Sequence[tuple[str, str]], width: int) -> str:
    """A title, and below it names with their words beside them; a longer name has a line of its own."""
    room = max((len(name) for name, _ in rows if len(name) <= ROOM), default=ROOM)
    indent = " " * (room + 4)
    lines = [f"{title}:"] if title else []
    for name, text in rows:
        words = _wrapped(f"{indent}{text}", width, indent)
        lines += [f"  {name}", words] if len(name) > room else [f"  {name:<{room}}  {words[len(indent) :]}"]
    return "\n".join(lines)


def _annotations(command: Any) -> Mapping[str, Any]:
    """The types of a command's parameters, by name."""
    parameters = inspect.signature(command.callback, eval_str=True).parameters if command.callback else {}
    return {name: _bare(own.annotation) for name, own in parameters.items()}


def _bare(annotation: Any) -> Any:
    """A type without what Typer is told, without None and without a list around it."""
    if get_origin(annotation) is Annotated:
        return _bare(get_args(annotation)[0])
    inner = [each for each in get_args(annotation) if each is not NoneType]
    return _bare(inner[0]) if inner and get_origin(annotation) is not Literal else annotation


def _placeholder(argument: Any) -> str:
    name = (argument.metavar or argument.name).upper()
    name = name if argument.nargs == 1 else f"{name} ..."
    return name if argument.required else f"[{name}]"


def _spelling(option: Any, kind: Any) -> str:
    """`-r, --recipe NAME`; both names of a switch."""
    names = ", ".join(sorted(option.opts, key=len))
    if option.is_flag:
        return " / ".join([names, *option.secondary_opts])
    choices = _choices(kind)
    named = option.metavar or (choices if len(choices) < ROOM else "NAME") or VALUES.get(kind, "VALUE")
    return f"{names} {named}"


def _choices(kind: Any) -> str:
    return "|".join(get_args(kind)) if get_origin(kind) is Literal else ""


def _told(option: Any, kind: Any) -> str:
    """The words on an option: with its choices where they do not stand beside its name, its default, the variable of
    the environment that gives it."""
    parts = [option.help or ""]
    if len(_choices(kind)) >= ROOM:
        parts.append(f"One of {', '.join(get_args(kind))}.")
    if option.required:
        parts.append("Must be given.")
    elif option.default not in (None, False, True, (), []):
        default = option.default
        parts.append(f"Default: {f'{default:g}' if isinstance(default, float) else default}.")
    elif option.default is True:
        parts.append(f"Default: {option.opts[0]}.")
    if option.envvar:
        parts.append(f"Environment: {option.envvar}.")
    return " ".join(parts)


def mistyped(error: Any) -> str:
    """The message on words that the parser refuses, and where the right ones are; the page itself where there are no
    words."""
    if type(error).__name__ == "NoArgsIsHelpError":
        return str(error.ctx.get_help()).rstrip("\n")
    said = " ".join(error.format_message().split())
    said = f"{said[:1].lower()}{said[1:]}"
    if param := getattr(error, "param", None):
        name = " / ".join(param.opts) if param.param_type_name == "option" else param.name.upper()
        said = f"{name}: {error.message}" if error.message else f"{name} is missing"
    said = re.sub(r"Value error, |, unable to parse.*|\.$", "", said).replace("Input should be", "must be")
    return f"error: {said}; see `{error.ctx.command_path if error.ctx else 'ovopt'} --help`"
