"""The command line's tree of commands."""

from __future__ import annotations

import importlib
from typing import Annotated

import typer

from ovopt import __version__

COMMANDS = (
    "simplify", "quantize", "compress", "prune", "embed", "optimize", "compare", "benchmark", "sweep", "card",
    "rebuild", "evaluate", "diagnose", "report", "gate", "doctor", "demo", "recipes", "history",
)  # fmt: skip
"""Modules of `ovopt.cli` in the order of the help: each holds `command`, or `app` where it has commands of its own."""

app = typer.Typer(
    name="ovopt",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)
for _name in COMMANDS:
    _module = importlib.import_module(f"ovopt.cli.{_name}")
    if hasattr(_module, "app"):
        app.add_typer(_module.app, name=_name)
    else:
        app.command(_name)(_module.command)


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
