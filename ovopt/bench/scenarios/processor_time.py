"""Processor time of an inference on one thread: what stands beside latency as the steadier figure."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from typing import ClassVar

import numpy as np

from ovopt.bench.protocol import TakeProcessorTime
from ovopt.bench.turn_scenario import Turns, TurnScenario
from ovopt.records import ProcessorTime


class ProcessorTimeScenario(TurnScenario):
    """Time that the processor spends, not that the clock shows: waiting for a core that another process holds does not
    count. One thread, so that threads which wait for each other do not count either."""

    name: ClassVar[str] = "processor_time"
    weight: ClassVar[float] = 0.5
    hint: ClassVar[str] = "LATENCY"
    forced: ClassVar[Mapping[str, str]] = {"NUM_STREAMS": "1", "INFERENCE_NUM_THREADS": "1"}

    def take(self, seconds: float, first: int) -> TakeProcessorTime:
        """A slice of inferences."""
        return TakeProcessorTime(seconds, first)

    def figures(self, raw: Turns) -> ProcessorTime:
        """The median turn's."""
        turns = list(chain.from_iterable(raw))
        return ProcessorTime(
            per_inference_ms=float(np.median([1e3 * self.seconds(turn) for turn in turns])),
            n=sum(turn.samples for turn in turns),
            raw=tuple(tuple(rounds) for rounds in raw),
        )
