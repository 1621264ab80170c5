"""`ovopt history log`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from ovopt.cli import options as o


def command(
    files: Annotated[list[Path], typer.Argument(help="Comparison files.")],
    to: Annotated[
        str,
        typer.Option(
            "--to",
            metavar="URI",
            envvar="MLFLOW_TRACKING_URI",
            help="MLflow's tracking URI: sqlite:///mlflow.db, http://server:5000 ...",
        ),
    ],
    experiment: Annotated[str, typer.Option(help="MLflow's experiment; made if it is not there.")] = "ovopt",
    output_format: o.FormatOption = o.Format.console,
) -> None:
    """Log comparisons to MLflow: a run for each candidate, with settings, figures, verdict, the file and its page.
    Logging one again changes nothing. Needs the extra `mlflow`.

    Example: `ovopt history log comparison.json --to sqlite:///mlflow.db`
    """
    from ovopt.workflow.stored.mlflow import log_to_mlflow

    logged = log_to_mlflow(files, to, experiment)
    if output_format is o.Format.json:
        print(json.dumps([one.model_dump() for one in logged]))
        return
    for one in logged:
        there = "" if one.new else ", there already"
        print(f"{one.file}: {one.name} is run {one.run} of experiment {one.experiment}{there}")
