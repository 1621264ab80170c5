"""A session that calls a function, from several threads where requests overlap: native frameworks share it."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from ovopt.bench.machine import peak_bytes, resident_bytes
from ovopt.bench.request_loops import pace, send_off
from ovopt.contracts import Array, Key, Pace, Session, Started, Tensors, without_batch
from ovopt.records import Effective

T = TypeVar("T")
STARTED_INFERENCES = 20
"""Behind a start, for memory that is taken only with use."""


def started(load: Callable[[], Callable[[Tensors], object]], sample: Tensors, reads: bool) -> Started:
    """One start, timed: of `load`, which counts as reading or else as compiling, and of the call that it gives, on a
    sample of shapes [batch, ...]."""
    before, began = resident_bytes(), time.perf_counter_ns()
    call = load()
    ready = time.perf_counter_ns()
    call(sample)
    inferred, compiled_bytes = time.perf_counter_ns(), resident_bytes()
    for _ in range(STARTED_INFERENCES):
        call(sample)
    read_ns, compile_ns = (ready - began, 0) if reads else (0, ready - began)
    return Started(read_ns, compile_ns, inferred - ready, before, compiled_bytes, peak_bytes(), from_cache=False)


class PooledSession(Session):
    """A session over `call(tensors)`, which gives the chosen outputs and releases the interpreter while it computes."""

    def __init__(
        self,
        call: Callable[[Tensors], Tensors],
        samples: Sequence[Tensors],
        threads: int,
        requests: int,
        precision: str,
        clock_ns: Callable[[], int] = time.perf_counter_ns,
    ) -> None:
        self._clock_ns = clock_ns
        self._call = call
        self._samples = samples
        self._threads = threads
        self._requests = requests
        self._precision = precision
        self._pool = ThreadPoolExecutor(requests)
        self._free = threading.Semaphore(requests)
        self._last: Array | None = None
        self._latest: dict[int, Array] = {}

    def effective(self) -> Effective:
        """The settings that the session was made with."""
        return Effective(
            device="CPU",
            inference_precision=self._precision,
            streams=self._requests,
            threads=self._threads,
            requests=self._requests,
            hint="none",
        )

    def infer_once(self, index: int) -> int:
        """The call as a whole: these frameworks take arrays and give arrays."""
        index %= len(self._samples)
        tensors = self._samples[index]
        started = self._clock_ns()
        answer = self._call(tensors)
        taken = self._clock_ns() - started
        self._latest[index] = answer[0]
        return taken

    def infer_for(self, seconds: float, first: int) -> Pace:
        """As many calls at a time as there are requests."""
        calls: list[Future[Tensors]] = []

        def start() -> None:
            tensors = self._samples[(first + len(calls)) % len(self._samples)]
            calls.append(self._send(partial(self._call, tensors)))

        found = pace(start, self._requests, seconds)
        for call in calls:
            call.result()
        return found

    def latest(self) -> Iterator[tuple[int, Array]]:
        """The first outputs of single inferences, shape [batch, ...]."""
        yield from self._latest.items()

    def run(self, tensors: Tensors) -> None:
        """One inference of inputs of shapes [batch, ...]; `result` gives the answer."""
        self._last = without_batch(self._call(tensors)[0])

    def result(self) -> Array:
        """The first output, shape [...]; these frameworks hand over an array of its own already."""
        assert self._last is not None, "run comes before result"
        return self._last

    def answer_all(self, tensors: Iterator[Tensors]) -> None:
        """Infer all inputs, shapes [batch, ...], with at most `requests` calls under way."""
        for call in [self._send(partial(self._call, prepared)) for prepared in tensors]:
            call.result()

    def serve(self, arrivals_s: Sequence[float], first: int) -> list[int]:
        """First come, first served."""

        def send(index: int, scheduled: int) -> None:
            tensors = self._samples[(first + index) % len(self._samples)]
            sent.append(self._send(lambda: self._wait(tensors, scheduled)))

        sent: list[Future[int]] = []
        send_off(arrivals_s, send, self._clock_ns)
        return [call.result() for call in sent]

    def _wait(self, tensors: Tensors, scheduled: int) -> int:
        self._call(tensors)
        return self._clock_ns() - scheduled

    def answer_each(self, items: Iterator[tuple[Key, Tensors]]) -> Iterator[tuple[Key, Tensors]]:
        """The outputs for each input, both of shapes [batch, ...], a few calls ahead."""
        ahead: deque[tuple[Key, Future[Tensors]]] = deque()
        for key, tensors in items:
            ahead.append((key, self._send(partial(self._call, tensors))))
            if len(ahead) > self._requests:
                yield _answered(*ahead.popleft())
        for key, call in ahead:
            yield _answered(key, call)

    def _send(self, work: Callable[[], T]) -> Future[T]:
        self._free.acquire()
        call = self._pool.submit(work)
        call.add_done_callback(lambda _: self._free.release())
        return call


def _answered(key: Key, call: Future[Tensors]) -> tuple[Key, Tensors]:
    return key, tuple(map(without_batch, call.result()))
