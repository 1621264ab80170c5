"""Worker processes as the coordinator sees them, one for each arm.

An arm whose worker dies, hangs or fails is lost; the others stand.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal, Self

from ovopt.bench import protocol
from ovopt.bench.machine import ProcessorTicks, processor_time
from ovopt.bench.mapped_tensors import Places, shared_file
from ovopt.errors import ArmLostError, UsageError
from ovopt.records import ModelFile
from ovopt.time_budget import Clock

ANSWER_LIMIT_S = 600.0
"""Seconds without an answer after which a worker counts as hung: large models compile for minutes."""


class WorkerProcess:
    """One worker process and the socket to it."""

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._connection, theirs = multiprocessing.Pipe()
        wait_at_most(self._connection.fileno(), limit_s)
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 (lives as long as the process)
        self._shared = shared_file()
        # A session of its own: Ctrl-C in the terminal reaches the coordinator alone, which ends the workers.
        self._process = subprocess.Popen(
            [sys.executable, "-m", "ovopt.bench.worker", str(theirs.fileno()), str(self._shared.fileno())],
            pass_fds=[theirs.fileno(), self._shared.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=self._stderr,
            stderr=self._stderr,
            start_new_session=True,
            env=worker_environment(),
        )
        theirs.close()

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    def ask(self, command: Any) -> Any:
        """The answer to a command. Raises ArmLostError where the process ends or gives none in time, and whatever error
        it answers with."""
        self.send(command)
        return self.receive()

    def send(self, command: Any) -> None:
        """Hand over a command, whose answer `receive` gives. Raises ArmLostError where the process has ended, or takes
        nothing in time."""
        try:
            self._connection.send(command)
        except OSError as fault:
            raise ArmLostError(self._end_in_words(fault)) from None

    def receive(self) -> Any:
        """The answer to the oldest command. Raises as `ask` does."""
        return self._answer(lambda output: None)

    def stream(
        self, command: Any, items: Iterator[protocol.Inputs], on_output: Callable[[protocol.Output], None]
    ) -> None:
        """Items are sent from a thread of their own: a worker that waits for its outputs to be taken takes no inputs.
        What goes wrong in making them is raised here, and ArmLostError where the process ends or hangs."""
        faults: list[BaseException] = []
        stop, places = threading.Event(), Places(self._shared.fileno())

        def send() -> None:
            try:
                for item in items:
                    if stop.is_set():
                        break
                    put = places.put((item.index, item.part), item.tensors)
                    if not self._sent(protocol.InputsPut(item.index, item.part, put, item.name) if put else item):
                        return  # the receiving side says how the worker ended
            except BaseException as fault:
                faults.append(fault)
            self._sent(protocol.End())

        def taken(output: protocol.Output) -> None:
            places.free((output.index, output.part))
            on_output(output)

        sender = threading.Thread(target=send, daemon=True)
        try:
            self.send(command)
            sender.start()
            self._answer(taken)
        finally:
            stop.set()
        sender.join(self._limit_s)
        if faults:
            raise faults[0]

    def _sent(self, message: object) -> bool:
        try:
            self._connection.send(message)
        except OSError:
            return False
        return True

    def _answer(self, on_output: Callable[[protocol.Output], None]) -> Any:
        while True:
            try:
                answer = self._connection.recv()
            except (EOFError, OSError) as fault:
                raise ArmLostError(self._end_in_words(fault)) from None
            if isinstance(answer, protocol.Output):
                on_output(answer)
            elif isinstance(answer, protocol.Failed):
                raise answer.error
            else:
                return answer.value

    def end(self) -> None:
        """Kill and wait; harmless when it is gone already."""
        self._process.kill()
        self._process.wait()
        self._connection.close()
        self._stderr.close()
        self._shared.close()

    def _end_in_words(self, fault: Exception) -> str:
        code: int | None = None
        if not isinstance(fault, BlockingIOError):
            with suppress(subprocess.TimeoutExpired):  # it closes the socket a moment before it is gone
                code = self._process.wait(self._limit_s)
        if code is None:
            return f"its worker gave no answer within {self._limit_s:.0f} s (--answer-limit)"
        self._stderr.seek(0)
        return obituary("its worker", code, self._stderr.read())


def wait_at_most(descriptor: int, seconds: float) -> None:
    """Any read and write of a socket, the middle of a message too, raises BlockingIOError after so many seconds."""
    whole, part = divmod(min(max(seconds, 1e-6), 1e9), 1)
    with socket.socket(fileno=os.dup(descriptor)) as same:
        for side in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            same.setsockopt(socket.SOL_SOCKET, side, struct.pack("ll", int(whole), int(part * 1e6)))


def obituary(who: str, code: int, stderr: bytes) -> str:
    """The end of a process in words: the signal, or the exit code and the last line that it wrote."""
    if code < 0:
        name = signal.Signals(-code).name
        hint = "; the system may have run out of memory" if name == "SIGKILL" else ""
        return f"{who} was ended by {name}{hint}"
    said = stderr.decode(errors="replace").strip().splitlines()
    return f"{who} ended with exit code {code}" + (f": {said[-1]}" if said else "")


def worker_environment() -> dict[str, str]:
    """The environment of a worker: ours, with this very package in front of what it imports."""
    root = str(Path(__file__).resolve().parents[2])
    return {**os.environ, "PYTHONPATH": os.pathsep.join([root, os.environ.get("PYTHONPATH", "")])}


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
        self.evaluated = False
        """True once samples went through an arm, to be judged."""
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

    def __exit__(self, *error: object) -> None:
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
        command, self.evaluated = protocol.Evaluate(properties), True
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
