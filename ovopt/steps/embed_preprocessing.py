"""Preprocessing that the model does itself, as far as it pays."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from pydantic import Field

from ovopt import units
from ovopt.contracts import Array, Host, Materials, Step, Stepped, Transform, Way
from ovopt.errors import ArmLostError, RecipeError
from ovopt.model.agreement import largest_difference, outputs_in_f32
from ovopt.model.facts import facts
from ovopt.model.front import Build, Intake, with_front
from ovopt.model.inputs import DTYPES
from ovopt.records import StepReport
from ovopt.stats import Interval
from ovopt.steps.intakes import Intakes, intakes

if TYPE_CHECKING:
    import openvino

ITEM_BYTES = {dtype: np.dtype(name).itemsize for dtype, name in DTYPES.items()}
NOTHING_LEFT = "optimize.embed_preprocessing: the recipe has no `preprocess` left on the host to embed"


class EmbedPreprocessing(Step):
    """Moves the last transforms of the recipe's `preprocess` from the host into the model, as many as pay.

    Every split of the list is tried: its outputs must agree with those of the whole list on the host, in f32. From the
    bytes of a file to the outputs, in turns over several compiled models, a split must be faster than the host beyond
    noise, and the recipe's first metric must not fall beyond chance on the tuning split. The fastest such split is
    kept; where there is none, everything stays on the host.
    """

    name: ClassVar[str] = "embed_preprocessing"
    calibrates: ClassVar[bool] = False
    tolerance: float = Field(
        default=2e-3, gt=0, description="largest difference of an output, as a share of its largest value"
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

    @property
    def wanted(self) -> int:
        """A few verify."""
        return self.samples

    def apply(self, model: openvino.Model, materials: Materials) -> Stepped:
        """The model that does the most worthwhile part itself; the same model where none pays."""
        started = time.perf_counter()
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
        report = self._report(chosen, host, trial.notes, time.perf_counter() - started)
        return Stepped(chosen.way.model if chosen else model.clone(), report)

    def _report(self, chosen: _Split | None, host: Host, notes: Sequence[str], seconds: float) -> StepReport:
        count = len(chosen.inside) if chosen else 0
        effect: dict[str, Any] = {"embedded": count, "on_host": len(host.transforms) - count}
        said = "what is on the host stays there: no split is faster and agrees with it"
        if chosen and chosen.speedup:
            effect["end_to_end_speedup"] = round(chosen.speedup.estimate, 3)
            effect["largest_difference"] = float(f"{chosen.difference:.2g}")
            left = ", ".join(transform.name for transform in host.transforms[:-count]) or "nothing"
            taken = ", ".join(str(port) for port in facts(chosen.way.model).inputs)
            said = f"the host still does: {left}; the model takes {taken}"
        return StepReport(
            name=self.name,
            parameters=self.model_dump(exclude_defaults=True),
            effect=effect,
            notes=(said, *notes),
            seconds=round(seconds, 3),
            embedded=count,
        )


@dataclass
class _Split:
    """A way to divide the list: which transforms are inside the model, and how it did."""

    inside: tuple[Transform, ...]
    way: Way
    difference: float = np.inf
    speedup: Interval | None = None

    @property
    def input_bytes(self) -> int:
        """Of a sample, as it is handed over; a size that is not fixed counts as 1."""
        ports = facts(self.way.model).inputs
        return sum(math.prod(size or 1 for size in port.shape or ()) * ITEM_BYTES[port.dtype] for port in ports)

    def __str__(self) -> str:
        return f"{', '.join(transform.name for transform in self.inside)} in the model"


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

    def splits(self) -> list[_Split]:
        """Every end of the list that can be embedded: from the last transform towards the first, until one cannot."""
        step, transforms = self.step, self.host.transforms
        contents = self.host.contents if step.one_size else self.host.contents[: step.samples]
        passed = intakes(self.host, contents, free=not step.one_size)
        found = list[_Split]()
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

    def _split(self, place: int, taken: Intakes) -> _Split | None:
        inside = self.host.transforms[place:]
        model = with_front(self.model, taken or {}, self.host.inputs, _chain(inside))
        if model is None:
            return None
        preparation = self.host.preparation(self.host.transforms[:place], facts(model).inputs)
        return _Split(inside, Way(model, preparation))

    def agreeing(self, splits: Sequence[_Split]) -> list[_Split]:
        """Those whose outputs are the host's."""
        wanted = self._outputs(self._whole) if splits else []
        for split in splits:
            with suppress(RuntimeError):  # what does not run agrees with nothing
                split.difference = largest_difference(self._outputs(split.way), wanted)
            if split.difference > self.step.tolerance:
                self.notes.append(
                    f"{split} was left out: outputs differ by {split.difference:.2g}, more than {self.step.tolerance:g}"
                )
        return [split for split in splits if split.difference <= self.step.tolerance]

    def fastest(self, splits: Sequence[_Split]) -> _Split | None:
        """Of those that are faster for certain, and no worse by the recipe's metric beyond chance."""
        ways = [self._whole, *(split.way for split in splits)]
        speedups = self.host.speedups(ways, self.step.time_budget_s) if splits else []
        for split, speedup in zip(splits, speedups, strict=True):
            split.speedup = speedup
            said = f"{units.factor(speedup.estimate)} {units.factor_interval(speedup.low, speedup.high)}"
            self.notes.append(f"{split}: {said} end to end")
        return next((split for split in _ranked(splits) if self._keeps_quality(split)), None)

    def _keeps_quality(self, split: _Split) -> bool:
        try:
            delta = self.host.delta(split.way)
        except ArmLostError as error:
            self.notes.append(f"{split} was left out: {error}")
            return False
        if delta is None:
            return True
        drop, least, _ = delta.drop
        kept = drop <= 0 or least <= 0
        said = f"{units.points(delta.delta, delta.unit)} on {delta.n} tuning samples"
        self.notes.append(f"{split}: {said}{'' if kept else ', beyond chance: left out'}")
        return kept

    def _outputs(self, way: Way) -> list[Array]:
        preparation = way.preparation
        contents = self.host.contents[: self.step.samples]
        return outputs_in_f32(way.model, (t for c in contents for t in preparation.preprocess(preparation.decode(c))))


