"""Models that take part in a measurement: their names, their settings, and the checks that they can be compared."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import count, zip_longest
from pathlib import Path

from ovopt.bundle import left_behind, left_to_host, shapes_to_give
from ovopt.contracts import Engine, plugins
from ovopt.contracts.own_code import changed
from ovopt.errors import ModelError, SettingsError, did_you_mean
from ovopt.given_file import check_file
from ovopt.model.files.locate import MANIFEST, describe_located
from ovopt.model.files.opened import OpenedModel
from ovopt.model.ports.facts import Wanted, facts, matching, output_indices
from ovopt.model.ports.shapes import Shapes
from ovopt.preparing.prepared import Prepared
from ovopt.recipe import Recipe
from ovopt.recipe.own_code import code_in
from ovopt.records import Manifest, ModelFacts, ModelFile, Port, Preprocessing
from ovopt.workflow.beginning.run import Run

BASELINE, CONTROL, REFERENCE = "original", "control", "original-f32"


@dataclass(frozen=True)
class NamedModel:
    """A model under the name that results give it, with input shapes and runtime properties of its own."""

    name: str
    opened: OpenedModel
    shapes: Shapes
    own: Mapping[str, str]

    @cached_property
    def facts(self) -> ModelFacts:
        """Inputs, outputs and operations at these shapes. Raises ModelError where it cannot be read."""
        return facts(self.opened.shaped(self.shapes)) if self.shapes else self.opened.facts

    @property
    def manifest(self) -> Manifest | None:
        """That of a bundle. Raises ModelError where it does not fit its model."""
        return self.opened.manifest

    @property
    def file(self) -> ModelFile:
        """Path, hash and size."""
        return self.opened.file

    @property
    def embedded(self) -> Preprocessing | None:
        """Division of `preprocess`, where a part of it is inside the model."""
        return self.manifest.preprocess if self.manifest else None

    @property
    def does(self) -> tuple[str, ...]:
        """The transforms of `preprocess` and the decoders of `postprocess` that are inside."""
        sections = (self.embedded, self.manifest.postprocess if self.manifest else None)
        return tuple(name for section in sections if section for entry in section.embedded for name in entry)

    @property
    def inputs(self) -> tuple[Port, ...]:
        """Ports that the whole of `preprocess` leads to, wherever it runs."""
        return self.embedded.whole if self.embedded else self.facts.inputs


@dataclass(frozen=True)
class NativeModel:
    """A file that a native framework runs beside the original, on the same inputs."""

    engine: str
    name: str
    file: ModelFile


def named_models(run: Run, vary: Mapping[str, Sequence[str]]) -> list[NamedModel]:
    """The models of a run, and one more of the original for every further value of every varied property.

    Raises ModelError where the same samples cannot go through all of them.
    """
    found: list[NamedModel] = []
    for model in run.models:
        name = _unique_name(model, [one.name for one in found], run.models) if found else BASELINE
        found.append(NamedModel(name, model, shapes_to_give(model.manifest, run.recipe), {}))
    for one in found:
        left_to_host(one.manifest, run.recipe)
        left_behind(one.manifest, run.recipe)
    _check_same_inputs(found)
    return _varied(found, vary) if vary else found


def _varied(found: Sequence[NamedModel], vary: Mapping[str, Sequence[str]]) -> list[NamedModel]:
    first = {key: values[0] for key, values in vary.items()}
    said = ", ".join(f"{key}={value}" for key, value in first.items())
    further = [(f"{key}={value}", {**first, key: value}) for key, values in vary.items() for value in values[1:]]
    return [
        replace(found[0], name=said, own=first),
        *(replace(one, own=first) for one in found[1:]),
        *(replace(found[0], name=name, own=own) for name, own in further),
    ]


def native_models(named: Sequence[str], original: NamedModel) -> list[NativeModel]:
    """`ENGINE` or `ENGINE=FILE` as engine and model; without a file, the original's own.

    Raises SettingsError for an engine that is none, ModelError for a file that is not there.
    """
    known = [name for name in plugins("ovopt.bench.engines", Engine) if name != "openvino"]
    found: list[NativeModel] = []
    for item in named:
        engine, _, path = item.partition("=")
        if engine not in known:
            raise SettingsError(f"--reference {item}: no such engine; {did_you_mean(engine, known)}")
        file = Path(path) if path else original.opened.location
        check_file(file, "model file", ModelError)
        taken = [one.name for one in found]
        name = next(name for name in _numbered(engine) if name not in taken)
        model = describe_located(file, str(file)) if path else original.file.model_copy(update={"path": str(file)})
        found.append(NativeModel(engine, name, model))
    return found


def fed_apart(taking_part: Sequence[NamedModel], prepared: Prepared) -> dict[str, Prepared]:
    """The samples as those models take and answer them that do a part of `preprocess` or `postprocess` themselves, by
    the hash of the model."""
    return {one.file.sha256: _apart(one, prepared) for one in taking_part if one.does}


def _apart(one: NamedModel, prepared: Prepared) -> Prepared:
    recipe = prepared.recipe
    own = prepared.with_decoders_inside(len(recipe.postprocess) - len(left_behind(one.manifest, recipe)))
    return own.with_transforms(left_to_host(one.manifest, recipe), one.facts.inputs) if one.embedded else own


def output_places(
    ports: Sequence[Port], original: Sequence[Port], wanted: Wanted, lacking: Collection[str]
) -> list[int]:
    """Places among a model's outputs of those that are looked at: the chosen ones, or, where none is chosen, all of the
    original's, by their names, but those that some model lacks."""
    if wanted is not None:
        return output_indices(ports, wanted)
    found = zip(original, matching(ports, original), strict=True)
    return [place for port, place in found if place is not None and port.name not in lacking]


