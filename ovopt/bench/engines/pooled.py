"""What native frameworks share: a session that calls a function, from several threads where requests overlap."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import count

from ovopt.bench.served import send_off
from ovopt.contracts import Array, Session, Tensors
from ovopt.records import Effective


class PooledSession(Session):
    """A session over `call(tensors)`, which gives the chosen output and releases the interpreter while it computes."""

    def __init__(
        self, call: Callable[[Tensors], Array], samples: Sequence[Tensors], threads: int, requests: int, precision: str
    ) -> None:
        self._call = call
        self._samples = samples
        self._threads = threads
        self._requests = requests
        self._precision = precision
        self._pool = ThreadPoolExecutor(requests)
        self._free = threading.Semaphore(requests)
        self._last: Array | None = None

    def effective(self) -> Effective:
        """What the session was made with."""
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
        tensors = self._samples[index % len(self._samples)]
        started = time.perf_counter_ns()
        self._call(tensors)
        return time.perf_counter_ns() - started

    def infer_for(self, seconds: float, first: int) -> tuple[int, int]:
        """As many calls at a time as there are requests."""
        started = time.perf_counter_ns()
        deadline = started + int(seconds * 1e9)

        def samples() -> Iterator[Tensors]:
            for index in count(first):
                if time.perf_counter_ns() >= deadline and index - first >= self._requests:
                    return
                yield self._samples[index % len(self._samples)]

        done = self.answer_all(samples())
        return done, time.perf_counter_ns() - started

    def run(self, tensors: Tensors) -> None:
        """Keep the answer for `result`."""
        self._last = self._call(tensors)

    def result(self) -> Array:
        """These frameworks hand over an array of its own already."""
        assert self._last is not None, "run comes before result"
        return self._last

    def answer_all(self, tensors: Iterator[Tensors]) -> int:
        """At most `requests` calls under way."""
        sent: list[Future[Array]] = [self._send(prepared) for prepared in tensors]
        for call in sent:
            call.result()
        return len(sent)

    def serve(self, arrivals_s: Sequence[float], first: int) -> list[int]:
        """First come, first served."""
        waits = [0] * len(arrivals_s)

        def send(index: int, scheduled: int) -> None:
            def note(_: Future[Array]) -> None:
                waits[index] = time.perf_counter_ns() - scheduled

            sent.append(self._send(self._samples[(first + index) % len(self._samples)], note))

        sent: list[Future[Array]] = []
        send_off(arrivals_s, send)
        for call in sent:
            call.result()
        return waits

    def outputs(self) -> Iterator[tuple[int, Array]]:
        """In order, a few calls ahead."""
        ahead: deque[tuple[int, Future[Array]]] = deque()
        for index, tensors in enumerate(self._samples):
            ahead.append((index, self._send(tensors)))
            if len(ahead) > self._requests:
                yield self._answer(*ahead.popleft())
        while ahead:
            yield self._answer(*ahead.popleft())

    def _answer(self, index: int, call: Future[Array]) -> tuple[int, Array]:
        value = call.result()
        return index, value[0] if value.ndim and value.shape[0] == 1 else value

    def _send(self, tensors: Tensors, done: Callable[[Future[Array]], None] | None = None) -> Future[Array]:
        self._free.acquire()
        call = self._pool.submit(self._call, tensors)
        if done:
            call.add_done_callback(done)
        call.add_done_callback(lambda _: self._free.release())
        return call
