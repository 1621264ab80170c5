"""A worker process as the coordinator sees it: commands go to it and answers come back, until one of them ends."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from ovopt.bench import protocol
from ovopt.bench.shared_tensors import Places, shared_file
from ovopt.errors import ArmLostError


class WorkerProcess:
    """One worker process and the socket to it."""

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._connection, theirs = multiprocessing.Pipe()
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
        """Hand over a command, whose answer `receive` gives. Raises ArmLostError where the process has ended."""
        try:
            self._connection.send(command)
        except ConnectionError:
            raise ArmLostError(self._obituary()) from None

    def receive(self) -> Any:
        """The answer to the oldest command. Raises as `ask` does."""
        try:
            return self._answer(lambda output: None)
        except (EOFError, ConnectionError):
            raise ArmLostError(self._obituary()) from None

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
                    self._connection.send(protocol.InputsPut(item.index, item.part, put, item.name) if put else item)
            except (EOFError, ConnectionError):
                return  # the receiving side says how the worker ended
            except BaseException as fault:
                faults.append(fault)
            with suppress(OSError):
                self._connection.send(protocol.End())

        def taken(output: protocol.Output) -> None:
            places.free((output.index, output.part))
            on_output(output)

        sender = threading.Thread(target=send, daemon=True)
        try:
            self._connection.send(command)
            sender.start()
            self._answer(taken)
        except (EOFError, ConnectionError):
            raise ArmLostError(self._obituary()) from None
        finally:
            stop.set()
        sender.join(self._limit_s)
        if faults:
            raise faults[0]

    def _answer(self, on_output: Callable[[protocol.Output], None]) -> Any:
        while True:
            answer = self._receive()
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

    def _receive(self) -> Any:
        if not self._connection.poll(self._limit_s):
            raise ArmLostError(f"its worker gave no answer within {self._limit_s:.0f} s (--answer-limit)")
        return self._connection.recv()

    def _obituary(self) -> str:
        code = self._process.wait()
        self._stderr.seek(0)
        return obituary("its worker", code, self._stderr.read())


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
