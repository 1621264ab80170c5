"""Calibration samples as NNCF takes them, the next one inferred while NNCF takes down what the last one gave.

NNCF does the two in turns, and the second in Python, which leaves the processor idle. For the time of a call the
engines that collect statistics are given a request that looks ahead; the results are the same, bit for bit.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ovopt.contracts import Advance, Tensors

if TYPE_CHECKING:
    import nncf
    import openvino


class Calibration:
    """Bare arrays for models with one input, else mappings by name; each that is taken moves the progress on."""

    def __init__(self, samples: Sequence[Tensors], model: openvino.Model, advance: Advance) -> None:
        self._samples = samples
        self._keys = [port.get_any_name() if port.get_names() else index for index, port in enumerate(model.inputs)]
        self._advance = advance
        self.current: Any = None
        """The item that was taken last."""
        self.upcoming: Any = None

    def __len__(self) -> int:
        return len(self._samples)

    def __iter__(self) -> Iterator[Any]:
        items = map(self._item, self._samples)
        self.upcoming = next(items, None)
        while self.upcoming is not None:
            self.current, self.upcoming = self.upcoming, next(items, None)
            self._advance()
            yield self.current
        self.current = None

    def _item(self, tensors: Tensors) -> Any:
        return tensors[0] if len(self._keys) == 1 else dict(zip(self._keys, tensors, strict=True))


class RequestAhead:
    """Stands in for the inference request of NNCF's engine: of two requests, one holds the outputs that were given
    last, the other computes the sample that comes next."""

    def __init__(self, request: openvino.InferRequest, calibration: Calibration) -> None:
        self._requests = [request, request.get_compiled_model().create_infer_request()]
        self._calibration = calibration
        self._begun: Any = None

    def infer(self, inputs: Any, share_inputs: bool = False) -> Any:
        """A copy of the outputs, as `openvino.InferRequest.infer` gives it."""
        if self._begun is not inputs:
            self._requests[0].wait()  # for what was begun in vain
            self._begun = None
        if inputs is not self._calibration.current:
            return self._requests[0].infer(inputs, share_inputs=share_inputs)
        if self._begun is None:
            self._requests[0].start_async(inputs, share_inputs=share_inputs)
        self._requests[0].wait()
        self._requests.reverse()
        self._begun = self._calibration.upcoming
        if self._begun is not None:
            self._requests[0].start_async(self._begun, share_inputs=share_inputs)
        return self._requests[1].results


@contextlib.contextmanager
def calibrating(samples: Sequence[Tensors], model: openvino.Model, advance: Advance) -> Iterator[nncf.Dataset]:
    """The samples, inferences of shapes [batch, ...], as a data set for calls of NNCF, which go ahead for as long as
    this lasts.

    One attribute of one class of NNCF's is replaced meanwhile: no module binds it by itself, so that putting it back
    leaves nothing behind. Where this NNCF is built otherwise, its engines stay as they are."""
    import nncf

    calibration, factory = Calibration(samples, model, advance), _engine_factory()
    if factory is None:
        yield nncf.Dataset(calibration)
        return
    own, create = vars(factory)["create"], factory.create
    factory.create = staticmethod(lambda model: _looking_ahead(create(model), calibration))
    try:
        yield nncf.Dataset(calibration)
    finally:
        factory.create = own


def _engine_factory() -> Any | None:
    """The class that makes NNCF's engines; None where there is none, or where another call has its hand on it."""
    try:
        from nncf.common.factory import EngineFactory
    except ImportError:
        return None
    create = vars(EngineFactory).get("create")
    untouched = isinstance(create, staticmethod) and create.__module__ == EngineFactory.__module__
    return EngineFactory if untouched else None


def _looking_ahead(engine: Any, calibration: Calibration) -> Any:
    """An engine of NNCF's with its request exchanged; left alone where its model has a state, or where it is built in
    another way."""
    import openvino

    inner: Any = getattr(engine, "engine", None)
    request = getattr(inner, "infer_request", None)
    if isinstance(request, openvino.InferRequest) and getattr(inner, "reset_state", True) is False:
        inner.infer_request = RequestAhead(request, calibration)
    return engine
