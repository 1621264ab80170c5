"""Step-side view of pre- and postprocessing, for steps that move some of it into the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from ovopt.bench.quick_speedup import way_speedups
from ovopt.bench.scenario import hinted
from ovopt.contracts import Array, Host, Transform, Way
from ovopt.model.ports.facts import facts
from ovopt.preparing.prepared import Prepared
from ovopt.records import QualityDelta
from ovopt.stats import Interval
from ovopt.workflow.applying.tuning_quality import Validator
from ovopt.workflow.comparing.arms import properties_of

if TYPE_CHECKING:
    import openvino

MEASURED = 32
"""Contents that the way from content to output is measured on."""


def host_of(model: openvino.Model, prepared: Prepared, transforms: Sequence[Transform]) -> Host:
    """The host's part around a model in front of which these transforms run."""
    recipe = prepared.recipe
    device, properties = recipe.runtime.device, properties_of(recipe)
    contents = _Contents(prepared)

    def speedups(ways: Sequence[Way], seconds: float) -> Sequence[Interval]:
        wanted = hinted(recipe.runtime.hint or "LATENCY", properties)
        return way_speedups(ways, contents[:MEASURED], device, wanted, seconds, prepared.seed)

    @cache
    def validator() -> Validator:
        return Validator(prepared, model, facts(model), device, properties)

    def delta(way: Way) -> QualityDelta | None:
        if not _can_be_judged(prepared):
            return None
        return validator().delta(way.model, 0.0, prepared.with_preparation(way.preparation))

    def seen(content: Any) -> Sequence[Mapping[str, Array]]:
        whole, names = prepared.full_preparation, [port.name for port in prepared.inputs]
        parts = whole.preprocess(whole.decode(content))
        return [dict(zip(names, tensors, strict=True)) for tensors in parts]

    inputs, given = facts(model).inputs, {*recipe.model.inputs, *recipe.model.state}
    return Host(
        transforms=tuple(transforms),
        inputs=inputs,
        filled=tuple(port.name for port in inputs if port.name not in given),
        contents=contents,
        preparation=prepared.build_preparation,
        speedups=speedups,
        delta=delta,
        decoders=prepared.recipe.postprocess[prepared.decoders_inside :],
        output=recipe.model.output,
        seen=seen,
        known=tuple(port.name for port in inputs if port in prepared.inputs),
    )


def _can_be_judged(prepared: Prepared) -> bool:
    """Tells whether there are tuning samples, and labels or scores if the first metric looks at them."""
    first = next(iter(prepared.recipe.metrics), None)
    if first is None or not prepared.splits["tuning"]:
        return False
    if first.kind == "agreement":
        return not prepared.decoders_inside  # behind some decoders there are no scores to agree
    return prepared.samples.labels is not None or not first.needs_label


class _Contents(Sequence[Any]):
    """Contents of the calibration samples that can be used, read where they are used."""

    def __init__(self, prepared: Prepared) -> None:
        self._load = prepared.samples.load
        self._indices = [index for index in prepared.splits["calibration"] if index not in prepared.left_out]

    def __len__(self) -> int:
        return len(self._indices)

    def __getitem__(self, place: Any) -> Any:
        chosen = self._indices[place]
        return [self._load(index) for index in chosen] if isinstance(place, slice) else self._load(chosen)
