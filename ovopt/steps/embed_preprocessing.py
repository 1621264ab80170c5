"""Preprocessing that the model does itself, as far as it pays."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from pydantic import Field

from ovopt import units
from ovopt.contracts import Array, Host, Materials, Parts, Step, Stepped, Transform, Way
from ovopt.errors import ArmLostError, DataError, RecipeError, StepError
from ovopt.model.inspect.runs import largest_difference, outputs_in_f32
from ovopt.model.ports.attach import BuildInFront, Intake, with_front
from ovopt.model.ports.facts import facts
from ovopt.model.ports.inputs import DTYPES
from ovopt.records import StepReport
from ovopt.stats import Interval

if TYPE_CHECKING:
    import openvino

UNCLEAR = 0.1
"""A gain of so much that an interval allows for, while it allows for a loss as well, is worth another measurement."""
NOTHING_LEFT = "optimize.embed_preprocessing: the recipe has no `preprocess` left on the host to embed"


class EmbedPreprocessing(Step):
    """Moves the last transforms of the recipe's `preprocess` from the host into the model, as many as pay.

    Every split of the list is tried: its outputs must agree with those of the whole list on the host, in f32. From the
    bytes of a file to the outputs, in turns over several compiled models, a split must be faster than the host beyond
    noise, and the recipe's first metric must not fall beyond the same tolerance and chance on the tuning split. The
    fastest such split is kept; where there is none, everything stays on the host.
    """

    name: ClassVar[str] = "embed_preprocessing"
    calibrates: ClassVar[bool] = False
    tolerance: float = Field(
        default=2e-3,
        gt=0,
        description="largest difference of an output or of the metric, as a share of its (largest) value",
    )
    samples: int = Field(default=16, gt=0, description="so many samples are run to verify and to measure")
    time_budget_s: float = Field(
        default=30,
        gt=0,
        description="about so long the splits are measured, or as long as six compilations of each take",
    )
    one_size: bool = Field(
        default=False,
        description="take it for granted that all samples have the size that the calibration split has, so that the "
        "model can resize and cut images of this size",
    )

    def apply(self, model: openvino.Model, materials: Materials) -> Stepped:
        """Model that does the most worthwhile part itself; the same model where none pays. Raises RecipeError where
        nothing is left on the host."""
        host = materials.host
        if host is None or not host.transforms:
            raise RecipeError(NOTHING_LEFT)
        trial = _Trial(model, host, self)
        with materials.progress.task("embed preprocessing", total=3) as advance:
            splits = trial.splits()
            advance(note=f"{len(splits)} splits")
            agreeing = trial.agreeing(splits)
            advance(note=f"measure {len(agreeing)} splits")
            chosen = trial.fastest(agreeing)
            advance()
        report = self._report(chosen, host, trial.notes)
        return Stepped(chosen.way.model if chosen else model.clone(), report)

    def embedded(self, model: openvino.Model, materials: Materials, count: int) -> Stepped:
        """Model that does the last `count` transforms itself, whether that pays or not. Raises RecipeError where fewer
        are left on the host, StepError where they cannot be embedded."""
        if materials.host is None or len(materials.host.transforms) < count:
            raise RecipeError(NOTHING_LEFT)
        trial = _Trial(model, materials.host, self)
        split = next((split for split in trial.agreeing(trial.splits()) if len(split.inside) == count), None)
        if split is None:
            raise StepError("; ".join((f"embed_preprocessing: the last {count} cannot be embedded", *trial.notes)))
        report = self._report(split, materials.host, trial.notes)
        return Stepped(split.way.model, report)

    def _report(self, chosen: Split | None, host: Host, notes: Sequence[str]) -> StepReport:
        count = len(chosen.inside) if chosen else 0
        effect: dict[str, Any] = {"embedded": count, "on_host": len(host.transforms) - count}
        said = "what is on the host stays there: no split agrees with it and is faster beyond noise"
        if chosen:
            if chosen.speedup:
                effect["end_to_end_speedup"] = round(chosen.speedup.estimate, 3)
            effect["largest_difference"] = float(f"{chosen.difference:.2g}")
            left = ", ".join(transform.name for transform in host.transforms[:-count]) or "nothing"
            taken = ", ".join(str(port) for port in facts(chosen.way.model).inputs)
            said = f"the host still does: {left}; the model takes {taken}"
        done = f"{count} of {units.counted(len(host.transforms), 'transform')} in the model" if chosen else ""
        report = self.record_effect(effect, [said, *notes], done=done)
        return report.model_copy(update={"changed": chosen is not None, "embedded": count})


STRETCHED = 1.5
"""By this factor an axis of a sample is made longer, to find out whether other sizes are taken as well."""
NAMES = {np.dtype(name): dtype for dtype, name in DTYPES.items()} | {np.dtype(np.float64): "f32"}
"""OpenVINO's names of the element types that a model may take; what is float64 on the host becomes float32."""
ITEM_BYTES = {dtype: np.dtype(name).itemsize for dtype, name in DTYPES.items()}
"""Bytes of an item of each element type."""
Intakes = Mapping[str, Intake] | None
"""Arrays in front of a transform, by the input of the model that they lead to; None where there is no array of numbers,
or one of another kind for each sample."""


