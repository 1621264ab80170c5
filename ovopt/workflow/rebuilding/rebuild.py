"""Make a bundle again as its manifest says, and hold the two against each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ovopt
from ovopt.bench.machine import machine
from ovopt.bundle import read_manifest, shapes_to_give
from ovopt.caller import untouched_caller
from ovopt.contracts.samples import bare_id
from ovopt.errors import DataError, ModelError, UsageError
from ovopt.model.files.ir import same_graph
from ovopt.model.files.locate import MANIFEST
from ovopt.output import claimed_folder
from ovopt.recipe import Recipe, parse_recipe, with_data, without_places
from ovopt.recipe.own_code import of_bundle
from ovopt.records import DataFacts, Manifest
from ovopt.records.bundle import Rebuilt, Versions
from ovopt.workflow.applying.trial_sizes import tried_inputs
from ovopt.workflow.applying.work import Work
from ovopt.workflow.beginning.options import as_path, bundle_folder, options_of
from ovopt.workflow.beginning.recipe_choice import is_on_disk
from ovopt.workflow.beginning.run import Run, begin
from ovopt.workflow.rebuilding.recorded_steps import recorded_steps

if TYPE_CHECKING:
    from ovopt.model.files.opened import ModelLike
    from ovopt.workflow.beginning.options import Data, Watched


@untouched_caller()
def rebuild(
    bundle: str | Path | Manifest,
    output: str | Path,
    *,
    model: ModelLike | None = None,
    data: Data = None,
    force: bool = False,
    trust: bool = False,
    progress: Watched = None,
) -> Rebuilt:
    """Take the steps of a bundle again and write the bundle `output`. `model` and `data` are where they are now, if
    not where the manifest says.

    A model or samples other than those of the manifest are refused before any work; with `force` they are labelled
    instead. What a search or a measurement decided is not decided anew.

    Raises UsageError, or one of its kinds, where bundle, model, data or arguments cannot be used, StepError where a
    step fails.
    """
    options = options_of(None, force, trust, (), progress)
    folder = bundle_folder(bundle)
    target = as_path("output", output)
    manifest = _manifest(folder)
    if target.resolve() == folder.resolve():
        raise UsageError(f"{target}: is the bundle itself; name another -o/--output")
    facts_then = manifest.data
    if facts_then is None:
        raise DataError(f"{folder}: its manifest does not say which samples it was made with")
    recipe = _recipe(manifest, folder, data)
    steps = recorded_steps(manifest, folder)
    options = replace(options, seed=facts_then.seed)
    held = None if is_on_disk(data) else data  # what is on disk is in the recipe already
    original = manifest.source.path if model is None else model
    with (
        claimed_folder(target, options.force, MANIFEST) as claimed,
        begin([original], recipe, held, options) as begun,
    ):
        run = replace(begun, made=(manifest,))
        labels = [*_model_changes(manifest, run), *_data_changes(facts_then, run)]
        if labels and not force:
            raise UsageError("\n".join(["not what the bundle was made of; --force makes it all the same:", *labels]))
        work = Work.begin(run, steps)
        made, reports = work.applied(steps)
        if labels:
            noted = (*reports[-1].notes, *(f"NOT ALIKE: {label}" for label in labels))
            reports[-1] = reports[-1].model_copy(update={"notes": noted})
        with claimed.new() as scratch:
            work.write(scratch, target, made, reports)
    return _held(folder, target, manifest, labels)


def _manifest(folder: Path) -> Manifest:
    if not folder.is_dir():
        raise ModelError(f"{folder}: no such bundle; give the folder that an ovopt command wrote")
    manifest = read_manifest(folder)
    if manifest is None:
        raise ModelError(f"{folder}: not a bundle (no {MANIFEST} in it); give the folder that an ovopt command wrote")
    return manifest


def _recipe(manifest: Manifest, folder: Path, data: Data) -> Recipe:
    raw: Mapping[str, Any] = of_bundle(without_places(manifest.recipe), folder)
    if is_on_disk(data):
        raw = with_data(raw, data)
    elif data is None and not raw.get("data", {}).get("source"):
        raise DataError(f"{folder}: it was made with a data set in memory; give it as a file: --data FILE")
    return parse_recipe(raw, f"{folder / MANIFEST}: recipe")


def _model_changes(manifest: Manifest, run: Run) -> Iterator[str]:
    try:
        found = run.model.file
    except ModelError as error:
        raise ModelError(f"{error}; --model names the original where it is now") from None
    if found.sha256 != manifest.source.sha256:
        yield f"{run.model}: sha256 {found.sha256[:12]}..., the bundle was made of {manifest.source.sha256[:12]}..."


def _data_changes(then: DataFacts, run: Run) -> Iterator[str]:
    """Samples are opened, not prepared."""
    above = run.model.manifest
    inside = above.preprocess if above else None
    now = run.prepare(
        inside.whole if inside else tried_inputs(run, run.model.shaped(shapes_to_give(above, run.recipe)))
    ).facts
    if now.fingerprint != then.fingerprint:
        yield f"{now.source}: fingerprint {now.fingerprint[:12]}..., the bundle saw {then.fingerprint[:12]}..."
    ids = {name: [bare_id(one, now.source) for one in chosen] for name, chosen in now.splits.items()}
    known = {name: [bare_id(one, then.source) for one in chosen] for name, chosen in then.splits.items()}
    changed = [name for name in known if ids.get(name) != known[name]]
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
