"""An engine that runs models inside a worker, and the session of a compiled model."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, NamedTuple

from ovopt.model.ports.inputs import Array, Tensors
from ovopt.records import Effective, Execution


@dataclass(frozen=True)
class Placement:
    """A model's file, and how it is used."""

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

    @property
    def stages_ns(self) -> tuple[int, int, int]:
        """Reading, compiling and the first inference."""
        return self.read_ns, self.compile_ns, self.infer_ns

    @property
    def resident_bytes(self) -> tuple[int, int, int]:
        """Memory before, after and at the most."""
        return self.before_bytes, self.compiled_bytes, self.peak_bytes


Key = tuple[int, int]
"""A sample's index, and which of its inferences."""


class Pace(NamedTuple):
    """Throughput of a full pool of requests: inferences in so many nanoseconds, and how many were begun in all, those
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
        """Run one synchronous inference on sample `index`, counted round; its nanoseconds."""

    @abstractmethod
    def infer_for(self, seconds: float, first: int) -> Pace:
        """Keep every request busy for about `seconds`, with samples from `first` on."""

    @abstractmethod
    def latest(self) -> Iterator[tuple[int, Array]]:
        """Samples that `infer_once` and `infer_for` computed last, each with the first chosen output, [n, ...]."""

    @abstractmethod
    def run(self, tensors: Tensors) -> None:
        """Run one synchronous inference on any tensors, each [n, ...]."""

    @abstractmethod
    def result(self) -> Array:
        """The first chosen output of the last `run`, [n, ...], as an array of its own."""

    @abstractmethod
    def answer_all(self, tensors: Iterator[Tensors]) -> None:
        """Run inference on tensors, each [n, ...], as they come, while the next ones are prepared."""

    @abstractmethod
    def serve(self, arrivals_s: Sequence[float], first: int) -> list[int]:
        """Open-loop load: start an inference at each of these times, or as soon after as a request is free.
        Nanoseconds from each scheduled arrival to its answer."""

    @abstractmethod
    def answer_each(self, items: Iterator[tuple[Key, Tensors]]) -> Iterator[tuple[Key, Tensors]]:
        """The chosen outputs of every item of tensors [n, ...], without batch dimension where n is 1, in the order of
        the items, of which a few are taken ahead. An item that fails is raised behind the answers of all before it. The
        parts of a sample come in their order; a state lives from the first to the last."""


class Engine(ABC):
    """Runs models: OpenVINO, or a native framework as a reference."""

    name: ClassVar[str]

    @abstractmethod
    def __init__(self, placement: Placement) -> None:
        """Read the model. Raises ModelError where it is no model of this engine."""

    @classmethod
    @abstractmethod
    def start(cls, placement: Placement, properties: Mapping[str, str], sample: Tensors) -> Started:
        """Read, compile and infer on a sample, each tensor [n, ...], in a process that has done nothing before."""

    @abstractmethod
    def open(
        self, properties: Mapping[str, str], samples: Sequence[Tensors], requests: int | None, timed: bool
    ) -> Session:
        """Compile anew, with a pool of `requests` (the optimal number if None).

        Samples are tensors [n, ...], where n is the placement's batch if it is for timing.
        """

    def audit(self, properties: Mapping[str, str], samples: Sequence[Tensors]) -> Execution:
        """Run samples, each tensor [n, ...], with profiling counters and say what was executed. By default nothing is
        looked into: a reference is here for its speed."""
        return Execution(ops_by_precision={}, time_by_precision={})


def without_batch(value: Array) -> Array:
    """An output [1, ...] without its batch dimension; any other as it is."""
    if value.ndim and value.shape[0] == 1:
        sole: Array = value[0]
        return sole
    return value
