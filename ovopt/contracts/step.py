"""An optimization step, what it may use, and where it tells its progress."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Protocol

from pydantic import Field

from ovopt.contracts.preparation import Decoder, Preparation, Transform
from ovopt.errors import NoEffectError
from ovopt.model.ports.facts import Wanted
from ovopt.model.ports.inputs import Array, Tensors
from ovopt.records import MadeBy, Port, QualityDelta, Record, StepReport
from ovopt.stats import Interval, bounds_of

if TYPE_CHECKING:
    import openvino


class Progress(Protocol):
    """Progress of long work, told to whoever watches. The library's default says nothing."""

    def task(self, name: str, total: float | None = None) -> AbstractContextManager[Advance]:
        """A named piece of work of `total` units (unknown if None)."""

    def say(self, message: str) -> None:
        """A line of log."""


class Advance(Protocol):
    """Moves a task's progress on."""

    def __call__(self, amount: float = 1, note: str = "") -> None:
        """`amount` units are done; `note` says what matters now."""


@dataclass(frozen=True)
class Way:
    """A model, what makes its inputs of a sample's content, and what is made of its outputs."""

    model: openvino.Model
    preparation: Preparation
    answer: Callable[[Tensors, Tensors], Any] | None = None
    """Takes the inputs and the outputs of an inference."""


@dataclass(frozen=True)
class Host:
    """The host's part of pre- and postprocessing, for a step that moves some of it into the model."""

    transforms: tuple[Transform, ...]
    inputs: tuple[Port, ...]
    """The model's inputs, to which all of the transforms lead."""
    filled: tuple[str, ...]
    """Those that samples fill, rather than the recipe's own values and a state."""
    contents: Sequence[Any]
    """Of the calibration samples, read where they are used."""
    preparation: Callable[[Sequence[Transform], Sequence[Port]], Preparation]
    """Some transforms, and the fit to a model's inputs."""
    speedups: Callable[[Sequence[Way], float], Sequence[Interval]]
    """Speed-ups of every way but the first, from content to output, against the first; measured for about so many
    seconds."""
    delta: Callable[[Way], QualityDelta | None]
    """The change of the recipe's first metric on the tuning split; None where there is none to tell."""
    decoders: tuple[Decoder, ...] = ()
    """They take the model's outputs."""
    output: Wanted = 0
    """The output that decoders take, or several."""
    seen: Callable[[Any], Sequence[Mapping[str, Array]]] = lambda content: ()
    """The inputs that decoders take for a content's inferences, by name: what all of `preprocess` leads to, whether the
    host does it or the model."""
    known: tuple[str, ...] = ()
    """The model's inputs that are what decoders take."""


class Speedup(Protocol):
    """Measures how many times faster the second model runs than the first, roughly: per sample, where it takes several
    at a time. None where one of them does not run, or nothing was measured. What is clearly below `least` is measured
    no further."""

    def __call__(
        self,
        before: openvino.Model,
        after: openvino.Model,
        properties: Mapping[str, str] | None = None,
        least: float = 0.0,
    ) -> float | None:
        """`properties` are runtime settings of the second model alone."""


@dataclass(frozen=True)
class Origin:
    """The file that the model was read from, for a step that trains it in its own framework."""

    path: str | Path
    shapes: Mapping[str, Sequence[int | str]]
    trust: bool
    """True where code that comes with it may run."""
    task: str
    """The recipe's."""


@dataclass(frozen=True)
class Materials:
    """Samples, measurements and settings that a step may use."""

    calibration: Sequence[Tensors]
    seed: int
    progress: Progress
    speedup: Speedup = lambda before, after, properties=None, least=0.0: None
    refused: Callable[[openvino.Model], str | None] = lambda model: None
    """OpenVINO's reason why a model does not run on a sample; None where it does."""
    host: Host | None = None
    state: Mapping[str, str] = field(default_factory=dict)
    """Input -> output: what one inference of a sequence hands on to the next, by the recipe."""
    device: str = "CPU"
    origin: Origin | None = None
    """None where the model is no longer what was read."""
    checkpoint: Path | None = None
    """A file where a long step keeps how far it is, and from which it goes on."""


