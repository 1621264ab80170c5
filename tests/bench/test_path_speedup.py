"""From content to output in turns: which way is faster, and by about how much."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest

from ovopt.bench import quick_speedup
from ovopt.bench.quick_speedup import way_speedups
from ovopt.contracts import Tensors, Way
from ovopt.turns import Length
from tests.models import conv_model


class Slow:
    """A preparation that takes its time."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.prepared: list[Any] = []

    def decode(self, content: Any) -> Any:
        return content + 1

    def preprocess(self, content: Any, sample_id: str = "sample") -> tuple[Tensors, ...]:
        self.prepared.append(content)
        time.sleep(self._seconds)
        return ((np.full((1, 3, 8, 8), content, np.float32),),)


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quick_speedup, "TURN", Length(0.005))


def test_less_work_on_the_host_is_faster_and_the_first_way_is_what_counts_as_one() -> None:
    model = conv_model()
    slow, quick, slower = Slow(0.003), Slow(0.0), Slow(0.012)
    faster, behind = way_speedups([Way(model, one) for one in (slow, quick, slower)], [1, 2], "CPU", {}, 0.1, 0)
    assert faster.estimate > 1.5
    assert behind.estimate < 0.7
    assert faster.low < faster.estimate < faster.high


def test_all_contents_are_decoded_and_go_through() -> None:
    preparation = Slow(0.0)
    way_speedups([Way(conv_model(), preparation), Way(conv_model(), Slow(0.0))], [10, 20, 30], "CPU", {}, 0.1, 0)
    assert set(preparation.prepared) == {11, 21, 31}
