"""The worker processes of all arms. An arm whose worker dies, hangs or fails is lost; the others stand."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Any, Literal, Self

from ovopt.bench import protocol
from ovopt.bench.machine import ProcessorTicks, processor_time
from ovopt.bench.worker_process import WorkerProcess
from ovopt.errors import ArmLostError, UsageError
from ovopt.records import ModelFile
from ovopt.time_budget import Clock

ANSWER_LIMIT_S = 600.0
"""Seconds without an answer after which a worker counts as hung: large models compile for minutes."""


@dataclass(frozen=True)
class ArmPlan:
    """An arm before it is measured."""

    name: str
    role: Literal["baseline", "candidate", "control", "reference"]
    model: ModelFile
    load: protocol.Load
    contents: protocol.Contents
    properties: Mapping[str, str]
    requests: int | None = None
    own_settings: bool = False
    """Whether its settings are what the comparison is about, so that they are not made equal."""
    embedded: tuple[str, ...] = ()
    """Transforms of `preprocess` that the model does itself."""


class Crew:
    """One worker per arm, alive inside a `with` block and gone behind it, whatever happens."""

    def __init__(
        self,
        arms: Sequence[ArmPlan],
        limit_s: float = ANSWER_LIMIT_S,
        clock: Clock = time.perf_counter,
        ticks: Callable[[], ProcessorTicks | None] = processor_time,
    ) -> None:
        self.clock = clock
        """By which scenarios keep to their time budgets."""
        self.ticks = ticks
        """By which they notice that the machine was taken away."""
        self.arms = {arm.name: arm for arm in arms}
        self.lost: dict[str, str] = {}
        self.limit_s = limit_s
        """Seconds that a process may take for an answer."""
        self._workers: dict[str, WorkerProcess] = {}
        self.loading_s = 0.0
        """How long it took until all workers were there."""

    def __enter__(self) -> Self:
        try:
            self._load(self.arms)
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    @property
    def baseline(self) -> str:
        """The arm that all others are compared with: the first."""
        return next(iter(self.arms))

    @property
    def present(self) -> list[str]:
        """Names of the arms that are not lost."""
        return [name for name in self.arms if name not in self.lost]

    def renew(self) -> None:
        """A new process for every arm, as if nothing had been asked of it yet."""
        self._end()
        self._load(self.present)

    def pid(self, name: str) -> int:
        """The process that measures an arm."""
        return self._workers[name].pid

    def ask(self, name: str, command: Any) -> Any:
        """The worker's answer, or None where the arm is lost. A usage error is raised: it is the caller's to mend."""
        return self._converse(name, command, lambda worker: worker.ask(command))

    def evaluate(
        self,
        name: str,
        properties: Mapping[str, str],
        inputs: Iterator[protocol.Inputs],
        on_output: Callable[[protocol.Output], None],
    ) -> None:
        """Every input through an arm, and every output to `on_output`, in whatever order they come."""
        command = protocol.Evaluate(properties)
        self._converse(name, command, lambda worker: worker.stream(command, inputs, on_output))

    def _converse(self, name: str, command: Any, talk: Callable[[WorkerProcess], Any]) -> Any:
        if name in self.lost:
            return None
        try:
            return talk(self._workers[name])
        except UsageError:
            raise
        except ArmLostError as loss:
            self.lost[name] = f"{loss} (during {type(command).__name__})"
            self._workers[name].end()
            return None

    def _load(self, names: Iterable[str]) -> None:
        """All at once: most of it is importing and reading."""
        began = self.clock()
        for name in names:
            self._workers[name] = WorkerProcess(self.limit_s)
            self._converse(name, self.arms[name].load, partial(WorkerProcess.send, command=self.arms[name].load))
        for name in names:
            self._converse(name, self.arms[name].load, WorkerProcess.receive)
        self.loading_s = self.clock() - began

    def _end(self) -> None:
        for worker in self._workers.values():
            worker.end()
