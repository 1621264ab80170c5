"""From models and settings to arms: what takes part in a measurement, and the samples that go through it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import count, zip_longest
from pathlib import Path
from typing import Literal

import numpy as np

from ovopt.bench.protocol import Contents, Load
from ovopt.bench.samplefile import write_samples
from ovopt.bench.workers import ArmPlan
from ovopt.bundle import left_behind, left_to_host, read_manifest, shapes_to_give
from ovopt.contracts import Advance, Engine, Placement, Tensors, plugins
from ovopt.errors import DataError, ModelError, SettingsError, did_you_mean
from ovopt.model.files.locate import describe, hash_of, locate
from ovopt.model.files.read import as_ir, core, read_model
from ovopt.model.ports.facts import facts, output_indices
from ovopt.preparing.prepared import Prepared
from ovopt.recipe import Recipe
from ovopt.records import Manifest, ModelFacts, ModelFile, Port, Preprocessing
from ovopt.workflow.options import Options

BASELINE, CONTROL, REFERENCE = "original", "control", "original-f32"
Role = Literal["baseline", "candidate", "control", "reference"]


@dataclass(frozen=True)
class Subject:
    """A model that takes part, with the settings that are its own."""

    name: str
    path: Path
    file: ModelFile
    facts: ModelFacts
    manifest: Manifest | None
    own: Mapping[str, str]

    @property
    def embedded(self) -> Preprocessing | None:
        """How `preprocess` is divided, where a part of it is inside the model."""
        return self.manifest.preprocess if self.manifest else None

    @property
    def does(self) -> tuple[str, ...]:
        """The transforms of `preprocess` and the decoders of `postprocess` that are inside."""
        sections = (self.embedded, self.manifest.postprocess if self.manifest else None)
        return tuple(name for section in sections if section for entry in section.embedded for name in entry)

    @property
    def inputs(self) -> tuple[Port, ...]:
        """What the whole of `preprocess` leads to, wherever it runs."""
        return self.embedded.whole if self.embedded else self.facts.inputs


def subjects(
    original: str | Path,
    optimized: Sequence[str | Path],
    recipe: Recipe,
    vary: Mapping[str, Sequence[str]],
    trust: bool = False,
) -> list[Subject]:
    """The models, and one arm more of the original for every further value of every varied property."""
    found = [_subject(original, BASELINE, recipe, trust)]
    paths = [Path(path) for path in (original, *optimized)]
    for path in optimized:
        found.append(_subject(path, _unique_name(Path(path), [s.name for s in found], paths), recipe, trust))
    for subject in found:
        left_to_host(subject.manifest, recipe)
        left_behind(subject.manifest, recipe)
    _check_same_inputs(found)
    first = {key: values[0] for key, values in vary.items()}
    varied = [
        _named(found[0], f"{key}={value}", {**first, key: value})
        for key, values in vary.items()
        for value in values[1:]
    ]
    if not vary:
        return found
    said = ", ".join(f"{key}={value}" for key, value in first.items())
    return [_named(found[0], said, first), *(_named(subject, subject.name, first) for subject in found[1:]), *varied]


def references(named: Sequence[str], original: Subject) -> list[tuple[str, Subject]]:
    """`ENGINE` or `ENGINE=FILE` as engine and model; without a file, the original's own."""
    known = [name for name in plugins("ovopt.bench.engines", Engine) if name != "openvino"]
    found: list[tuple[str, Subject]] = []
    for item in named:
        engine, _, path = item.partition("=")
        if engine not in known:
            raise SettingsError(f"--reference {item}: no such engine; {did_you_mean(engine, known)}")
        file = Path(path) if path else original.path
        if not file.is_file():
            raise ModelError(f"{file}: no such model file")
        written = ModelFile(path=str(file), sha256=hash_of([file]), size_bytes=file.stat().st_size)
        taken = [subject.name for _, subject in found]
        name = next(name for name in _numbered(engine) if name not in taken)
        whole = original.facts.model_copy(update={"inputs": original.inputs})
        found.append((engine, Subject(name, file, written, whole, None, {})))
    return found


def fed_apart(taking_part: Sequence[Subject], prepared: Prepared) -> dict[str, Prepared]:
    """The samples as those models take and answer them that do a part of `preprocess` or `postprocess` themselves, by
    the hash of the model."""
    return {subject.file.sha256: _apart(subject, prepared) for subject in taking_part if subject.does}


def _apart(subject: Subject, prepared: Prepared) -> Prepared:
    recipe = prepared.recipe
    own = prepared.with_decoders_inside(len(recipe.postprocess) - len(left_behind(subject.manifest, recipe)))
    if not subject.embedded:
        return own
    return own.with_transforms(left_to_host(subject.manifest, recipe), subject.facts.inputs)


