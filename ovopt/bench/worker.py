"""A worker process: holds one arm, and measures when the coordinator gives it the turn.

Started as `python -m ovopt.bench.worker FD FILE` with a socket to the coordinator, and a file that both map into
memory. It ends when the socket does.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from typing import Any
from zlib import crc32

import numpy as np

from ovopt.bench import protocol
from ovopt.bench.machine import read_energy_uj
from ovopt.bench.mapped_tensors import SampleFile, TensorReader
from ovopt.caller import telemetry_off
from ovopt.contracts import Array, Engine, Preparation, Session, Tensors, plugin
from ovopt.errors import ArmLostError, OvoptError
from ovopt.model.native import reason
from ovopt.records import EndToEndTurn, Turn
from ovopt.time_budget import Clock
from ovopt.turns import Length, repeated

WARM_UP = Length(0.1)
"""Caches and clock rates settle within some tens of milliseconds of work."""
MOST_PER_TURN = 400
"""Timings kept of one turn: a median of more is no better, and every one stands in the comparison file."""
SAME_OUTPUT = 0.05
"""Low precisions are not exact from one compilation to the next; a model that stops computing is far off."""


class Worker:
    """Carries out commands."""

    def __init__(self, connection: Connection, shared: int) -> None:
        """`shared` is the descriptor of the file that large inputs come through. `Load` comes first, and
        contents before an end-to-end turn."""
        self._connection = connection
        self._shared = shared
        self._engine: Engine
        self._session: Session | None = None
        self._judged = False
        self._samples: SampleFile
        self._batch = 1
        self._outputs: dict[int, tuple[int, Array]] = {}
        self._contents: protocol.Contents

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
                answer = protocol.Failed(ArmLostError(f"{type(error).__name__}: {reason(error)}"))
            self._connection.send(answer)

    def _carry_out(self, command: Any) -> Any:
        answer: Any = None
        match command:
            case protocol.Load():
                self._samples, self._batch = SampleFile(command.timed), command.placement.batch
                self._engine = plugin("ovopt.bench.engines", Engine, command.engine)(command.placement)
            case protocol.Open():
                answer = self._open(command)
            case protocol.Contents():
                self._contents = command
            case protocol.Evaluate():
                self._evaluate(command)
            case protocol.Audit():
                answer = self._engine.audit(command.properties, self._samples)
            case _:
                answer = self._take(command)
        return answer

    def _take(self, command: Any) -> Any:
        """A turn."""
        session = self._opened
        match command:
            case protocol.TakeLatency():
                turn: Any = latency_turn(session, command.seconds, command.first, command.repeat)
                self._check_outputs()
            case protocol.TakeThroughput():
                turn = throughput_turn(session, command.seconds, command.first, self._batch)
                self._check_outputs()
            case protocol.TakeProcessorTime():
                turn = processor_turn(session, command.seconds, command.first)
            case protocol.TakeEndToEnd():
                turn = end_to_end_turn(session, self._contents, command.seconds, command.first)
            case protocol.Serve():
                turn = session.serve(command.arrivals_s, command.first)
            case protocol.Take():
                turn = command(session)
                self._check_outputs()
            case _:
                raise AssertionError(f"no such command: {command!r}")
        return turn

    def _open(self, command: protocol.Open) -> protocol.Opened:
        self._session, self._judged = None, command.judged  # the former instance is freed first
        self._session = self._engine.open(command.properties, self._samples, command.requests, command.timed)
        times = repeated(self._session.infer_once, WARM_UP)
        return protocol.Opened(self._session.effective(), min(times) / 1e9)

    def _evaluate(self, command: protocol.Evaluate) -> None:
        """Each output is sent as it comes, while the model computes the next."""
        self._session = None
        session = self._engine.open(command.properties, (), None, timed=False)
        reader = TensorReader(self._shared)
        under_way: dict[tuple[int, int], tuple[str, Tensors]] = {}

        def items() -> Iterator[tuple[tuple[int, int], Tensors]]:
            while not isinstance(item := self._connection.recv(), protocol.End):
                tensors = reader.tensors(item.put) if isinstance(item, protocol.InputsPut) else item.tensors
                under_way[item.index, item.part] = item.name, tensors
                yield (item.index, item.part), tensors

        try:
            for key, values in session.answer_each(items()):
                del under_way[key]
                self._connection.send(protocol.Output(*key, values))
        except RuntimeError as error:
            name, tensors = next(iter(under_way.values()), ("its inputs", ()))
            shapes = " and ".join(f"{tensor.dtype} {list(tensor.shape)}" for tensor in tensors)
            failed = f"{name}, {shapes}" if tensors else name
            raise ArmLostError(f"fails on {failed}: {reason(error)}") from None

    def _check_outputs(self) -> None:
        """A model that stops computing is very fast: what the turn computed must be what the sample's output was. Bits
        are compared first; a low precision may change them from one compiled instance to the next. Where samples were
        evaluated, it was held against the original what is no number."""
        for index, output in self._opened.latest():
            if index not in self._outputs and not self._judged and _has_nan(output):
                raise ArmLostError("NaN in its output while it was timed")
            digest = crc32(np.ascontiguousarray(output).data.cast("B")) if output.size else 0
            known_digest, known = self._outputs.setdefault(index, (digest, np.array(output)))
            if digest == known_digest and output.shape == known.shape:
                continue
            same = output.shape == known.shape
            if same and np.allclose(output, known, SAME_OUTPUT, SAME_OUTPUT, equal_nan=True):
                continue
            if same and np.isfinite(output).sum() < np.isfinite(known).sum():
                raise ArmLostError("NaN or infinity in its output while it was timed")
            raise ArmLostError("its output for the same sample changed while it was timed")

    @property
    def _opened(self) -> Session:
        assert self._session is not None, "Open comes before a turn"
        return self._session


def latency_turn(
    session: Session, seconds: float, first: int, repeat: bool = False, clock: Clock = time.perf_counter
) -> list[int]:
    """Nanoseconds of each inference of a turn, behind one that is discarded."""
    step = 0 if repeat else 1
    session.infer_once(first)
    length = Length(seconds, most=MOST_PER_TURN)
    return repeated(lambda index: session.infer_once(first + step * index), length, clock)


def processor_turn(
    session: Session,
    seconds: float,
    first: int,
    clock: Clock = time.perf_counter,
    processor_ns: Callable[[], int] = time.process_time_ns,
) -> Turn:
    """Inferences and the processor time of all threads of this process, behind one inference that is discarded."""
    session.infer_once(first)
    before = processor_ns()
    done = len(repeated(lambda index: session.infer_once(first + index), Length(seconds), clock))
    return Turn(samples=done, elapsed_ns=processor_ns() - before)


def throughput_turn(session: Session, seconds: float, first: int, batch: int = 1) -> Turn:
    """Samples completed and time elapsed, behind one inference that is discarded; energy where a counter is read."""
    session.infer_once(first)
    before = read_energy_uj()
    pace = session.infer_for(seconds, first)
    after = read_energy_uj()
    used = after - before if before is not None and after is not None and after >= before else None
    share = None if used is None else round(used * pace.inferences / pace.begun)
    return Turn(samples=pace.inferences * batch, elapsed_ns=pace.elapsed_ns, energy_uj=share)


def end_to_end_turn(session: Session, source: protocol.Contents, seconds: float, first: int) -> EndToEndTurn:
    """Half of the time sample after sample, every stage on its own clock; half pipelined."""
    contents, preparation = source.contents, source.preparation
    half = Length(seconds / 2, most=MOST_PER_TURN)

    def stages(index: int) -> tuple[int, int, int, int]:
        return _stages(session, preparation, contents[(first + index) % len(contents)])

    stages(0)
    rows = repeated(stages, half)
    began = time.perf_counter_ns()
    deadline, samples = began + int(half.seconds * 1e9), 0

    def prepared() -> Iterator[Tensors]:
        nonlocal samples
        while time.perf_counter_ns() < deadline or samples < half.least:
            yield from preparation.preprocess(preparation.decode(contents[(first + samples) % len(contents)]))
            samples += 1

    session.answer_all(prepared())
    pipelined = Turn(samples=samples, elapsed_ns=time.perf_counter_ns() - began)
    return EndToEndTurn(stages_ns=tuple(rows), pipelined=pipelined)


def _stages(session: Session, preparation: Preparation, content: object) -> tuple[int, int, int, int]:
    clock = time.perf_counter_ns
    began = clock()
    decoded = preparation.decode(content)
    ready = clock()
    parts = preparation.preprocess(decoded)
    prepared = clock()
    inferring = 0
    for tensors in parts:
        started = clock()
        session.run(tensors)
        inferring += clock() - started
        session.result()
    return ready - began, prepared - ready, inferring, clock() - prepared - inferring


def _has_nan(values: Array) -> bool:
    return values.dtype.kind == "f" and bool(np.isnan(values).any())


if __name__ == "__main__":
    with telemetry_off():
        Worker(Connection(int(sys.argv[1])), int(sys.argv[2])).serve()
