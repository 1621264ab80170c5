"""ONNX Runtime as a reference engine: what the framework that the model comes from would do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ovopt.bench.engines.pooled import PooledSession, started
from ovopt.contracts import Engine, Placement, Started, Tensors
from ovopt.errors import ModelError, SettingsError
from ovopt.locate import optional

if TYPE_CHECKING:
    import onnxruntime


class OnnxRuntime(Engine):
    """The CPU execution provider, f32 as the model holds it, with the thread count of the baseline."""

    name: ClassVar[str] = "onnxruntime"

    def __init__(self, placement: Placement) -> None:
        if placement.model.suffix.lower() != ".onnx":
            raise ModelError(
                f"{placement.model}: ONNX Runtime reads .onnx files; give one: --reference onnxruntime=FILE"
            )
        if placement.state:
            raise SettingsError("model.state: only OpenVINO arms hand a state on; leave --reference out")
        if placement.shapes:
            raise SettingsError("model.shapes: ONNX Runtime takes the shapes of the samples; leave them out")
        self._placement = placement

    @classmethod
    def start(cls, placement: Placement, properties: Mapping[str, str], sample: Tensors) -> Started:
        """One start, timed, on a sample of shapes [batch, ...]; reading is part of making a session, and there is no
        compiled model to cache."""
        _onnxruntime()  # the import is no part of the start

        def load() -> Callable[[Tensors], object]:
            session = _session(placement, int(properties.get("INFERENCE_NUM_THREADS", 0)))
            names = [port.name for port in session.get_inputs()]
            return lambda tensors: session.run(None, dict(zip(names, tensors, strict=True)))

        return started(load, sample, reads=False)

    def open(
        self, properties: Mapping[str, str], samples: Sequence[Tensors], requests: int | None, timed: bool = True
    ) -> PooledSession:
        """A new session for samples of shapes [batch, ...]; with several requests, its threads are shared out among
        them."""
        threads, parallel = int(properties.get("INFERENCE_NUM_THREADS", 0)), requests or 1
        session = _session(self._placement, max(1, threads // parallel) if threads else 0)
        names = [port.name for port in session.get_inputs()]
        outputs = [session.get_outputs()[output].name for output in self._placement.outputs]

        def call(tensors: Tensors) -> Tensors:
            return tuple(map(np.asarray, session.run(outputs, dict(zip(names, tensors, strict=True)))))

        return PooledSession(call, samples, threads, parallel, "f32")


def _onnxruntime() -> Any:
    return optional("onnxruntime", "the reference onnxruntime is not installed", "onnxruntime")


def _session(placement: Placement, threads: int) -> onnxruntime.InferenceSession:
    onnxruntime = _onnxruntime()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(placement.model), options, providers=["CPUExecutionProvider"])