def intakes(host: Host, contents: Sequence[Any], free: bool) -> list[Intakes]:
    """Element types and sizes in front of every transform. Where sizes are `free`, those count too that no sample has,
    but that the model would be given if one had them."""
    seen = [walk for content in contents for walk in _walked(host, content)]
    if free:
        seen += _stretched(host, contents[0])
    return [_together([walk[place] for walk in seen]) for place in range(len(host.transforms))]


def _walked(host: Host, content: Any) -> list[list[Intakes]]:
    """A sample on its way, part by part."""
    passed = list[list[Intakes]]()
    for transform in host.transforms:
        parts = content if isinstance(content, Parts) else (content,)
        passed.append([_intake(host, part) for part in parts])
        content = transform.apply(content)
    count = max(map(len, passed))  # it is whole before it is divided
    return [[parts[min(part, len(parts) - 1)] for parts in passed] for part in range(count)]


def _stretched(host: Host, content: Any) -> Iterator[list[Intakes]]:
    """Samples that do not exist, each longer in one axis, if the model would take them."""
    whole = host.preparation(host.transforms, host.inputs)
    decoded = whole.decode(content)
    if not isinstance(decoded, np.ndarray):
        return
    for axis, size in enumerate(decoded.shape):
        longer = np.take(decoded, np.arange(int(size * STRETCHED) + 1) % max(size, 1), axis)
        try:
            whole.preprocess(longer)
            yield from _walked(host, longer)
        except DataError:
            continue  # no such sample can come


def _intake(host: Host, content: Any) -> Intakes:
    if isinstance(content, Mapping):
        named = {name: content[name] for name in host.filled if name in content}
    else:
        named = dict.fromkeys(host.filled[:1], content)
    arrays = {name: _array(value) for name, value in named.items()}
    found = {name: Intake(NAMES[a.dtype], a.shape) for name, a in arrays.items() if a is not None and a.dtype in NAMES}
    return found if found and len(found) == len(arrays) else None


def _array(value: Any) -> Array | None:
    if isinstance(value, bytes | str):
        return None
    try:
        return np.asarray(value)
    except (ValueError, DataError):
        return None


def _together(seen: Sequence[Intakes]) -> Intakes:
    """Element type and sizes that all of these have; sizes that differ are None."""
    known = [one for one in seen if one is not None]
    kinds = {tuple((name, one.dtype, len(one.sizes)) for name, one in taken.items()) for taken in known}
    if len(known) < len(seen) or len(kinds) != 1:
        return None
    found = dict[str, Intake]()
    for name, one in known[0].items():
        axes = zip(*(other[name].sizes for other in known), strict=True)
        found[name] = Intake(one.dtype, tuple(axis[0] if len(set(axis)) == 1 else None for axis in axes))
    return found


@dataclass
class Split:
    """Transforms that are inside the model, and how this did: largest difference of outputs, speed-up against the
    host."""

    inside: tuple[Transform, ...]
    way: Way
    difference: float = np.inf
    speedup: Interval | None = None

    @property
    def input_bytes(self) -> int:
        """Bytes of a sample, as it is handed over; a size that is not fixed counts as 1."""
        ports = facts(self.way.model).inputs
        return sum(math.prod(size or 1 for size in port.shape or ()) * ITEM_BYTES[port.dtype] for port in ports)

    def __str__(self) -> str:
        return f"{', '.join(transform.name for transform in self.inside)} in the model"


def ranked(splits: Sequence[Split]) -> list[Split]:
    """Splits that are faster than the host for certain: first the ones that cannot be told from the fastest, with the
    smallest input and then the shortest list on the host in front; then the others."""
    known = [(split, split.speedup) for split in splits if split.speedup and split.speedup.low > 1]
    best = max((speedup.estimate for _, speedup in known), default=1.0)
    ordered = sorted(known, key=lambda one: (one[1].high < best, one[0].input_bytes, -len(one[0].inside)))
    return [split for split, _ in ordered]


