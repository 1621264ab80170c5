"""Preprocessing that the model does itself, as far as it pays."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from ovopt import units
from ovopt.contracts import Array, Host, Materials, Step, Stepped, Transform, Way
from ovopt.errors import ArmLostError, RecipeError, StepError
from ovopt.model.inspect.runs import largest_difference, outputs_in_f32
from ovopt.model.ports.attach import BuildInFront, Intake, with_front
from ovopt.model.ports.facts import facts
from ovopt.records import StepReport
from ovopt.steps.embed_splits import Intakes, Split, intakes, ranked

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

    def embedded(self, model: openvino.Model, materials: Materials, count: int) -> Stepped:
        """Model that does the last `count` transforms itself, whether that pays or not. Raises RecipeError where fewer
        are left on the host, StepError where they cannot be embedded."""
        started = time.perf_counter()
        if materials.host is None or len(materials.host.transforms) < count:
            raise RecipeError(NOTHING_LEFT)
        trial = _Trial(model, materials.host, self)
        split = next((split for split in trial.agreeing(trial.splits()) if len(split.inside) == count), None)
        if split is None:
            raise StepError("; ".join((f"embed_preprocessing: the last {count} cannot be embedded", *trial.notes)))
        report = self._report(split, materials.host, trial.notes, time.perf_counter() - started)
        return Stepped(split.way.model, report)

    def _report(self, chosen: Split | None, host: Host, notes: Sequence[str], seconds: float) -> StepReport:
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
        report = self.record_effect(effect, seconds, [said, *notes])
        return report.model_copy(update={"changed": chosen is not None, "embedded": count})


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
    sizes = ", ".join(_said(one) for one in (taken or {}).values())
    return f"no operations stand for it on {sizes}" + (
        " (samples differ in size)" if any(None in one.sizes for one in (taken or {}).values()) else ""
    )


def _said(intake: Intake) -> str:
    return f"{intake.dtype}[{','.join('?' if size is None else str(size) for size in intake.sizes)}]"


def _chain(transforms: Sequence[Transform]) -> BuildInFront:
    def build(batch: openvino.Output) -> openvino.Output | None:
        value: openvino.Output | None = batch
        for transform in transforms:
            value = transform.embedded(value) if value is not None else None
        return value

    return build
