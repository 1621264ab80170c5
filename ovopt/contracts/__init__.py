"""The extension points, on one page: data source, transform, decoder, metric, step, report, engine, and what they are
handed.

A plug-in is one file: a frozen pydantic model whose fields are the recipe's keys and whose docstring is its
documentation. Its name in a recipe is the class's `name`. `plugins` finds the classes of a package.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple, Protocol, TypeVar

from numpy.typing import NDArray
from pydantic import Field

from ovopt.errors import NoEffectError
from ovopt.model.ports.facts import Wanted
from ovopt.records import Comparison, Effective, Execution, Port, QualityDelta, Record, StepReport
from ovopt.stats import Interval

if TYPE_CHECKING:
    import openvino

Array = NDArray[Any]
Tensors = tuple[Array, ...]
"""One array per model input (or output), in the model's own order, with the batch dimension."""
Row = float | Sequence[Any]
"""A metric's raw figure of one sample: a number, or a list of plain numbers (nested where it must be)."""


class Parts(tuple[Any, ...]):
    """A sample that takes several inferences: both texts of a pair, the windows of a recording, the frames of a
    sequence. A model with a state keeps it from part to part, and starts every sample anew."""

    __slots__ = ()


class Progress(Protocol):
    """Where long work tells how far it is. The library's default says nothing."""

    def task(self, name: str, total: float | None = None) -> AbstractContextManager[Advance]:
        """A named piece of work of `total` units (unknown if None)."""

    def say(self, message: str) -> None:
        """A line of log."""


class Advance(Protocol):
    """Moves a task's progress on."""

    def __call__(self, amount: float = 1, note: str = "") -> None:
        """`amount` units are done; `note` says what matters now."""


@dataclass(frozen=True)
class Samples:
    """The samples of a data source: ids and labels at hand, contents loaded one at a time."""

    source: str
    ids: tuple[str, ...]
    labels: tuple[Any, ...] | None
    load: Callable[[int], Any]
    fingerprint: str
    classes: tuple[str, ...] = ()
    """The source's own class names, in the order of the indices in its labels."""
    random: bool = False
    """True where contents are drawn at random: statistics of them would ruin a model."""

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True)
class LabelFile:
    """A label that is a file, read where it is needed: a mask of class ids, or an image."""

    path: Path
    kind: Literal["mask", "image"]


@dataclass(frozen=True)
class BadLabel:
    """What stands for a label that cannot be used: its sample goes the way of any bad sample."""

    why: str


@dataclass(frozen=True)
class Boxes:
    """The labelled objects of one image. Float `corners` [n, 4]: x0, y0, x1, y1 in the pixels of an image of `size`
    (width, height); integer `classes` [n]; boolean `crowd` [n]: a region of many, which no detection can miss."""

    corners: Array
    classes: Array
    crowd: Array
    size: tuple[int, int]


class DataSource(Record, ABC):
    """A kind of data: npz, files, hf, synthetic ..."""

    name: ClassVar[str]
    priority: ClassVar[int] = 0
    """Where several kinds recognise a path, the highest takes it: that which asks for more."""

    @abstractmethod
    def open(self, inputs: Sequence[Port], seed: int) -> Samples:
        """Find the samples; raise DataError where there are none."""

    @classmethod
    def recognises(cls, path: str) -> bool:
        """Whether `--data PATH` without a kind means this source."""
        return False


