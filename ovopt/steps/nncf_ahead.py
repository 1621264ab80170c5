"""Calibration samples as NNCF takes them, the next one inferred while NNCF takes down what the last one gave.

NNCF does the two in turns, and the second in Python, which leaves the processor idle. For the time of a call its engine
is replaced by one that looks ahead; the results are the same, bit for bit.
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
        """What was taken last, and what comes next."""
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


@contextlib.contextmanager
def calibrating(samples: Sequence[Tensors], model: openvino.Model, advance: Advance) -> Iterator[nncf.Dataset]:
    """The samples as a data set for calls of NNCF, which go ahead for as long as this lasts."""
    import nncf
    from nncf.openvino import engine

    calibration, own = Calibration(samples, model, advance), engine.OVNativeEngine

    class AheadEngine(own):  # type: ignore[misc, valid-type]
        """Two requests take turns: one holds the outputs that were given last, the other computes."""

        def __init__(self, model: openvino.Model, use_fp32_precision: bool = True) -> None:
            super().__init__(model, use_fp32_precision)
            request = self.engine.infer_request
            self._requests = [request, request.get_compiled_model().create_infer_request()]
            self._begun: Any = None

        def infer(self, input_data: Any) -> dict[str, Any]:
            if self._begun is not input_data:
                self._requests[0].wait()  # what was begun in vain
                self._begun = None
            if self.engine.reset_state or input_data is not calibration.current:
                given: dict[str, Any] = super().infer(input_data)
                return given
            if self._begun is None:
                self._requests[0].start_async(input_data, share_inputs=True)
            self._requests[0].wait()
            self._requests.reverse()
            self._begun = calibration.upcoming
            if self._begun is not None:
                self._requests[0].start_async(self._begun, share_inputs=True)
            results = self._requests[1].results
            return {name: value for port, value in results.items() for name in port.get_names()}

    engine.OVNativeEngine = AheadEngine
    try:
        yield nncf.Dataset(calibration)
    finally:
        engine.OVNativeEngine = own
