"""The OpenVINO engine."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ovopt.contracts import Array, Engine, Session, Tensors
from ovopt.errors import ArmLostError, SettingsError
from ovopt.model.execution import execution
from ovopt.model.read import core, read_model, reason
from ovopt.records import Effective, Execution

if TYPE_CHECKING:
    import openvino

ROTATED = 64
"""So many samples rotate through the timing: their tensors are made before the clock runs."""
AUDIT_INFERENCES = 10
NAMED = {"INFERENCE_PRECISION_HINT", "NUM_STREAMS", "INFERENCE_NUM_THREADS", "OPTIMAL_NUMBER_OF_INFER_REQUESTS",
         "PERFORMANCE_HINT", "EXECUTION_DEVICES", "NETWORK_NAME", "SUPPORTED_PROPERTIES"}  # fmt: skip


class OpenVino(Engine):
    """Models through the OpenVINO runtime."""

    name: ClassVar[str] = "openvino"

    def __init__(self, model: Path, shapes: Mapping[str, Sequence[int]], output: int | str, device: str) -> None:
        self._model = read_model(model, shapes)
        self._output = output
        self._device = device

    def open(
        self, properties: Mapping[str, str], samples: Sequence[Tensors], requests: int | None = None
    ) -> OpenVinoSession:
        """Compile anew."""
        return OpenVinoSession(self._compile(properties), samples, self._output, self._device, requests)

    def audit(self, properties: Mapping[str, str], samples: Sequence[Tensors]) -> Execution:
        """Profile a few inferences of the first sample."""
        compiled = self._compile({**properties, "PERF_COUNT": "YES"})
        request = compiled.create_infer_request()
        for _ in range(AUDIT_INFERENCES):
            request.infer(dict(enumerate(samples[0])), share_inputs=True)
        return execution(compiled)

    def _compile(self, properties: Mapping[str, str]) -> openvino.CompiledModel:
        try:
            return core().compile_model(self._model, self._device, dict(properties))
        except RuntimeError as error:
            text = str(error)
            said = ", ".join(f"{k}={v}" for k, v in properties.items())
            if "is not registered" in text:
                known = ", ".join(core().available_devices)
                raise SettingsError(f"--device {self._device}: no such device here; available: {known}") from None
            if "roperty" in text or "Could not read" in text or "Wrong value" in text:
                raise SettingsError(f"device {self._device} refuses the properties {said}: {reason(error)}") from None
            raise ArmLostError(f"cannot be compiled: {reason(error)}") from None


class OpenVinoSession(Session):
    """A compiled model with a request for latency and a pool of requests for throughput."""

    def __init__(
        self,
        compiled: openvino.CompiledModel,
        samples: Sequence[Tensors],
        output: int | str,
        device: str,
        requests: int | None,
    ) -> None:
        import openvino

        self._compiled = compiled
        self._samples = samples
        self._output = compiled.output(output)
        self._device = device
        self.request = compiled.create_infer_request()
        self._pool = openvino.AsyncInferQueue(compiled, requests or 0)
        self._tensors = [
            [openvino.Tensor(array) for array in tensors] for tensors in islice(samples, min(ROTATED, len(samples)))
        ]

    def effective(self) -> Effective:
        """Read back from the compiled model."""
        read = self._compiled.get_property
        names = set(read("SUPPORTED_PROPERTIES"))
        return Effective(
            device=",".join(read("EXECUTION_DEVICES")) if "EXECUTION_DEVICES" in names else self._device,
            inference_precision=_precision(read("INFERENCE_PRECISION_HINT")),
            streams=int(read("NUM_STREAMS")) if "NUM_STREAMS" in names else 1,
            threads=int(read("INFERENCE_NUM_THREADS")) if "INFERENCE_NUM_THREADS" in names else 0,
            requests=len(self._pool),
            hint=str(read("PERFORMANCE_HINT")).rpartition(".")[2],
            properties={name: str(read(name)) for name in sorted(names - NAMED)},
        )

    def infer_once(self, index: int) -> int:
        """Pure inference: the input is in place before the clock starts, the output is not copied."""
        for position, tensor in enumerate(self._tensors[index % len(self._tensors)]):
            self.request.set_input_tensor(position, tensor)
        started = time.perf_counter_ns()
        self.request.infer(share_outputs=True)
        return time.perf_counter_ns() - started

    def infer_for(self, seconds: float, first: int) -> tuple[int, int]:
        """The pool is kept full until the time is over; the last inferences are waited for and count."""
        pool, inputs = self._pool, [dict(enumerate(tensors)) for tensors in self._tensors]
        started = time.perf_counter_ns()
        deadline, done = started + int(seconds * 1e9), 0
        while time.perf_counter_ns() < deadline or done < len(pool):
            pool.start_async(inputs[(first + done) % len(inputs)], share_inputs=True)
            done += 1
        pool.wait_all()
        return done, time.perf_counter_ns() - started

    def outputs(self) -> Iterator[tuple[int, Array]]:
        """The chosen output of each sample, without a batch dimension of 1."""
        ready: deque[tuple[int, Array]] = deque()

        def keep(request: Any, index: int) -> None:
            ready.append((index, np.array(request.get_tensor(self._output).data)))

        self._pool.set_callback(keep)
        for index, tensors in enumerate(self._samples):
            self._pool.start_async(dict(enumerate(tensors)), index)
            while ready:
                yield _without_batch(ready.popleft())
        self._pool.wait_all()
        while ready:
            yield _without_batch(ready.popleft())


def _without_batch(item: tuple[int, Array]) -> tuple[int, Array]:
    index, value = item
    return index, value[0] if value.ndim and value.shape[0] == 1 else value


def _precision(value: Any) -> str:
    return value.get_type_name() if hasattr(value, "get_type_name") else str(value)
