"""The OpenVINO engine."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from ovopt.bench.engines.openvino_session import OpenVinoSession
from ovopt.bench.machine import peak_bytes, resident_bytes
from ovopt.contracts import Engine, Placement, Started, Tensors
from ovopt.errors import ArmLostError, SettingsError
from ovopt.model.files.read import read_model
from ovopt.model.inspect.profile import execution, profiled
from ovopt.model.native import core, reason
from ovopt.model.ports.batch import with_batch
from ovopt.records import Execution

if TYPE_CHECKING:
    import openvino

AUDIT_INFERENCES = 10
"""The counters are averages, steady after a few."""
STARTED_INFERENCES = 20
"""Behind a start, for memory that is taken only with use."""


class OpenVino(Engine):
    """Models through the OpenVINO runtime."""

    name: ClassVar[str] = "openvino"

    def __init__(self, placement: Placement) -> None:
        self._model = read_model(placement.model, placement.shapes)
        self._timed = with_batch(self._model, placement.batch) if placement.batch > 1 else self._model
        self._placement = placement

    @classmethod
    def start(cls, placement: Placement, properties: Mapping[str, str], sample: Tensors) -> Started:
        """One start, timed. With a model cache, the path goes straight to compiling: reading the model is what the
        cache saves. `sample` has shapes [batch, ...]. Raises SettingsError where device or properties are at fault,
        ArmLostError where the model cannot be compiled."""
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
        """Compile anew; `samples` are inferences of shapes [batch, ...]. Raises as `start` does."""
        compiled = _compile(self._timed if timed else self._model, self._placement.device, properties)
        return OpenVinoSession(compiled, samples, self._placement, requests)

    def audit(self, properties: Mapping[str, str], samples: Sequence[Tensors]) -> Execution:
        """Profile a few inferences of the first sample, shapes [batch, ...]. Raises as `start` does."""
        device = self._placement.device
        compiled = _compile(self._timed, device, profiled(device, properties))
        request = compiled.create_infer_request()
        inputs = dict(enumerate(samples[0]))
        request.infer(inputs, share_inputs=True)
        began = time.perf_counter_ns()
        for _ in range(AUDIT_INFERENCES):
            request.infer(inputs, share_inputs=True)
        return execution(compiled, (time.perf_counter_ns() - began) / AUDIT_INFERENCES / 1e3)


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
