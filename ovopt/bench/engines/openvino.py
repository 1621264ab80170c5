"""The OpenVINO engine."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ovopt.bench.process_memory import peak_bytes, resident_bytes
from ovopt.bench.served import send_off
from ovopt.bench.steady import pace
from ovopt.contracts import Array, Engine, Key, Pace, Placement, Session, Started, Tensors, without_batch
from ovopt.errors import ArmLostError, SettingsError
from ovopt.model.execution import execution
from ovopt.model.read import core, read_model, reason, with_batch
from ovopt.records import Effective, Execution

if TYPE_CHECKING:
    import openvino

ROTATED = 16
"""So many samples rotate through the timing: their tensors are made before the clock runs."""
AUDIT_INFERENCES = 10
STARTED_INFERENCES = 20
NAMED = {"INFERENCE_PRECISION_HINT", "NUM_STREAMS", "INFERENCE_NUM_THREADS", "OPTIMAL_NUMBER_OF_INFER_REQUESTS",
         "PERFORMANCE_HINT", "EXECUTION_DEVICES", "NETWORK_NAME", "SUPPORTED_PROPERTIES"}  # fmt: skip


class OpenVino(Engine):
    """Models through the OpenVINO runtime."""

    name: ClassVar[str] = "openvino"

    def __init__(self, placement: Placement) -> None:
        self._model = read_model(placement.model, placement.shapes)
        self._timed = with_batch(self._model, placement.batch) if placement.batch > 1 else self._model
        self._placement = placement

    @classmethod
    def start(cls, placement: Placement, properties: Mapping[str, str], sample: Tensors) -> Started:
        """With a model cache, the path goes straight to compiling: reading the model is what the cache saves."""
        core()
        before = resident_bytes()
        began = time.perf_counter_ns()
        model: Any = placement.model
        if "CACHE_DIR" not in properties or placement.shapes or placement.batch > 1:
            model = cls(placement)._timed
        read = time.perf_counter_ns()
        compiled = _compile(model, placement.device, properties)
        ready = time.perf_counter_ns()
        request, inputs = compiled.create_infer_request(), dict(enumerate(sample))
        request.infer(inputs, share_inputs=True)
        inferred = time.perf_counter_ns()
        compiled_bytes = resident_bytes()
        for _ in range(STARTED_INFERENCES):
            request.infer(inputs, share_inputs=True)
        return Started(
            read_ns=read - began,
            compile_ns=ready - read,
            infer_ns=inferred - ready,
            before_bytes=before,
            compiled_bytes=compiled_bytes,
            peak_bytes=peak_bytes(),
            from_cache=bool(compiled.get_property("LOADED_FROM_CACHE")),
        )

    def open(
        self, properties: Mapping[str, str], samples: Sequence[Tensors], requests: int | None, timed: bool = True
    ) -> OpenVinoSession:
        """Compile anew."""
        compiled = _compile(self._timed if timed else self._model, self._placement.device, properties)
        return OpenVinoSession(compiled, samples, self._placement, requests)

    def audit(self, properties: Mapping[str, str], samples: Sequence[Tensors]) -> Execution:
        """Profile a few inferences of the first sample, on one stream: with several, the execution graph is that of a
        stream which may not have run."""
        one_stream = {"NUM_STREAMS": "1"} if self._placement.device == "CPU" else {}
        profiled = {**properties, "PERF_COUNT": "YES", **one_stream}
        compiled = _compile(self._timed, self._placement.device, profiled)
        request = compiled.create_infer_request()
        inputs = dict(enumerate(samples[0]))
        request.infer(inputs, share_inputs=True)
        began = time.perf_counter_ns()
        for _ in range(AUDIT_INFERENCES):
            request.infer(inputs, share_inputs=True)
        return execution(compiled, (time.perf_counter_ns() - began) / AUDIT_INFERENCES / 1e3)


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
        self._device = placement.device
        self._handed_on = _positions(compiled, placement.state)
        self.request = compiled.create_infer_request()
        self._stateful = bool(self.request.query_state())
        self._pool = openvino.AsyncInferQueue(compiled, requests or 0)
        self._requests = [self._pool[position] for position in range(len(self._pool))]
        self._tensors = [
            [openvino.Tensor(array) for array in tensors] for tensors in islice(samples, min(ROTATED, len(samples)))
        ]
        # A request per sample: to hand a request other tensors costs it some microseconds of its next inference.
        self._rotating = [_holding(compiled.create_infer_request(), tensors) for tensors in self._tensors]
        self._answered = _Callback()
        self._alone: dict[int, openvino.InferRequest] = {}
        self._together: dict[int, openvino.InferRequest] = {}

    @cached_property
    def _answering(self) -> openvino.AsyncInferQueue:
        """A pool for answers that are called back: a callback, once set, would burden the timing of the other."""
        import openvino

        pool = openvino.AsyncInferQueue(self._compiled, len(self._pool))
        pool.set_callback(self._answered)
        return pool

    def effective(self) -> Effective:
        """Read back from the compiled model."""
        names = set(self._compiled.get_property("SUPPORTED_PROPERTIES"))

        def read(name: str, default: Any) -> Any:
            return self._compiled.get_property(name) if name in names else default

        return Effective(
            device=",".join(read("EXECUTION_DEVICES", [self._device])),
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
        found = pace(self._start_anew if self._stateful else pool.start_async, len(pool), seconds)
        pool.wait_all()
        return found

    def _start_anew(self) -> None:
        """From an empty state."""
        self._pool[self._pool.get_idle_request_id()].reset_state()
        self._pool.start_async()

    def latest(self) -> Iterator[tuple[int, Array]]:
        """Without a copy."""
        for sample, request in (*self._alone.items(), *self._together.items()):
            yield sample, request.get_tensor(self._outputs[0]).data

    def run(self, tensors: Tensors) -> None:
        """The arrays are handed over without a copy; a model with a state starts from its first one."""
        if self._stateful:
            self.request.reset_state()
        self.request.infer(dict(enumerate(tensors)), share_inputs=True, share_outputs=True)

    def result(self) -> Array:
        """A copy, without a batch dimension of 1."""
        return without_batch(np.array(self.request.get_tensor(self._outputs[0]).data))

    def answer_all(self, tensors: Iterator[Tensors]) -> None:
        """The next sample is prepared while the pool computes; every answer is copied out as it comes."""
        with self._calling(lambda request, _: self._answer(request)) as pool:
            for prepared in tensors:
                pool.start_async(dict(enumerate(prepared)))

    def serve(self, arrivals_s: Sequence[float], first: int) -> list[int]:
        """First come, first served, by as many requests as the pool holds."""
        waits = [0] * len(arrivals_s)
        inputs = [dict(enumerate(tensors)) for tensors in self._tensors]

        def answered(_: Any, job: tuple[int, int]) -> None:
            index, scheduled = job
            waits[index] = time.perf_counter_ns() - scheduled

        def send(index: int, scheduled: int) -> None:
            self._answering.start_async(inputs[(first + index) % len(inputs)], (index, scheduled), share_inputs=True)

        with self._calling(answered):
            send_off(arrivals_s, send)
        return waits

    def answer_each(self, items: Iterator[tuple[Key, Tensors]], answered: Callable[[Key, Tensors], None]) -> None:
        """A sequence with a state goes one by one, all else through the pool."""
        if self._stateful or self._handed_on:
            self._answer_in_order(items, answered)
            return
        with self._calling(lambda request, key: answered(key, self._answer(request))) as pool:
            for key, tensors in items:
                pool.start_async(dict(enumerate(tensors)), key)

    @contextmanager
    def _calling(self, callback: Callable[[Any, Any], object]) -> Iterator[openvino.AsyncInferQueue]:
        """The answering pool while it calls back."""
        self._answered.function = callback
        try:
            yield self._answering
            self._answering.wait_all()
        finally:
            with suppress(RuntimeError):  # it was raised above; what is on its way must end before the callback does
                self._answering.wait_all()
            self._answered.function = None

    def _answer_in_order(self, items: Iterator[tuple[Key, Tensors]], answered: Callable[[Key, Tensors], None]) -> None:
        state: dict[int, Array] = {}
        for key, tensors in items:
            if key[1] == 0:
                state = {}
                self.request.reset_state()
            self.request.infer({**dict(enumerate(tensors)), **state}, share_inputs=True)
            state = {into: np.array(self.request.get_tensor(of).data) for into, of in self._handed_on}
            answered(key, self._answer(self.request))

    def _answer(self, request: openvino.InferRequest) -> Tensors:
        return tuple(without_batch(np.array(request.get_tensor(output).data)) for output in self._outputs)


class _Callback:
    """What a pool calls, for all its life. A thread of the runtime lets go of it some time after the last answer, so it
    must lead to nothing that holds the compiled model: freed by its own thread, that waits for itself and aborts."""

    function: Callable[[Any, Any], object] | None = None

    def __call__(self, request: openvino.InferRequest, job: Any) -> None:
        if self.function:
            self.function(request, job)


def _positions(compiled: openvino.CompiledModel, state: Mapping[str, str]) -> list[tuple[int, openvino.ConstOutput]]:
    """Which input takes which output of the inference before."""
    names = [port.get_names() for port in compiled.inputs]
    return [
        (next(i for i, known in enumerate(names) if into in known), compiled.output(of)) for into, of in state.items()
    ]


def _holding(request: openvino.InferRequest, tensors: Sequence[openvino.Tensor]) -> openvino.InferRequest:
    for position, tensor in enumerate(tensors):
        request.set_input_tensor(position, tensor)
    return request


def _precision(value: Any) -> str:
    return value.get_type_name() if hasattr(value, "get_type_name") else str(value)


def _compile(model: Any, device: str, properties: Mapping[str, str]) -> openvino.CompiledModel:
    """Compile a model or a model file; SettingsError where the device or a property is at fault."""
    try:
        return core().compile_model(model, device, dict(properties))
    except RuntimeError as error:
        text = str(error)
        if "is not registered" in text:
            known = ", ".join(core().available_devices)
            raise SettingsError(f"--device {device}: no such device here; available: {known}") from None
        if "roperty" in text or "Could not read" in text or "Wrong value" in text:
            blamed = [name for name in properties if name in text] or list(properties)
            said = ", ".join(f"{name}={properties[name]}" for name in blamed)
            raise SettingsError(f"device {device} refuses the properties {said}: {reason(error)}") from None
        raise ArmLostError(f"cannot be compiled: {reason(error)}") from None
