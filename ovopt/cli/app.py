"""The command line's tree of commands."""

from __future__ import annotations

from typing import Annotated

import typer

from ovopt import __version__
from ovopt.cli import (
    benchmark,
    card,
    compare,
    compress,
    demo,
    diagnose,
    doctor,
    embed,
    evaluate,
    gate,
    history,
    optimize,
    prune,
    quantize,
    rebuild,
    recipes,
    report,
    simplify,
    sweep,
)

app = typer.Typer(
    name="ovopt",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("simplify")(simplify.command)
app.command("quantize")(quantize.command)
app.command("compress")(compress.command)
app.command("prune")(prune.command)
app.command("embed")(embed.command)
app.command("optimize")(optimize.command)
app.command("compare")(compare.command)
app.command("benchmark")(benchmark.command)
app.command("sweep")(sweep.command)
app.command("card")(card.command)
app.command("rebuild")(rebuild.command)
app.command("evaluate")(evaluate.command)
app.command("diagnose")(diagnose.command)
app.command("report")(report.command)
app.command("gate")(gate.command)
app.command("doctor")(doctor.command)
app.command("demo")(demo.command)
app.add_typer(recipes.app, name="recipes")
app.add_typer(history.app, name="history")


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