def already_quantized(original: Subject) -> list[str]:
    """What is to be said of an original that does not start from floating point."""
    found = original.facts.quantization
    return [f"the original is quantized already: {found}"] if found else []


def properties_of(recipe: Recipe) -> dict[str, str]:
    """The recipe's properties, spelled as OpenVINO reads them."""
    return {key: _spelled(value) for key, value in recipe.runtime.properties.items()}


def check_device(device: str) -> None:
    """Raise SettingsError for a device that this machine does not have."""
    known = core().available_devices
    kinds = {name.partition(".")[0] for name in known} | {"AUTO", "MULTI", "HETERO", "BATCH"}
    if device.partition(":")[0].partition(".")[0] not in kinds:
        raise SettingsError(f"--device {device}: no such device here; {did_you_mean(device, known)}")


def divided(taking_part: Sequence[Subject]) -> list[str]:
    """What is to be said of models that do a part of `preprocess` or `postprocess` themselves, where others do not."""
    if len({subject.does for subject in taking_part}) == 1:
        return []
    return [
        f"{subject.name} does {', '.join(subject.does)} itself: its inference holds more, and {_compares(subject)}"
        for subject in taking_part
        if subject.does
    ]


def _compares(subject: Subject) -> str:
    if subject.manifest and subject.manifest.postprocess:
        return "what the host does behind the other models is not timed"
    return "end to end compares"


@contextmanager
def arms(
    taking_part: Sequence[Subject],
    native: Sequence[tuple[str, Subject]],
    prepared: Prepared,
    recipe: Recipe,
    options: Options,
    control: bool = True,
) -> Iterator[list[ArmPlan]]:
    """The arms, with what goes through their timing on disk for as long as the block lasts."""
    shared = properties_of(recipe)
    batch = recipe.model.batch
    with tempfile.TemporaryDirectory(prefix="ovopt-") as scratch:
        with options.progress.task("prepare samples", total=TIMED * batch) as advance:
            timed = Timed.of(prepared, fed_apart(taking_part, prepared), Path(scratch), advance)

        def arm(subject: Subject, name: str, role: Role, extra: Mapping[str, str], engine: str = "openvino") -> ArmPlan:
            ours = engine == "openvino"
            shapes = shapes_to_give(subject.manifest, recipe)
            names = {port.name for port in subject.facts.inputs}
            placement = Placement(
                as_ir(subject.path, Path(scratch), shapes, options.trust) if ours else subject.path,
                shapes,
                tuple(output_indices(subject.facts.outputs, recipe.model.output)),
                recipe.runtime.device,
                batch,
                {into: of for into, of in recipe.model.state.items() if into in names},
            )
            return ArmPlan(
                name=name,
                role=role,
                model=subject.file,
                load=Load(engine, placement, timed.of_model(subject.file.sha256).inputs),
                contents=timed.of_model(subject.file.sha256).contents,
                properties={**shared, **subject.own, **extra},
                requests=recipe.runtime.requests,
                own_settings=bool(subject.own),
                embedded=subject.does,
            )

        baseline, *candidates = taking_part
        planned = [arm(baseline, baseline.name, "baseline", {})]
        if control:
            planned.append(arm(baseline, CONTROL, "control", {}))
        planned += [arm(subject, subject.name, "candidate", {}) for subject in candidates]
        if control and _lossy_default(recipe.runtime.device, {**shared, **baseline.own}):
            planned.append(arm(baseline, REFERENCE, "reference", {"INFERENCE_PRECISION_HINT": "f32"}))
        planned += [arm(subject, subject.name, "reference", {}, engine) for engine, subject in native]
        yield planned


def _subject(path: str | Path, name: str, recipe: Recipe, trust: bool) -> Subject:
    manifest = read_manifest(path)
    found = facts(read_model(path, shapes_to_give(manifest, recipe), trust))
    return Subject(name, locate(path), describe(path), found, manifest, {})


def _named(subject: Subject, name: str, own: Mapping[str, str]) -> Subject:
    return replace(subject, name=name, own=own)


def _unique_name(path: Path, taken: Sequence[str], others: Sequence[Path]) -> str:
    """The file's stem; with its ending where that is what tells it from another."""
    name = path.resolve().name if path.is_dir() else path.stem
    if path.is_file() and any(other.stem == name and other.name != path.name for other in others):
        name = path.name
    kept = (*taken, CONTROL, REFERENCE, *plugins("ovopt.bench.engines", Engine))
    return next(unique for unique in _numbered(name) if unique not in kept)