@dataclass
class _Trial:
    """Makes the splits and holds them against the host."""

    model: openvino.Model
    host: Host
    step: EmbedPreprocessing
    notes: list[str] = field(default_factory=list)

    @property
    def _whole(self) -> Way:
        return Way(self.model, self.host.preparation(self.host.transforms, self.host.inputs))

    def splits(self) -> list[Split]:
        """Every end of the list that can be embedded: from the last transform towards the first, until one cannot."""
        step, transforms = self.step, self.host.transforms
        contents = self.host.contents if step.one_size else self.host.contents[: step.samples]
        passed = intakes(self.host, contents, free=not step.one_size)
        found = list[Split]()
        for place in reversed(range(len(transforms))):
            why = _obstacle(transforms[place], passed[place])
            if why:
                self.notes.append(f"{transforms[place].name} stays on the host: {why}")
                break
            split = self._split(place, passed[place])
            if split is None:
                self.notes.append(f"{transforms[place].name} stays on the host: {_unfit(passed[place])}")
                break
            found.append(split)
        return found

    def _split(self, place: int, taken: Intakes) -> Split | None:
        inside = self.host.transforms[place:]
        model = with_front(self.model, taken or {}, self.host.inputs, _chain(inside))
        if model is None:
            return None
        preparation = self.host.preparation(self.host.transforms[:place], facts(model).inputs)
        return Split(inside, Way(model, preparation))

    def agreeing(self, splits: Sequence[Split]) -> list[Split]:
        """Splits whose outputs are the host's."""
        wanted = self._outputs(self._whole) if splits else []
        for split in splits:
            with suppress(RuntimeError):  # what does not run agrees with nothing
                split.difference = largest_difference(self._outputs(split.way), wanted)
            if split.difference > self.step.tolerance:
                self.notes.append(
                    f"{split} was left out: outputs differ by {split.difference:.2g}, more than {self.step.tolerance:g}"
                )
        return [split for split in splits if split.difference <= self.step.tolerance]

    def fastest(self, splits: Sequence[Split]) -> Split | None:
        """Best of the splits that are faster for certain, and no worse by the recipe's metric beyond chance."""
        ways = [self._whole, *(split.way for split in splits)]
        speedups = self.host.speedups(ways, self.step.time_budget_s) if splits else []
        for split, speedup in zip(splits, speedups, strict=True):
            split.speedup = speedup
            said = f"{units.factor(speedup.estimate)} {units.factor_interval(speedup.low, speedup.high)}"
            self.notes.append(f"{split}: {said} end to end")
        if any(speedup.low <= 1 < speedup.high - UNCLEAR for speedup in speedups):
            self.notes.append("the machine is too busy to tell: measure longer (time_budget_s), or when it is idle")
        return next((split for split in ranked(splits) if self._keeps_quality(split)), None)

    def _keeps_quality(self, split: Split) -> bool:
        try:
            delta = self.host.delta(split.way)
        except ArmLostError as error:
            self.notes.append(f"{split} was left out: {error}")
            return False
        if delta is None:
            return True
        drop, least, _ = delta.drop
        kept = drop <= self.step.tolerance * abs(delta.baseline) or least <= 0
        said = f"{units.points(delta.delta, delta.unit)} on {delta.n} tuning samples"
        self.notes.append(f"{split}: {said}{'' if kept else ', beyond chance: left out'}")
        return kept

    def _outputs(self, way: Way) -> list[Array]:
        preparation = way.preparation
        contents = self.host.contents[: self.step.samples]
        return outputs_in_f32(way.model, (t for c in contents for t in preparation.preprocess(preparation.decode(c))))


def _obstacle(transform: Transform, taken: Intakes) -> str:
    """Why only the host can do it, if it is plain to see."""
    if type(transform).embedded is Transform.embedded:
        return "no operations stand for it"
    return "" if taken else "what it takes is no array, or not of one kind"


def _unfit(taken: Intakes) -> str:
    found = (taken or {}).values()
    sizes = ", ".join(
        f"{one.dtype}[{','.join('?' if size is None else str(size) for size in one.sizes)}]" for one in found
    )
    differ = " (samples differ in size)" if any(None in one.sizes for one in found) else ""
    return f"no operations stand for it on {sizes}{differ}"


def _chain(transforms: Sequence[Transform]) -> BuildInFront:
    def build(batch: openvino.Output) -> openvino.Output | None:
        value: openvino.Output | None = batch
        for transform in transforms:
            value = transform.embedded(value) if value is not None else None
        return value

    return build
