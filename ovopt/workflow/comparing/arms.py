"""Arms of a measurement: models with their runtime settings, and the samples that go through their timing."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from ovopt.bench.mapped_tensors import write_samples
from ovopt.bench.protocol import Contents, Load
from ovopt.bench.workers import ArmPlan
from ovopt.contracts import Advance, Placement, Tensors
from ovopt.errors import DataError, SettingsError, did_you_mean
from ovopt.model.native import core
from ovopt.model.ports.extent import check_fits
from ovopt.preparing.prepared import Prepared
from ovopt.recipe import Recipe
from ovopt.records import Port
from ovopt.scratch import scratch_folder
from ovopt.workflow.beginning.options import Options
from ovopt.workflow.comparing.taking_part import (
    CONTROL,
    REFERENCE,
    NamedModel,
    NativeModel,
    fed_apart,
    lacked,
    output_places,
)

Role = Literal["baseline", "candidate", "control", "reference"]


def properties_of(recipe: Recipe) -> dict[str, str]:
    """The recipe's properties, spelled as OpenVINO reads them."""
    return {key: _spelled(value) for key, value in recipe.runtime.properties.items()}


def check_device(device: str, said: str = "--device") -> None:
    """Raise SettingsError for a device that this machine does not have; `said` is where it was named."""
    known = core().available_devices
    kinds = {name.partition(".")[0] for name in known} | {"AUTO", "MULTI", "HETERO", "BATCH"}
    if device.partition(":")[0].partition(".")[0] not in kinds:
        raise SettingsError(f"{said} {device}: no such device here; {did_you_mean(device, known)}")


@contextmanager
def arms(
    taking_part: Sequence[NamedModel],
    native: Sequence[NativeModel],
    prepared: Prepared,
    options: Options,
    control: bool = True,
) -> Iterator[list[ArmPlan]]:
    """The arms, with what goes through their timing on disk for as long as the block lasts.

    Raises DataError where no sample can be measured with.
    """
    recipe = prepared.recipe
    shared = properties_of(recipe)
    with scratch_folder() as scratch:
        with options.progress.task("prepare samples", total=TIMED * recipe.model.batch) as advance:
            timed = Timed.of(prepared, fed_apart(taking_part, prepared), scratch, advance)

        def placed(one: NamedModel, file: Path) -> Placement:
            return _placement(one, file, recipe, baseline.facts.outputs, lacking)

        def arm(one: NamedModel, name: str, role: Role, extra: Mapping[str, str]) -> ArmPlan:
            fed = timed.embedded.get(one.file.sha256, timed.usual)
            placement = placed(one, one.opened.readable(scratch, one.shapes))
            return ArmPlan(
                name=name,
                role=role,
                model=one.file,
                load=Load("openvino", placement, fed.inputs),
                contents=fed.contents,
                properties={**shared, **one.own, **extra},
                requests=recipe.runtime.requests,
                own_settings=bool(one.own),
                embedded=one.does,
            )

        def reference(one: NativeModel) -> ArmPlan:
            placement = placed(baseline, Path(one.file.path))
            whole = replace(placement, shapes=recipe.model.shapes)
            return ArmPlan(
                name=one.name,
                role="reference",
                model=one.file,
                load=Load(one.engine, whole, timed.usual.inputs),
                contents=timed.usual.contents,
                properties=shared,
                requests=recipe.runtime.requests,
            )

        baseline, *candidates = taking_part
        lacking = lacked(taking_part)
        planned = [arm(baseline, baseline.name, "baseline", {})]
        if control:
            planned.append(arm(baseline, CONTROL, "control", {}))
        planned += [arm(one, one.name, "candidate", {}) for one in candidates]
        if control and _lossy_default(recipe.runtime.device, {**shared, **baseline.own}):
            planned.append(arm(baseline, REFERENCE, "reference", {"INFERENCE_PRECISION_HINT": "f32"}))
        yield [*planned, *map(reference, native)]


def _placement(
    one: NamedModel, file: Path, recipe: Recipe, original: Sequence[Port], lacking: Collection[str]
) -> Placement:
    names = {port.name for port in one.facts.inputs}
    return Placement(
        file,
        one.shapes,
        tuple(output_places(one.facts.outputs, original, recipe.model.output, lacking)),
        recipe.runtime.device,
        recipe.model.batch,
        {into: of for into, of in recipe.model.state.items() if into in names},
    )


def _spelled(value: str | int | float | bool) -> str:
    return ("YES" if value else "NO") if isinstance(value, bool) else str(value)


def _lossy_default(device: str, properties: Mapping[str, str]) -> bool:
    """Tells whether the device would run an f32 model below f32 on its own account."""
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
        """Enough samples of the gate split (any where it has none), as all models take them but those that are named;
        the files go into the folder `scratch`."""
        wanted = TIMED * prepared.recipe.model.batch
        indices: list[int] = []
        inputs: list[Tensors] = []
        for index, parts in prepared.prepare_each(prepared.splits["gate"] or prepared.judging):
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
            check_fits(
                batch * sum(tensor.nbytes for tensor in tensors[0]), f"model.batch: {batch:,} samples", DataError
            )
            shared = [port.name in own.recipe.model.inputs for port in own.inputs]
            write_samples(file, _batches(tensors, batch, shared) if batch > 1 else tensors)
            return Fed(file, Contents(contents, own.preparation))

        return cls(
            fed(prepared, inputs[:wanted], scratch / "timed"),
            {
                model: fed(own, list(own.prepare_tensors(indices))[:wanted], scratch / f"timed-{number}")
                for number, (model, own) in enumerate(embedded.items())
            },
        )


def _batches(samples: Sequence[Tensors], batch: int, shared: Sequence[bool]) -> Iterator[Tensors]:
    """Batches of successive samples, the first ones again where they run out; a few, for they all rotate. Inputs that
    are `shared`, the same for every sample, are in a batch once."""
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