def _ranked(splits: Sequence[_Split]) -> list[_Split]:
    """Those that are faster than the host for certain: first the ones that cannot be told from the fastest, with the
    smallest input and then the shortest list on the host in front; then the others."""
    known = [(split, split.speedup) for split in splits if split.speedup and split.speedup.low > 1]
    best = max((speedup.estimate for _, speedup in known), default=1.0)
    ranked = sorted(known, key=lambda one: (one[1].high < best, one[0].input_bytes, -len(one[0].inside)))
    return [split for split, _ in ranked]


def _obstacle(transform: Transform, taken: Intakes) -> str:
    """Why only the host can do it, if it is plain to see."""
    if type(transform).embedded is Transform.embedded:
        return "no operations stand for it"
    return "" if taken else "what it takes is no array, or not of one kind"


def _unfit(taken: Intakes) -> str:
    sizes = ", ".join(_said(one) for one in (taken or {}).values())
    return f"no operations stand for it on {sizes}" + (
        " (samples differ in size)" if any(None in one.sizes for one in (taken or {}).values()) else ""
    )


def _said(intake: Intake) -> str:
    return f"{intake.dtype}[{','.join('?' if size is None else str(size) for size in intake.sizes)}]"


def _chain(transforms: Sequence[Transform]) -> Build:
    def build(batch: openvino.Output) -> openvino.Output | None:
        value: openvino.Output | None = batch
        for transform in transforms:
            value = transform.embedded(value) if value is not None else None
        return value

    return build
