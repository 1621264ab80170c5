"""The command line's tree of commands."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import is_dataclass
from functools import wraps
from typing import Annotated, Any

import typer

from ovopt import __version__
from ovopt.cli.help import Command, Group

COMMANDS: Mapping[str, Sequence[str]] = {
    "Make a model faster": ("simplify", "quantize", "compress", "prune", "embed", "optimize", "sweep"),
    "Prove it": ("compare", "evaluate", "benchmark", "diagnose", "gate", "report", "card", "rebuild", "history"),
    "Begin": ("doctor", "demo", "recipes"),
}
"""Modules of `ovopt.cli` in the order of the help: each holds `command`, or `app` where it has commands of its own."""

app = typer.Typer(
    name="ovopt",
    cls=Group,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def gathered(command: Callable[..., None]) -> Callable[..., None]:
    """The command as Typer takes it: each parameter that is a record stands for the options that the record's fields
    are."""
    signature = inspect.signature(command, eval_str=True)
    kinds: dict[str, Any] = {name: own.annotation for name, own in signature.parameters.items()}
    records = {name: kind for name, kind in kinds.items() if isinstance(kind, type) and is_dataclass(kind)}

    @wraps(command)
    def called(**given: Any) -> None:
        for name, record in records.items():
            given[name] = record(**{option: given.pop(option) for option in inspect.signature(record).parameters})
        command(**given)

    options: list[inspect.Parameter] = []
    for name, own in signature.parameters.items():
        of_it = inspect.signature(records[name], eval_str=True).parameters.values() if name in records else [own]
        options += [option.replace(kind=inspect.Parameter.KEYWORD_ONLY) for option in of_it]
    called.__signature__ = signature.replace(parameters=options)  # type: ignore[attr-defined]
    return called


for _title, _name in ((title, name) for title, names in COMMANDS.items() for name in names):
    _module = importlib.import_module(f"ovopt.cli.{_name}")
    if hasattr(_module, "app"):
        app.add_typer(_module.app, name=_name, cls=Group, rich_help_panel=_title)
    else:
        app.command(_name, cls=Command, rich_help_panel=_title)(gathered(_module.command))


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", is_eager=True, callback=_print_version)
    ] = False,
) -> None:
    """Make a model faster with OpenVINO and NNCF, and prove it."""