class Transform(Record, ABC):
    """One step of the preparation. Its fields are the recipe's keys."""

    name: ClassVar[str]
    sole: ClassVar[str | None] = None
    """The field that a value without a key means: `cast: float32`."""
    decodes: ClassVar[bool] = False
    """Whether it turns a file's bytes into an array: a stage of its own end to end."""
    whole: ClassVar[bool] = False
    """Whether it takes a mapping of columns as it is, rather than each of its values."""

    @abstractmethod
    def __call__(self, content: Any) -> Any:
        """The transformed content; raise DataError where it does not fit."""

    def over(self, content: Any) -> Any:
        """What becomes of a sample: part by part, and column by column unless it takes them as a whole."""
        if isinstance(content, Parts):
            return Parts(self.over(part) for part in content)
        if isinstance(content, Mapping) and not self.whole:
            return {key: self.over(value) for key, value in content.items()}
        return self(content)

    def embedded(self, batch: openvino.Output) -> openvino.Output | None:
        """What it does to a batch of samples [n, ...], as operations of a model; None where only the host can do it to
        samples of this shape and element type."""
        return None

    def moved(self, boxes: Array, size: tuple[int, int]) -> tuple[Array, tuple[int, int]]:
        """Where boxes [n, 4] (x0, y0, x1, y1) of an image of `size` (width, height) go, and the image's new size."""
        return boxes, size

    def masked(self, mask: Array) -> Array:
        """What becomes of a mask [height, width] of class ids, or of any image that goes with the sample's."""
        return mask


class Decoder(Record, ABC):
    """One step from a model's outputs to what accuracy metrics look at: class scores, boxes, text ..."""

    name: ClassVar[str]
    sole: ClassVar[str | None] = None
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    """Short names for a recipe, each with the fields it stands for."""
    joins: ClassVar[bool] = False
    """Whether it takes what all parts of a sample gave, as a list, and makes one of them."""

    @abstractmethod
    def __call__(self, output: Any, inputs: Mapping[str, Array]) -> Any:
        """`output` is the chosen output without its batch dimension, a tuple where several are chosen, or what the
        decoder before gave; `inputs` the model's inputs of this inference by name (of the first part where it joins),
        each with its batch dimension."""

    def embedded(self, batch: openvino.Output, inputs: Mapping[str, openvino.Output]) -> openvino.Output | None:
        """What it does to a batch of outputs [n, ...], as operations of a model with these inputs: n results, each of
        the host's shape; None where only the host can do it to outputs of this shape and element type."""
        return None


class Metric(Record, ABC):
    """A task's quality figure: a row per sample, and a value of all rows."""

    name: ClassVar[str]
    unit: ClassVar[str]
    higher_is_better: ClassVar[bool] = True
    chance: ClassVar[float] = 0.0
    """What a guess reaches; an error without such a bound has 0."""
    kind: ClassVar[Literal["accuracy", "agreement"]] = "accuracy"
    """An accuracy metric compares outputs with labels, an agreement metric with the baseline's outputs."""
    statistics: ClassVar[Literal["share", "bootstrap"]] = "bootstrap"
    """`share`: rows are 0 or 1 and the value is their mean, so that exact methods apply."""
    needs_label: ClassVar[bool] = True
    """Whether an accuracy metric looks at labels: some judge a sample by itself, or by the others."""
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    """Short names for a recipe, each with the fields it stands for."""

    @property
    def label(self) -> str:
        """The name that results carry."""
        return self.name

    def check(self, label: Any, outputs: Sequence[Port], sample_id: str) -> None:
        """Raise DataError where a label cannot belong to these outputs."""

    @abstractmethod
    def row(self, output: Any, target: Any) -> Row:
        """The raw figure of one sample. For accuracy, `output` is what the recipe's `postprocess` made of it and
        `target` the label; for agreement, both are raw outputs without batch dimension, the second the original's."""

    def gather(self, rows: Sequence[Row]) -> Sequence[Row]:
        """Rows that stand alone, from rows that only mean something together (the rank of one among all)."""
        return rows

    def value(self, rows: NDArray[Any]) -> float:
        """The figure over all samples. `rows` is a float64 array with one row per sample, or an array of lists where
        rows differ in length. May be NaN where it is undefined for these samples."""
        return float(rows.mean())

    def by_class(self, rows: NDArray[Any], targets: Sequence[Any]) -> Mapping[int, float]:
        """The figure of each class. By default the samples are grouped by their label, where that is a class index."""
        classes = sorted({target for target in targets if isinstance(target, int)})
        members = {c: [i for i, target in enumerate(targets) if target == c] for c in classes}
        return {c: self.value(rows[chosen]) for c, chosen in members.items()}


