"""What a core and a GiB give, and a sample costs."""

from __future__ import annotations

import statistics

import pytest

from ovopt.bench import machine as module
from ovopt.bench.machine import efficiency
from ovopt.records import Arm, Footprint, Memory, Turn
from tests.factories import arm, effective, throughput_of

TURNS = [[Turn(samples=100, elapsed_ns=500_000_000), Turn(samples=100, elapsed_ns=250_000_000)]]
RATE = statistics.median([100 / 0.5, 100 / 0.25])


def measured(turns: list[list[Turn]] = TURNS, threads: int = 4, memory: Memory | None = None) -> Arm:
    settings = {"throughput": effective(threads=threads), "latency": effective(threads=1)}
    return arm(throughput=throughput_of(turns), effective=settings, memory=memory)


def peak(size: int) -> Footprint:
    return Footprint(before_bytes=0, compiled_bytes=1, peak_bytes=size, raw_bytes=((0, 1, size),))


def test_the_rate_is_shared_out_among_the_threads_of_the_throughput_scenario() -> None:
    found = efficiency(measured())
    assert found is not None
    assert found.samples_per_s_per_core == pytest.approx(RATE / 4)
    assert found.samples_per_s_per_gib is None


def test_an_engine_that_does_not_tell_its_threads_counts_as_one() -> None:
    found = efficiency(measured(threads=0))
    assert found is not None
    assert found.samples_per_s_per_core == pytest.approx(RATE)


def test_memory_is_the_peak_under_the_throughput_hint() -> None:
    memory = Memory(by_hint={"latency": peak(7 << 30), "throughput": peak(3 << 29)})
    found = efficiency(measured(memory=memory))
    assert found is not None
    assert found.samples_per_s_per_gib == pytest.approx(RATE / 1.5)


def test_a_samples_energy_is_the_median_turns() -> None:
    joules = [5.0, 0.1, 0.3]
    turns = [[Turn(samples=50, elapsed_ns=10**8, energy_uj=int(j * 50 * 1e6)) for j in joules]]
    found = efficiency(measured(turns))
    assert found is not None
    assert found.joules_per_sample == pytest.approx(0.3)
    assert found.energy == "of the whole processor package"


def test_turns_without_a_reading_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    turns = [[Turn(samples=10, elapsed_ns=10**8), Turn(samples=10, elapsed_ns=10**8, energy_uj=20_000_000)]]
    found = efficiency(measured(turns))
    assert found is not None
    assert found.joules_per_sample == pytest.approx(2.0)


def test_without_a_counter_energy_is_absent_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "why_no_energy", lambda: "no counter here")
    found = efficiency(measured())
    assert found is not None
    assert (found.joules_per_sample, found.energy) == (None, "no counter here")


def test_without_a_throughput_there_is_no_efficiency() -> None:
    assert efficiency(arm(throughput=None)) is None
