"""A worker process: holds one arm, and measures when the coordinator gives it the turn.

Started as `python -m ovopt.bench.worker FD` with a socket to the coordinator. It ends when the socket does.
"""

from __future__ import annotations

import sys
import time
from multiprocessing.connection import Connection
from typing import Any

from ovopt.bench import protocol
from ovopt.bench.samplefile import SampleFile
from ovopt.contracts import Engine, Session, plugins
from ovopt.errors import ArmLostError, OvoptError
from ovopt.records import Turn

WARM_UP_S = 0.15
WARM_UP_LEAST = 3
TURN_LEAST = 3
TURN_MOST = 400


class Worker:
    """Carries out commands."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._engine: Engine | None = None
        self._session: Session | None = None
        self._samples: SampleFile | None = None

    def serve(self) -> None:
        """Answer until the coordinator hangs up."""
        while True:
            try:
                command = self._connection.recv()
            except EOFError:
                return
            try:
                answer: Any = protocol.Reply(self._carry_out(command))
            except OvoptError as error:
                answer = protocol.Failed(error)
            except Exception as error:  # whatever native code raises must reach the coordinator as words
                answer = protocol.Failed(ArmLostError(f"{type(error).__name__}: {error}".strip()))
            self._connection.send(answer)

    def _carry_out(self, command: Any) -> Any:
        match command:
            case protocol.Load():
                self._load(command)
            case protocol.Open():
                return self._open(command)
            case protocol.TakeLatency():
                return latency_turn(self._opened, command.seconds, command.first)
            case protocol.TakeThroughput():
                return self._take_throughput(command)
            case protocol.Evaluate():
                self._evaluate(command)
            case protocol.Audit():
                return self._loaded.audit(command.properties, self._data)
        return None

    def _load(self, command: protocol.Load) -> None:
        self._samples = SampleFile(command.samples)
        self._engine = plugins("ovopt.bench.engines", Engine)[command.engine](
            command.model, command.shapes, command.output, command.device
        )

    def _open(self, command: protocol.Open) -> protocol.Opened:
        self._session = None  # free the former instance first
        self._session = self._loaded.open(command.properties, self._data, command.requests)
        times: list[int] = []
        deadline = time.perf_counter() + WARM_UP_S
        while len(times) < WARM_UP_LEAST or time.perf_counter() < deadline:
            times.append(self._session.infer_once(len(times)))
        return protocol.Opened(self._session.effective(), min(times) / 1e9)

    def _take_throughput(self, command: protocol.TakeThroughput) -> Turn:
        self._opened.infer_once(command.first)
        samples, elapsed_ns = self._opened.infer_for(command.seconds, command.first)
        return Turn(samples=samples, elapsed_ns=elapsed_ns)

    def _evaluate(self, command: protocol.Evaluate) -> None:
        self._session = None
        for index, value in self._loaded.open(command.properties, self._data, None).outputs():
            self._connection.send(protocol.Output(index, value))

    @property
    def _loaded(self) -> Engine:
        assert self._engine is not None, "Load comes first"
        return self._engine

    @property
    def _opened(self) -> Session:
        assert self._session is not None, "Open comes before a turn"
        return self._session

    @property
    def _data(self) -> SampleFile:
        assert self._samples is not None, "Load comes first"
        return self._samples


def latency_turn(session: Session, seconds: float, first: int) -> list[int]:
    """Nanoseconds of each inference of a turn, behind one that is discarded."""
    session.infer_once(first)
    times: list[int] = []
    spent, enough = 0, int(seconds * 1e9)
    while len(times) < TURN_LEAST or (spent < enough and len(times) < TURN_MOST):
        taken = session.infer_once(first + len(times))
        times.append(taken)
        spent += taken
    return times


if __name__ == "__main__":
    Worker(Connection(int(sys.argv[1]))).serve()