@dataclass(frozen=True)
class Way:
    """A model, what makes its inputs of a sample's content, and what is made of its outputs."""

    model: openvino.Model
    preparation: Preparation
    answer: Callable[[Tensors, Tensors], Any] | None = None
    """Takes the inputs and the outputs of an inference."""


@dataclass(frozen=True)
class Host:
    """What is done to a sample before it reaches the model and to the outputs behind it, for a step that moves some of
    it there."""

    transforms: tuple[Transform, ...]
    inputs: tuple[Port, ...]
    """What all of the transforms lead to: the model's inputs."""
    filled: tuple[str, ...]
    """Those that samples fill, rather than the recipe's own values and a state."""
    contents: Sequence[Any]
    """Of the calibration samples, read where they are used."""
    preparation: Callable[[Sequence[Transform], Sequence[Port]], Preparation]
    """Some transforms, and the fit to a model's inputs."""
    speedups: Callable[[Sequence[Way], float], Sequence[Interval]]
    """How many times faster every way but the first is from content to output, against the first; measured for about so
    many seconds."""
    delta: Callable[[Way], QualityDelta | None]
    """The change of the recipe's first metric on the tuning split; None where there is none to tell."""
    decoders: tuple[Decoder, ...] = ()
    """What is done to the model's outputs."""
    output: Wanted = 0
    """Which of the outputs decoders take."""
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
    """Where the model was read from, for a step that trains it in its own framework."""

    path: str | Path
    shapes: Mapping[str, Sequence[int | str]]
    trust: bool
    """Whether code that comes with it may run."""
    task: str
    """The recipe's."""


@dataclass(frozen=True)
class Materials:
    """What a step may use."""

    calibration: Sequence[Tensors]
    seed: int
    progress: Progress
    speedup: Speedup = lambda before, after, properties=None, least=0.0: None
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


class Stage(IntEnum):
    """Where a step belongs among others: those of a lower stage come first."""

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
    """Whether it takes statistics from the samples, so that random ones would ruin the model."""
    allow_no_effect: bool = Field(default=False, description="a note where the step changes nothing, not an error")

    @property
    def wanted(self) -> int:
        """How many calibration samples it uses."""
        return 300

    @abstractmethod
    def apply(self, model: openvino.Model, materials: Materials) -> Stepped:
        """Optimize; raise NoEffectError where it changed nothing, another StepError where it failed."""

    def run(self, model: openvino.Model, materials: Materials) -> Stepped:
        """`apply`; where that changed nothing and may, the same model and a note."""
        try:
            return self.apply(model, materials)
        except NoEffectError as error:
            if not self.allow_no_effect:
                raise
            settings = self.model_dump(mode="json", exclude_defaults=True)
            report = StepReport(name=self.name, parameters=settings, effect={}, notes=(str(error),), seconds=0.0)
            return Stepped(model.clone(), report)


@dataclass(frozen=True)
class View:
    """How a report is to be drawn."""

    width: int
    colour: bool


class Report(ABC):
    """A format: a pure function from the comparison to text."""

    name: ClassVar[str]
    mark: ClassVar[str | None] = None
    """What stands at the beginning of every such text, so that a newer one may replace it; None where nothing does."""

    @abstractmethod
    def render(self, comparison: Comparison, view: View) -> str:
        """The whole report."""


class Preparation(Protocol):
    """From a sample's content to the model's input, in the two stages that end to end tells apart."""

    def decode(self, content: Any) -> Any:
        """From a file's bytes to an array (or text); content that is no file passes through."""

    def preprocess(self, content: Any, sample_id: str = "sample") -> tuple[Tensors, ...]:
        """From the decoded content to tensors that fit the model, one set for each inference of the sample."""


@dataclass(frozen=True)
class Placement:
    """Where a model is, and how it is used."""

    model: Path
    shapes: Mapping[str, Sequence[int | str]]
    outputs: tuple[int, ...]
    """The outputs that metrics look at, the first of them that of `Session.result`."""
    device: str
    batch: int = 1
    """Samples per inference where it is timed."""
    state: Mapping[str, str] = field(default_factory=dict)
    """Input -> output: what one inference of a sequence hands on to the next."""