def lacking_outputs(original: Sequence[Port], others: Mapping[str, Sequence[Port]]) -> dict[str, str]:
    """Outputs of the original that another model, by its name, does not have, and why they cannot be looked at."""
    return {
        port.name: f"{name} has no such output"
        for name, ports in others.items()
        for port, place in zip(original, matching(ports, original), strict=True)
        if place is None
    }


def lacked(taking_part: Sequence[NamedModel]) -> dict[str, str]:
    """Outputs that one of the models behind the original lacks."""
    return lacking_outputs(taking_part[0].facts.outputs, {one.name: one.facts.outputs for one in taking_part[1:]})


def already_quantized(original: NamedModel) -> list[str]:
    """Remarks on an original that does not start from floating point."""
    found = original.facts.quantization
    return [f"the original is quantized already: {found}"] if found else []


def made_of_others(taking_part: Sequence[NamedModel]) -> list[str]:
    """Remarks on bundles that were made of another content than the first model has, or had when it was made."""
    original = taking_part[0]
    ours = {original.file.sha256, *_sources(original.opened)}
    return [
        f"{one.name} was not made of this {original.opened}: its manifest names {one.manifest.source.path} with the "
        f"content {one.manifest.source.sha256[:12]}..., here it is {original.file.sha256[:12]}...; make it again, or "
        "compare it with what it was made of"
        for one in taking_part[1:]
        if one.manifest and not ours & {one.file.sha256, *_sources(one.opened)}
    ]


def made_with_other_code(taking_part: Sequence[NamedModel], recipe: Recipe) -> list[str]:
    """Remarks on bundles that were made when a file of code had other content than the recipe's has now."""
    now = {file.name: sha256 for file, sha256 in code_in(recipe.resolved())}
    return [
        f"{one.file.path} was made with another {file.name}: {changed(then, now[file.name])}; make it again to be sure"
        for one in taking_part
        for file, then in dict.fromkeys(code_in(one.manifest.recipe) if one.manifest else ())
        if now.get(file.name, then) != then
    ]


def _sources(model: OpenedModel) -> Iterator[str]:
    """Hashes of what a bundle was made of: a model, or a bundle and what that was made of."""
    source = model.manifest.source if model.manifest else None
    if source is None:
        return
    yield source.sha256
    if (Path(source.path) / MANIFEST).is_file():
        above = OpenedModel(source.path)
        with suppress(ModelError):  # it has been changed since, so that it tells nothing
            if above.file.sha256 == source.sha256:
                yield from _sources(above)


def divided(taking_part: Sequence[NamedModel]) -> list[str]:
    """Remarks on models that do a part of `preprocess` or `postprocess` themselves, where others do not."""
    if len({one.does for one in taking_part}) == 1:
        return []
    return [
        f"{one.name} does {', '.join(one.does)} itself: its inference holds more, and {_compares(one)}"
        for one in taking_part
        if one.does
    ]


def _compares(one: NamedModel) -> str:
    if one.manifest and one.manifest.postprocess:
        return "what the host does behind the other models is not timed"
    return "end to end compares"


def _unique_name(model: OpenedModel, taken: Sequence[str], others: Sequence[OpenedModel]) -> str:
    """The model's name; with its file's ending where that is what tells it from another."""
    name, path = model.name, Path(model.path)
    if path.is_file() and not model.label:
        rivals = (Path(other.path) for other in others if not other.label)
        name = path.name if any(rival.stem == name and rival.name != path.name for rival in rivals) else name
    kept = (*taken, CONTROL, REFERENCE, *plugins("ovopt.bench.engines", Engine))
    return next(unique for unique in _numbered(name) if unique not in kept)


def _numbered(name: str) -> Iterator[str]:
    """The name, then name-2, name-3 ..."""
    yield name
    yield from (f"{name}-{n}" for n in count(2))


def _check_same_inputs(found: Sequence[NamedModel]) -> None:
    baseline = found[0]
    for one in found[1:]:
        if len(baseline.inputs) != len(one.inputs) or not all(map(_same_port, baseline.inputs, one.inputs)):
            raise ModelError(
                f"{one.opened}: its inputs {_said_inputs(one.inputs)} are not the original's "
                f"{_said_inputs(baseline.inputs)}, so the same samples cannot go through both"
            )


def _same_port(mine: Port, theirs: Port) -> bool:
    """The same element type, and no dimension that both fix to different sizes."""
    if mine.shape is None or theirs.shape is None:
        return mine.dtype == theirs.dtype
    sizes = zip_longest(mine.shape, theirs.shape, fillvalue=-1)
    return mine.dtype == theirs.dtype and all(a == b or (-1 not in (a, b) and None in (a, b)) for a, b in sizes)


def _said_inputs(inputs: Sequence[Port]) -> str:
    return ", ".join(map(str, inputs))
