"""`ovopt rebuild`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ovopt.cli import options as o

if TYPE_CHECKING:
    from ovopt.records.bundle import Rebuilt

GRAPHS = {
    "identical": "identical",
    "renumbered": "identical, but for the numbers in names that a process counts",
    "different": "DIFFERENT",
}


def command(
    bundle: Annotated[Path, typer.Argument(help="A bundle that an ovopt command wrote.")],
    model: Annotated[
        str | None, typer.Option(metavar="PATH", help="The original, if it is not where the manifest says.")
    ] = None,
    data: o.Data = None,
    output: Annotated[Path | None, o.output("The bundle to write; default: BUNDLE-rebuilt in this folder.")] = None,
    trust: o.Trust = False,
    force: Annotated[
        bool,
        typer.Option("--force", help="Replace an existing output; take another model or other samples, and label it."),
    ] = False,
    output_format: o.Format = "console",
    quiet: o.Quiet = False,
) -> None:
    """Make a bundle again from its manifest, and say whether weights and graph are the same.

    Model and samples must be those that the manifest knows by their hashes. The winner of a search is made again, not
    searched again. Exit code 0: the same; 3: not the same.

    Example: `ovopt rebuild model-int8 -o again/`
    """
    from ovopt.workflow.rebuilding.rebuild import rebuild

    target = output or Path(f"{bundle.resolve().name}-rebuilt")
    result = rebuild(bundle, target, model=model, data=o.given_data(data), force=force, trust=trust, progress=not quiet)
    print(result.model_dump_json(by_alias=True) if output_format == "json" else "\n".join(_said(result)))
    raise typer.Exit(0 if result.same else 3)


def _said(result: Rebuilt) -> list[str]:
    return [
        f"{result.output}: {'the same as' if result.same else 'NOT the same as'} {result.bundle}",
        f"  weights: {'identical' if result.weights_identical else 'DIFFERENT'}",
        f"  graph: {GRAPHS[result.graph]}",
        *(f"  {one.name}: was {one.then or 'absent'}, is {one.now or 'absent'}" for one in result.versions),
        *(f"  NOT ALIKE: {label}" for label in result.labels),
    ]
