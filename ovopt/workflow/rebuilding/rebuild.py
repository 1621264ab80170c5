"""Make a bundle again as its manifest says, and hold the two against each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import ovopt
from ovopt.bench.machine import machine
from ovopt.bundle import read_manifest, shapes_to_give
from ovopt.errors import DataError, ModelError, UsageError
from ovopt.model.files.ir import same_graph
from ovopt.model.files.locate import MANIFEST, describe
from ovopt.model.files.read import read_model
from ovopt.model.ports.facts import facts
from ovopt.output import check_free, new_folder
from ovopt.preparing.prepared import prepare
from ovopt.recipe import Recipe, parse_recipe, with_data
from ovopt.records import DataFacts, Manifest
from ovopt.records.rebuilt import Rebuilt, Versions
from ovopt.workflow.applying.work import Work
from ovopt.workflow.options import Options
from ovopt.workflow.rebuilding.recorded_steps import replayed
from ovopt.workflow.recipe_choice import Chosen


def rebuild(
    bundle: str | Path,
    output: str | Path,
    model: str | Path | None = None,
    data: str | Path | None = None,
    options: Options | None = None,
) -> Rebuilt:
    """Take the steps of a bundle again and write the bundle `output`. `model` and `data` are where they are now, if
    not where the manifest says.

    A model or samples other than those of the manifest are refused before any work; with `Options.force` they are
    labelled instead. What a search or a measurement decided is not decided anew.
    """
    options = options or Options()
    folder = Path(bundle)
    manifest = _manifest(folder)
    if Path(output).resolve() == folder.resolve():
        raise UsageError(f"{output}: is the bundle itself; name another -o/--output")
    check_free(Path(output), options.force, MANIFEST)
    facts_then = manifest.data
    if facts_then is None:
        raise DataError(f"{folder}: its manifest does not say which samples it was made with")
    recipe = _recipe(manifest, folder, data)
    steps = replayed(manifest, recipe, folder)
    source = manifest.source.path if model is None else model
    labels = [*_model_changes(manifest, source), *_data_changes(facts_then, recipe, source, options)]
    if labels and not options.force:
        raise UsageError("\n".join(["not what the bundle was made of; --force makes it all the same:", *labels]))
    work = Work.begin(source, steps, Chosen(recipe, facts_then.seed, ""), None, options)
    made, reports = work.applied(steps)
    if labels:
        noted = (*reports[-1].notes, *(f"NOT ALIKE: {label}" for label in labels))
        reports[-1] = reports[-1].model_copy(update={"notes": noted})
    with new_folder(Path(output), options.force, MANIFEST) as scratch:
        work.write(scratch, output, made, reports)
    return _held(folder, Path(output), manifest, labels)


def _manifest(folder: Path) -> Manifest:
    if not folder.is_dir():
        raise ModelError(f"{folder}: no such bundle; give the folder that an ovopt command wrote")
    manifest = read_manifest(folder)
    if manifest is None:
        raise ModelError(f"{folder}: not a bundle (no {MANIFEST} in it); give the folder that an ovopt command wrote")
    return manifest


def _recipe(manifest: Manifest, folder: Path, data: str | Path | None) -> Recipe:
    raw: Mapping[str, Any] = manifest.recipe if data is None else with_data(manifest.recipe, str(data))
    if not raw.get("data", {}).get("source"):
        raise DataError(f"{folder}: it was made with a data set in memory; give it as a file: --data FILE")
    return parse_recipe(raw, f"{folder / MANIFEST}: recipe")


def _model_changes(manifest: Manifest, source: str | Path) -> Iterator[str]:
    try:
        found = describe(source)
    except ModelError as error:
        raise ModelError(f"{error}; --model names the original where it is now") from None
    if found.sha256 != manifest.source.sha256:
        yield f"{source}: sha256 {found.sha256[:12]}..., the bundle was made of {manifest.source.sha256[:12]}..."


def _data_changes(then: DataFacts, recipe: Recipe, source: str | Path, options: Options) -> Iterator[str]:
    """Samples are opened, not prepared."""
    above = read_manifest(source)
    inputs = facts(read_model(source, shapes_to_give(above, recipe), options.trust)).inputs
    inside = above.preprocess if above else None
    now = prepare(recipe, inside.whole if inside else inputs, then.seed).facts
    if now.fingerprint != then.fingerprint:
        yield f"{now.source}: fingerprint {now.fingerprint[:12]}..., the bundle saw {then.fingerprint[:12]}..."
    changed = [name for name in then.splits if now.splits.get(name) != then.splits[name]]
    if changed and now.fingerprint == then.fingerprint:
        yield f"{now.source}: other samples in the splits {', '.join(changed)}"


def _held(bundle: Path, output: Path, manifest: Manifest, labels: list[str]) -> Rebuilt:
    weights, graphs = ([(f / f"model.{end}").read_bytes() for f in (bundle, output)] for end in ("bin", "xml"))
    return Rebuilt(
        bundle=str(bundle),
        output=str(output),
        weights_identical=weights[0] == weights[1],
        graph=same_graph(*(graph.decode() for graph in graphs)),
        versions=tuple(_versions(manifest)),
        labels=tuple(labels),
    )


def _versions(manifest: Manifest) -> Iterator[Versions]:
    here = machine()
    then = {"ovopt": manifest.ovopt, "processor": manifest.machine.processor, **manifest.machine.versions}
    now = {"ovopt": ovopt.__version__, "processor": here.processor, **here.versions}
    for name in sorted({*then, *now}):
        if then.get(name) != now.get(name):
            yield Versions(name=name, then=then.get(name), now=now.get(name))