@dataclass(frozen=True)
class Stepped:
    """A step's result: a new model, and what was done."""

    model: openvino.Model
    report: StepReport


Tolerance = Annotated[
    float, Field(gt=0, description="largest difference of an output, as a share of its largest value")
]
"""A step's field for how far outputs may be from those before."""


def timed(make: Callable[[], Stepped]) -> Stepped:
    """The result of `make`, with the seconds that it took in the report, unless that says them."""
    began = time.perf_counter()
    stepped = make()
    seconds = stepped.report.seconds or round(time.perf_counter() - began, 3)
    return Stepped(stepped.model, stepped.report.model_copy(update={"seconds": seconds}))


class Stage(IntEnum):
    """The place of a step among others: those of a lower stage come first."""

    ANYWHERE = 0
    TRAINING = 1
    """Other weights, found in the model's own framework."""
    GRAPH = 2
    """Other operations that compute the same."""
    STRUCTURE = 3
    """Less work: fewer channels, neurons, heads."""
    WEIGHTS = 4
    """Fewer bits to compute with."""
    STORAGE = 5
    """Fewer bits on disk."""
    ANSWER = 6
    """Other outputs than the original's."""
    CALL = 7
    """Another way to call the model: several samples per inference, a state that it keeps."""


class Step(Record, ABC):
    """One model-level optimization. It returns a new model and never changes its input."""

    name: ClassVar[str]
    stage: ClassVar[Stage] = Stage.ANYWHERE
    calibrates: ClassVar[bool] = True
    """True where it takes statistics from the samples, so that random ones would ruin the model."""
    allow_no_effect: bool = Field(default=False, description="a note where the step changes nothing, not an error")

    @property
    def wanted(self) -> int:
        """The number of calibration samples that it uses: its field `samples`, where it has one."""
        return int(getattr(self, "samples", 300))

    @abstractmethod
    def apply(self, model: openvino.Model, materials: Materials) -> Stepped:
        """Optimize a clone. Raises NoEffectError where it changed nothing, another StepError where it failed."""

    def run(self, model: openvino.Model, materials: Materials) -> Stepped:
        """Apply; where that changed nothing and may, the same model and a note. Raises StepError as `apply`."""
        try:
            return timed(lambda: self.apply(model, materials))
        except NoEffectError as error:
            if not self.allow_no_effect:
                raise
            return self.left_out(model, str(error))

    def way_round(self, model: openvino.Model, materials: Materials) -> str:
        """The end of the message about a model that the step failed on, or made one of that does not run: what it works
        without, and the options for that; empty where nothing is known."""
        return ""

    def left_out(self, model: openvino.Model, why: str) -> Stepped:
        """The same model, and why the step did not change it."""
        report = self.record_effect({}, [why])
        return Stepped(model.clone(), report.model_copy(update={"changed": False}))

    def record_effect(
        self, effect: Mapping[str, Any], notes: Sequence[str] = (), speedup: float | None = None, done: str = ""
    ) -> StepReport:
        """An account of this step with those of its settings that are no defaults; whoever calls the step adds the
        seconds that it took. `done` says the effect in a phrase: `8 bits in 49 of 50 convolutions`."""
        return StepReport(
            name=self.name,
            parameters=self.model_dump(mode="json", exclude_defaults=True),
            effect=dict(effect),
            done=done,
            notes=tuple(notes),
            speedup=speedup,
            speedup_bounds=bounds_of(speedup),
            seconds=0.0,
        )

    def record_call(self, name: str, reverted: Sequence[str] = ()) -> MadeBy:
        """All of its settings, from which a model that it made, with `reverted` operations, can be made again."""
        return MadeBy(name=name, step=self.name, settings=self.model_dump(mode="json"), reverted=tuple(reverted))
