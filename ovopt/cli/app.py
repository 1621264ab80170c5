"""The command line's tree of commands."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from typing import Annotated

import typer

from ovopt import __version__
from ovopt.cli.gathered import gathered
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
