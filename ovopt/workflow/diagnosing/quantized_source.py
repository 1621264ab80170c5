"""The source of an optimized model, as a graph whose layers have the same names, and the step that made it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from pydantic import ValidationError

from ovopt.contracts import Materials, Step, Tensors
from ovopt.errors import OvoptError
from ovopt.model.inspect.layers import Layer, by_name, layers
from ovopt.model.inspect.quantizers import quantized_operations
from ovopt.records import MadeBy, Manifest, StepReport
from ovopt.steps.quantize import Quantize
from ovopt.steps.simplify import Simplify
from ovopt.workflow.beginning.progress import Silent

if TYPE_CHECKING:
    import openvino

S = TypeVar("S", bound=Step)


@dataclass(frozen=True)
class Source:
    """A model to hold the optimized one against."""

    model: openvino.Model
    lasting: frozenset[str]
    """Names of operations that a recipe can rely on: the original's own."""
    notes: tuple[str, ...] = ()


def source_of(
    original: openvino.Model,
    optimized: openvino.Model,
    manifest: Manifest | None,
    samples: Sequence[Tensors],
    seed: int,
) -> Source:
    """The original; or, where the manifest says that it was simplified before it was quantized, the model that this
    leads to. `samples` are inferences of shapes [batch, ...]."""
    lasting = frozenset(by_name(original))
    before = [report for report in manifest.steps[:-1] if report.changed] if manifest else []
    step = next((step for report in before if (step := _made(Simplify, report))), None)
    if step is None:
        return Source(named_alike(original.clone(), optimized), lasting)
    try:
        found = named_alike(step.apply(original, Materials(samples, seed, Silent())).model, optimized)
    except OvoptError:
        found = None
    if found is None or not set(quantized_operations(optimized)) <= by_name(found).keys():
        note = "simplify cannot be repeated layer by layer: layers that it made have no partner here"
        return Source(original, lasting, (note,))
    return Source(found, lasting, ("held against the original as `simplify` rewrites it, as the bundle was made",))


def quantize_step(manifest: Manifest | None) -> Quantize | None:
    """The step that made a bundle; None where operations were put back behind it, or another step was the last."""
    last = manifest.steps[-1] if manifest and manifest.steps else None
    return _made(Quantize, last) if last else None


def _made(kind: type[S], report: StepReport) -> S | None:
    made_by = report.made_by or MadeBy(name=report.name, step=report.name, settings=report.parameters)
    try:
        whole = made_by.step == kind.name and not made_by.reverted
        return kind.model_validate(made_by.settings) if whole else None
    except ValidationError:
        return None


def named_alike(model: openvino.Model, other: openvino.Model) -> openvino.Model:
    """Operations that a rewrite or a converter makes are named by their kind and the number that the process is at.
    They take the names that they have in the other model, where both hold the same kinds in the same order."""
    mine, theirs = layers(model), layers(other)
    new = [layer for name, layer in mine.items() if name not in theirs and _numbered(layer)]
    known = [layer for name, layer in theirs.items() if name not in mine and _numbered(layer)]
    if [layer.kind for layer in new] == [layer.kind for layer in known]:
        nodes = by_name(model)
        for layer, wanted in zip(new, known, strict=True):
            nodes[layer.name].set_friendly_name(wanted.name)
    return model


def _numbered(layer: Layer) -> bool:
    kind, _, number = layer.name.rpartition("_")
    return kind == layer.kind and number.isdecimal()