@dataclass(frozen=True)
class Started:
    """One start in a fresh process: nanoseconds of each stage, bytes resident before, after and at the most."""

    read_ns: int
    compile_ns: int
    infer_ns: int
    before_bytes: int
    compiled_bytes: int
    peak_bytes: int
    from_cache: bool


Key = tuple[int, int]
"""A sample's index, and which of its inferences."""


class Pace(NamedTuple):
    """What a full pool of requests answered: inferences in so many nanoseconds, and how many it took in all, those
    before and behind that time included."""

    inferences: int
    elapsed_ns: int
    begun: int


class Session(ABC):
    """A compiled model inside a worker."""

    @abstractmethod
    def effective(self) -> Effective:
        """Settings read back from the compiled model."""

    @abstractmethod
    def infer_once(self, index: int) -> int:
        """One synchronous inference on sample `index`; its nanoseconds."""

    @abstractmethod
    def infer_for(self, seconds: float, first: int) -> Pace:
        """Asynchronous inference for about `seconds`, samples from `first` on, every request busy."""

    @abstractmethod
    def latest(self) -> Iterator[tuple[int, Array]]:
        """What `infer_once` and `infer_for` computed last: samples, each with the first chosen output."""

    @abstractmethod
    def run(self, tensors: Tensors) -> None:
        """One synchronous inference on any tensors."""

    @abstractmethod
    def result(self) -> Array:
        """The chosen output of the last `run`, as an array of its own."""

    @abstractmethod
    def answer_all(self, tensors: Iterator[Tensors]) -> None:
        """Inference on tensors as they come, while the next ones are prepared."""

    @abstractmethod
    def serve(self, arrivals_s: Sequence[float], first: int) -> list[int]:
        """Open-loop load: start an inference at each of these times, or as soon after as a request is free.
        Nanoseconds from each scheduled arrival to its answer."""

    @abstractmethod
    def answer_each(self, items: Iterator[tuple[Key, Tensors]]) -> Iterator[tuple[Key, Tensors]]:
        """The chosen outputs of every item without batch dimension, in the order of the items, of which a few are taken
        ahead. An item that fails is raised behind the answers of all before it. The parts of a sample come in their
        order; a state lives from the first to the last."""


class Engine(ABC):
    """Runs models: OpenVINO, or a native framework as a reference."""

    name: ClassVar[str]

    @abstractmethod
    def __init__(self, placement: Placement) -> None:
        """Read the model."""

    @classmethod
    @abstractmethod
    def start(cls, placement: Placement, properties: Mapping[str, str], sample: Tensors) -> Started:
        """Read, compile and infer in a process that has done nothing before."""

    @abstractmethod
    def open(
        self, properties: Mapping[str, str], samples: Sequence[Tensors], requests: int | None, timed: bool
    ) -> Session:
        """Compile anew, with a pool of `requests` (the optimal number if None), for timing in the placement's batch."""

    @abstractmethod
    def audit(self, properties: Mapping[str, str], samples: Sequence[Tensors]) -> Execution:
        """Run with profiling counters and say what was executed."""


def without_batch(value: Array) -> Array:
    """An output without its batch dimension, where that is 1."""
    if value.ndim and value.shape[0] == 1:
        sole: Array = value[0]
        return sole
    return value


P = TypeVar("P")


@cache
def plugins(package: str, kind: type[P]) -> Mapping[str, type[P]]:
    """The concrete subclasses of `kind` in the modules of a package, by name."""
    found: dict[str, type[P]] = {}
    root = importlib.import_module(package)
    for info in pkgutil.iter_modules(root.__path__):
        module = importlib.import_module(f"{package}.{info.name}")
        for _, member in inspect.getmembers(module, inspect.isclass):
            if issubclass(member, kind) and not inspect.isabstract(member) and member.__module__ == module.__name__:
                found[member.name] = member  # type: ignore[attr-defined]
    return found