def _numbered(name: str) -> Iterator[str]:
    """The name, then name-2, name-3 ..."""
    yield name
    yield from (f"{name}-{n}" for n in count(2))


def _check_same_inputs(found: Sequence[Subject]) -> None:
    baseline = found[0]
    for subject in found[1:]:
        if not _same_inputs(subject.inputs, baseline.inputs):
            raise ModelError(
                f"{subject.file.path}: its inputs {_said_inputs(subject.inputs)} are not the original's "
                f"{_said_inputs(baseline.inputs)}, so the same samples cannot go through both"
            )


def _same_inputs(mine: Sequence[Port], theirs: Sequence[Port]) -> bool:
    return len(mine) == len(theirs) and all(map(_same_port, mine, theirs))


def _same_port(mine: Port, theirs: Port) -> bool:
    """The same element type, and no dimension that both fix to different sizes."""
    if mine.shape is None or theirs.shape is None:
        return mine.dtype == theirs.dtype
    sizes = zip_longest(mine.shape, theirs.shape, fillvalue=-1)
    return mine.dtype == theirs.dtype and all(a == b or (-1 not in (a, b) and None in (a, b)) for a, b in sizes)


def _said_inputs(inputs: Sequence[Port]) -> str:
    return ", ".join(map(str, inputs))


def _spelled(value: str | int | float | bool) -> str:
    return ("YES" if value else "NO") if isinstance(value, bool) else str(value)


def _lossy_default(device: str, properties: Mapping[str, str]) -> bool:
    """Whether the device would run an f32 model below f32 on its own account."""
    if "INFERENCE_PRECISION_HINT" in properties or "EXECUTION_MODE_HINT" in properties:
        return False
    try:
        default = core().get_property(device, "INFERENCE_PRECISION_HINT")
    except RuntimeError:
        return False
    return default.get_type_name() not in ("f32", "dynamic", "undefined")


TIMED = 32
"""So many inferences' inputs, or batches of them, go through the timing."""


@dataclass(frozen=True)
class Fed:
    """The file of what a model takes for the samples, and what that is made of."""

    inputs: Path
    contents: Contents


@dataclass(frozen=True)
class Timed:
    """The same samples for every model."""

    usual: Fed
    embedded: Mapping[str, Fed]
    """By the hash of a model that does a part of `preprocess` itself."""

    @classmethod
    def of(cls, prepared: Prepared, embedded: Mapping[str, Prepared], scratch: Path, advance: Advance) -> Timed:
        """Enough samples of the gate split, as all models take them but those that are named; the files go into the
        folder `scratch`."""
        wanted = TIMED * prepared.recipe.model.batch
        indices: list[int] = []
        inputs: list[Tensors] = []
        for index, parts in prepared.prepare_each(prepared.splits["gate"]):
            indices.append(index)
            inputs += parts
            advance(len(parts))
            if len(inputs) >= wanted:
                break
        if not inputs:
            raise prepared.no_sample_error("measure with")
        contents = [prepared.samples.load(index) for index in indices]

        def fed(own: Prepared, tensors: Sequence[Tensors], file: Path) -> Fed:
            batch = own.recipe.model.batch
            write_samples(file, _batches(tensors, batch, _shared(own)) if batch > 1 else tensors)
            return Fed(file, Contents(contents, own.preparation))

        return cls(
            fed(prepared, inputs[:wanted], scratch / "timed"),
            {
                model: fed(own, list(own.prepare_tensors(indices))[:wanted], scratch / f"timed-{number}")
                for number, (model, own) in enumerate(embedded.items())
            },
        )

    def of_model(self, model: str) -> Fed:
        """What the model of this hash takes."""
        return self.embedded.get(model, self.usual)


def _shared(prepared: Prepared) -> list[bool]:
    """Which inputs are the same for every sample, so that a batch holds them once."""
    return [port.name in prepared.recipe.model.inputs for port in prepared.inputs]


def _batches(samples: Sequence[Tensors], batch: int, shared: Sequence[bool]) -> Iterator[Tensors]:
    """Batches of successive samples, the first ones again where they run out; a few, for they all rotate."""
    count = max(1, len(samples) // batch)
    for start in range(0, count * batch, batch):
        chosen = [samples[i % len(samples)] for i in range(start, start + batch)]
        try:
            yield tuple(
                arrays[0] if once else np.concatenate(arrays)
                for arrays, once in zip(zip(*chosen, strict=True), shared, strict=True)
            )
        except ValueError:
            raise DataError(f"--batch {batch}: the samples differ in shape; fix them with --shape") from None
