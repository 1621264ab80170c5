"""The extension points, on one page: step, metric, data source, report, engine, and what they are handed.

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
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from ovopt.records import Comparison, Effective, Execution, Port, Record, StepReport

if TYPE_CHECKING:
    import openvino

Array = NDArray[Any]
Tensors = tuple[Array, ...]
"""One array per model input (or output), in the model's own order, with the batch dimension."""


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

    def __len__(self) -> int:
        return len(self.ids)


class DataSource(Record, ABC):
    """A kind of data: npz, files, hf, synthetic ..."""

    name: ClassVar[str]

    @abstractmethod
    def open(self, inputs: Sequence[Port], seed: int) -> Samples:
        """Find the samples; raise DataError where there are none."""

    @classmethod
    def recognises(cls, path: str) -> bool:
        """Whether `--data PATH` without a kind means this source."""
        return False


class Metric(Record, ABC):
    """A task's quality figure: a row per sample, and a value of all rows."""

    name: ClassVar[str]
    unit: ClassVar[str]
    higher_is_better: ClassVar[bool] = True
    kind: ClassVar[Literal["accuracy", "agreement"]] = "accuracy"
    """An accuracy metric compares outputs with labels, an agreement metric with the baseline's outputs."""
    statistics: ClassVar[Literal["share", "bootstrap"]] = "bootstrap"
    """`share`: rows are 0 or 1 and the value is their mean, so that exact methods apply."""
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    """Short names for a recipe, each with the fields it stands for."""

    @property
    def label(self) -> str:
        """The name that results carry."""
        return self.name

    def check(self, label: Any, outputs: Sequence[Port], sample_id: str) -> None:
        """Raise DataError where a label cannot belong to these outputs."""

    @abstractmethod
    def row(self, output: Array, target: Any) -> float | Sequence[float]:
        """The raw figure of one sample. `output` has no batch dimension; `target` is the label or the baseline's
        output."""

    def value(self, rows: NDArray[np.float64]) -> float:
        """The figure over all samples, from an array with one row per sample."""
        return float(rows.mean())


@dataclass(frozen=True)
class Materials:
    """What a step may use."""

    calibration: Sequence[Tensors]
    seed: int
    progress: Progress


@dataclass(frozen=True)
class Stepped:
    """A step's result: a new model, and what was done."""

    model: openvino.Model
    report: StepReport


class Step(Record, ABC):
    """One model-level optimization. It returns a new model and never changes its input."""

    name: ClassVar[str]

    @abstractmethod
    def apply(self, model: openvino.Model, materials: Materials) -> Stepped:
        """Optimize; raise StepError where it failed or changed nothing."""


@dataclass(frozen=True)
class View:
    """How a report is to be drawn."""

    width: int
    colour: bool


class Report(ABC):
    """A format: a pure function from the comparison to text."""

    name: ClassVar[str]

    @abstractmethod
    def render(self, comparison: Comparison, view: View) -> str:
        """The whole report."""


class Preparation(Protocol):
    """From a sample's content to the model's input, in the two stages that end to end tells apart."""

    def decode(self, content: Any) -> Any:
        """From a file's bytes to an array (or text); content that is no file passes through."""

    def preprocess(self, content: Any) -> Tensors:
        """From the decoded content to tensors that fit the model."""


@dataclass(frozen=True)
class Placement:
    """Where a model is, and how it is used."""

    model: Path
    shapes: Mapping[str, Sequence[int]]
    output: int | str
    device: str
    batch: int = 1
    """Samples per inference where it is timed."""


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


class Session(ABC):
    """A compiled model inside a worker."""

    @abstractmethod
    def effective(self) -> Effective:
        """Settings read back from the compiled model."""

    @abstractmethod
    def infer_once(self, index: int) -> int:
        """One synchronous inference on sample `index`; its nanoseconds."""

    @abstractmethod
    def infer_for(self, seconds: float, first: int) -> tuple[int, int]:
        """Asynchronous inference for about `seconds`, samples from `first` on; completed inferences, nanoseconds."""

    @abstractmethod
    def run(self, tensors: Tensors) -> None:
        """One synchronous inference on any tensors."""

    @abstractmethod
    def result(self) -> Array:
        """The chosen output of the last `run`, as an array of its own."""

    @abstractmethod
    def answer_all(self, tensors: Iterator[Tensors]) -> int:
        """Inference on tensors as they come, while the next ones are prepared; how many there were."""

    @abstractmethod
    def serve(self, arrivals_s: Sequence[float], first: int) -> list[int]:
        """Open-loop load: start an inference at each of these times, or as soon after as a request is free.
        Nanoseconds from each scheduled arrival to its answer."""

    @abstractmethod
    def outputs(self) -> Iterator[tuple[int, Array]]:
        """Every sample's index and chosen output without batch dimension, computed asynchronously, in any order."""


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
