"""A model that the OpenVINO runtime has compiled, with its requests."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from ovopt.bench.request_loops import pace, send_off
from ovopt.contracts import Array, Key, Pace, Placement, Session, Tensors, without_batch
from ovopt.model.inspect.runs import SequenceRequest
from ovopt.records import Effective

if TYPE_CHECKING:
    import openvino

ROTATED = 16
"""So many samples rotate through the timing: their tensors are made before the clock runs."""
NAMED = {"INFERENCE_PRECISION_HINT", "NUM_STREAMS", "INFERENCE_NUM_THREADS", "OPTIMAL_NUMBER_OF_INFER_REQUESTS",
         "PERFORMANCE_HINT", "EXECUTION_DEVICES", "NETWORK_NAME", "SUPPORTED_PROPERTIES"}  # fmt: skip
"""Properties that have a field of their own in `Effective`, or say nothing about speed."""


class OpenVinoSession(Session):
    """A compiled model with a request for latency and a pool of requests for throughput."""

    def __init__(
        self,
        compiled: openvino.CompiledModel,
        samples: Sequence[Tensors],
        placement: Placement,
        requests: int | None,
    ) -> None:
        import openvino

        self._compiled = compiled
        self._samples = samples
        self._outputs = [compiled.output(output) for output in placement.outputs]
        self._placement = placement
        self.request = compiled.create_infer_request()
        self._stateful = bool(self.request.query_state())
        self._pool = openvino.AsyncInferQueue(compiled, requests or 0)
        self._requests = [self._pool[position] for position in range(len(self._pool))]
        self._tensors = [
            [openvino.Tensor(array) for array in tensors] for tensors in islice(samples, min(ROTATED, len(samples)))
        ]
        # A request per sample: to hand a request other tensors costs it some microseconds of its next inference.
        self._rotating = [_holding(compiled.create_infer_request(), tensors) for tensors in self._tensors]
        self._alone: dict[int, openvino.InferRequest] = {}
        self._together: dict[int, openvino.InferRequest] = {}

    @cached_property
    def _ahead(self) -> list[openvino.InferRequest]:
        """One more than compute at a time, so that none waits for an answer to be copied out."""
        return [self._compiled.create_infer_request() for _ in range(len(self._pool) + 1)]

    def effective(self) -> Effective:
        """Read back from the compiled model."""
        names = set(self._compiled.get_property("SUPPORTED_PROPERTIES"))

        def read(name: str, default: Any) -> Any:
            return self._compiled.get_property(name) if name in names else default

        return Effective(
            device=",".join(read("EXECUTION_DEVICES", [self._placement.device])),
            inference_precision=_precision(read("INFERENCE_PRECISION_HINT", "not readable")),
            streams=int(read("NUM_STREAMS", 0)),
            threads=int(read("INFERENCE_NUM_THREADS", 0)),
            requests=len(self._pool),
            hint=str(read("PERFORMANCE_HINT", "not readable")).rpartition(".")[2],
            properties={name: str(read(name, "")) for name in sorted(names - NAMED)},
        )

    def infer_once(self, index: int) -> int:
        """Pure inference, on the runtime's own clock: the input is in place, and the way through Python is left out."""
        position = index % len(self._rotating)
        request = self._alone[position] = self._rotating[position]
        if self._stateful:
            request.reset_state()
        request.infer(share_outputs=True)
        return int(request.latency * 1e6)

    def infer_for(self, seconds: float, first: int) -> Pace:
        """Each request holds one sample for the turn: to hand them over inside the loop would cost a small model much
        of its time."""
        pool = self._pool
        self._together = {}  # the pool's requests hold other samples now
        for position, request in enumerate(self._requests):
            sample = (first + position) % len(self._tensors)
            self._together[sample] = _holding(request, self._tensors[sample])
        found = pace(self._start, len(pool), seconds)
        pool.wait_all()
        return found

    @property
    def _start(self) -> Callable[[], None]:
        """Begins an inference as soon as a request is free, on what that holds."""
        return self._start_anew if self._stateful else self._pool.start_async

    def _start_anew(self) -> None:
        """From an empty state."""
        self._pool[self._pool.get_idle_request_id()].reset_state()
        self._pool.start_async()

    def latest(self) -> Iterator[tuple[int, Array]]:
        """The first chosen output, shape [batch, ...], without a copy."""
        for sample, request in (*self._alone.items(), *self._together.items()):
            yield sample, request.get_tensor(self._outputs[0]).data

    def run(self, tensors: Tensors) -> None:
        """One inference. The arrays, shapes [batch, ...], are handed over without a copy; a model with a state starts
        from its first one."""
        if self._stateful:
            self.request.reset_state()
        self.request.infer(dict(enumerate(tensors)), share_inputs=True, share_outputs=True)

    def result(self) -> Array:
        """A copy of the first chosen output, shape [...]: without a batch dimension of 1."""
        return without_batch(np.array(self.request.get_tensor(self._outputs[0]).data))

    def answer_all(self, tensors: Iterator[Tensors]) -> None:
        """Infer all inputs, shapes [batch, ...]: the next is prepared while as many requests compute as the pool holds;
        every answer is copied out."""
        for _ in self._answers((((0, 0), prepared) for prepared in tensors), self._ahead[1:]):
            pass

    def serve(self, arrivals_s: Sequence[float], first: int) -> list[int]:
        """First come, first served, by as many requests as the pool holds. An answer's time is the runtime's own: a
        callback would wait for the interpreter."""
        pool, requests, start = self._pool, self._requests, self._start
        self._together = {}
        waits, under_way = [0] * len(arrivals_s), dict[int, int]()

        def note(position: int) -> None:
            waits[under_way.pop(position)] += int(requests[position].latency * 1e6)

        def send(index: int, scheduled: int) -> None:
            position = pool.get_idle_request_id()
            if position in under_way:
                note(position)
            _holding(requests[position], self._tensors[(first + index) % len(self._tensors)])
            under_way[position] = index
            waits[index] = time.perf_counter_ns() - scheduled
            start()

        send_off(arrivals_s, send)
        pool.wait_all()
        for position in tuple(under_way):
            note(position)
        return waits

    def answer_each(self, items: Iterator[tuple[Key, Tensors]]) -> Iterator[tuple[Key, Tensors]]:
        """The chosen outputs for each input, both of shapes [batch, ...]. A sequence with a state goes one by one, all
        else a few requests ahead."""
        return (
            self._answers_in_order(items)
            if self._stateful or self._placement.state
            else self._answers(items, self._ahead)
        )

    def _answers(
        self, items: Iterator[tuple[Key, Tensors]], requests: Sequence[openvino.InferRequest]
    ) -> Iterator[tuple[Key, Tensors]]:
        """Each request in its turn. Nothing of Python's is called by the runtime: its threads let go of a callback some
        time after the last answer, and one that does so while the interpreter ends aborts the process."""
        free = deque(requests)
        under_way: deque[tuple[Key, openvino.InferRequest]] = deque()

        def oldest() -> tuple[Key, Tensors]:
            key, request = under_way.popleft()
            request.wait()
            free.append(request)
            return key, self._answer(request)

        try:
            for key, tensors in items:
                answered = [] if free else [oldest()]
                try:
                    free[0].start_async(dict(enumerate(tensors)), share_inputs=True)
                except RuntimeError:
                    yield from answered
                    while under_way:
                        yield oldest()
                    raise
                under_way.append((key, free.popleft()))
                yield from answered
            while under_way:
                yield oldest()
        finally:
            for _, request in under_way:
                with suppress(RuntimeError):  # raised above already; to be used again, a request must be idle
                    request.wait()

    def _answers_in_order(self, items: Iterator[tuple[Key, Tensors]]) -> Iterator[tuple[Key, Tensors]]:
        sequence = SequenceRequest(self._compiled, self._placement.state)
        for key, tensors in items:
            if key[1] == 0:
                sequence.begin()
            sequence.infer(tensors)
            yield key, self._answer(sequence.request)

    def _answer(self, request: openvino.InferRequest) -> Tensors:
        return tuple(without_batch(np.array(request.get_tensor(output).data)) for output in self._outputs)


def _holding(request: openvino.InferRequest, tensors: Sequence[openvino.Tensor]) -> openvino.InferRequest:
    for position, tensor in enumerate(tensors):
        request.set_input_tensor(position, tensor)
    return request


def _precision(value: Any) -> str:
    return value.get_type_name() if hasattr(value, "get_type_name") else str(value)
