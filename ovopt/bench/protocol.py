"""The messages between coordinator and worker. Each command has one reply; before that of `Evaluate`, inputs stream
one way and outputs the other; large inputs through memory that both share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ovopt.bench.mapped_tensors import Put
from ovopt.contracts import Placement, Preparation, Session, Tensors
from ovopt.errors import OvoptError


@dataclass(frozen=True)
class Load:
    """Read the model; reply None. Always the first command."""

    engine: str
    placement: Placement
    timed: Path
    """What goes through the timing: inputs of a few samples, in batches where the placement asks for them."""


@dataclass(frozen=True)
class Open:
    """Compile anew with these properties and warm up; reply `Opened`."""

    properties: Mapping[str, str]
    requests: int | None = None
    timed: bool = True
    """Whether it takes batches, as the timing does, or one sample at a time."""
    judged: bool = False
    """Whether samples were evaluated, and what is no number was held against the original's outputs."""


@dataclass(frozen=True)
class Opened:
    """A compiled model is ready."""

    effective: Any
    inference_s: float


@dataclass(frozen=True)
class TakeLatency:
    """A latency turn; reply list of nanoseconds, one per inference. With `repeat`, every one is on the first sample."""

    seconds: float
    first: int
    repeat: bool = False


@dataclass(frozen=True)
class TakeThroughput:
    """A throughput turn; reply `Turn`."""

    seconds: float
    first: int


@dataclass(frozen=True)
class TakeProcessorTime:
    """A turn of synchronous inference; reply `Turn`, with processor time for time elapsed."""

    seconds: float
    first: int


@dataclass(frozen=True)
class Contents:
    """The contents that end to end starts from, and their preparation; reply None."""

    contents: Sequence[Any]
    preparation: Preparation


@dataclass(frozen=True)
class TakeEndToEnd:
    """An end-to-end turn, half of it sample after sample, half pipelined; reply `EndToEndTurn`."""

    seconds: float
    first: int


@dataclass(frozen=True)
class Serve:
    """Open-loop load; reply list of nanoseconds from each scheduled arrival to its answer."""

    arrivals_s: Sequence[float]
    first: int


class Take(ABC):
    """A turn of a scenario from another package, whose module the worker imports; reply whatever it gives."""

    @abstractmethod
    def __call__(self, session: Session) -> Any:
        """Take the turn in the worker, with the compiled model; raw values that can be pickled."""


@dataclass(frozen=True)
class Evaluate:
    """Run every `Inputs` or `InputsPut` that follows, until `End`; as many `Output` in any order, reply None."""

    properties: Mapping[str, str]


@dataclass(frozen=True)
class Inputs:
    """One inference of one sample."""

    index: int
    part: int
    tensors: Tensors
    name: str = "a sample"
    """What the sample is called where it fails."""


@dataclass(frozen=True)
class InputsPut:
    """The same, of which the tensors are in the memory that both share, until the output comes."""

    index: int
    part: int
    put: Put
    name: str


@dataclass(frozen=True)
class End:
    """No inputs follow."""


@dataclass(frozen=True)
class Output:
    """The chosen outputs of one inference, without the batch dimension."""

    index: int
    part: int
    values: Tensors


@dataclass(frozen=True)
class Audit:
    """Run with profiling counters; reply `Execution`."""

    properties: Mapping[str, str]


@dataclass(frozen=True)
class Reply:
    """The end of a command."""

    value: Any = None


@dataclass(frozen=True)
class Failed:
    """The command failed. A usage error is the caller's to mend, anything else loses the arm."""

    error: OvoptError
