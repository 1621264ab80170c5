"""A crew without processes: its workers answer from a model of time that the test knows, on a clock of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ovopt.bench import protocol
from ovopt.bench.machine import ProcessorTicks
from ovopt.bench.workers import ArmPlan
from ovopt.contracts import Advance, Placement
from ovopt.records import Effective, ModelFile, Turn
from tests.factories import effective

OPENING_S = 0.05
INFERENCES = 4
Effects = Callable[[protocol.Open], Effective]


@dataclass
class Clock:
    """Seconds that pass only when somebody works."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


class AsIs:
    """Content that is the model's input already."""

    def decode(self, content: Any) -> Any:
        return content

    def preprocess(self, content: Any) -> Any:
        return ((content,),)


def plan(name: str, engine: str = "openvino", batch: int = 1, **changed: Any) -> ArmPlan:
    placement = Placement(Path("model.xml"), {}, (0,), "CPU", batch)
    made = ArmPlan(
        name=name,
        role="candidate",
        model=ModelFile(path="model.xml", sha256="0" * 64, size_bytes=1),
        load=protocol.Load(engine, placement, Path("samples")),
        contents=protocol.Contents((1,), AsIs()),
        properties={},
    )
    return replace(made, **changed)


def asked(command: protocol.Open, **default: Any) -> Effective:
    """What a device makes of an Open: its own choice (`default`) wherever nothing is asked for."""
    chosen = effective(**default)
    properties = command.properties
    return chosen.model_copy(
        update={
            "streams": int(properties.get("NUM_STREAMS", chosen.streams)),
            "threads": int(properties.get("INFERENCE_NUM_THREADS", chosen.threads)),
            "requests": command.requests or chosen.requests,
            "hint": properties.get("PERFORMANCE_HINT", "none"),
        }
    )


@dataclass
class FakeCrew:
    """Workers by name -> seconds per inference, as a function of the replica."""

    plans: Sequence[ArmPlan]
    seconds: Mapping[str, Callable[[int], float]]
    clock: Clock = field(default_factory=Clock)
    defaults: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    dies: Mapping[str, int] = field(default_factory=dict)
    """Name -> the turn during which that worker dies, from 0."""
    lost: dict[str, str] = field(default_factory=dict)
    evaluated: bool = False
    log: list[tuple[str, Any]] = field(default_factory=list)
    capacity: float = 100.0
    most_streams: int = 64
    loading_s: float = 0.0
    limit_s: float = 600.0
    ticks: Callable[[], ProcessorTicks | None] = lambda: None
    renewed: list[int] = field(default_factory=list)
    """How much had been asked by then."""

    def renew(self) -> None:
        self.clock.now += self.loading_s
        self.renewed.append(len(self.log))

    @property
    def arms(self) -> dict[str, ArmPlan]:
        return {one.name: one for one in self.plans}

    @property
    def baseline(self) -> str:
        return self.plans[0].name

    @property
    def present(self) -> list[str]:
        return [name for name in self.arms if name not in self.lost]

    def ask(self, name: str, command: Any) -> Any:
        if name in self.lost:
            return None
        self.log.append((name, command))
        if isinstance(command, protocol.TakeLatency) and self.taken(name) > self.dies.get(name, 10**9):
            self.lost[name] = "it died"
            return None
        return self._answer(name, command)

    def taken(self, name: str) -> int:
        return sum(who == name and isinstance(what, protocol.TakeLatency) for who, what in self.log)

    def opens(self, name: str) -> list[protocol.Open]:
        return [what for who, what in self.log if who == name and isinstance(what, protocol.Open)]

    def _answer(self, name: str, command: Any) -> Any:
        match command:
            case protocol.Open():
                self.clock.now += OPENING_S
                made = asked(command, **self.defaults.get(name, {}))
                streams = min(made.streams, self.most_streams)
                return protocol.Opened(made.model_copy(update={"streams": streams}), self._seconds(name))
            case protocol.TakeLatency():
                self.clock.now += command.seconds
                return [int(self._seconds(name) * 1e9)] * INFERENCES
            case protocol.TakeThroughput():
                self.clock.now += command.seconds
                return Turn(samples=int(self.capacity), elapsed_ns=10**9)
            case protocol.TakeProcessorTime():
                self.clock.now += command.seconds
                return Turn(samples=INFERENCES, elapsed_ns=int(INFERENCES * self._seconds(name) * 1e9))
            case protocol.Serve():
                self.clock.now += command.arrivals_s[-1]
                return [int(self._seconds(name) * 1e9)] * len(command.arrivals_s)
            case _:
                return None

    def _seconds(self, name: str) -> float:
        return self.seconds[name](len(self.opens(name)))


class Watcher:
    """Progress that remembers how far it went."""

    def __init__(self) -> None:
        self.tasks: list[str] = []
        self.amount = 0.0

    @contextmanager
    def task(self, name: str, total: float | None = None) -> Iterator[Advance]:
        self.tasks.append(name)

        def advance(amount: float = 1, note: str = "") -> None:
            self.amount += amount

        yield advance

    def say(self, message: str) -> None:
        raise AssertionError(message)
