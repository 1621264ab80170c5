"""Steal, from files as /proc/stat looks."""

from __future__ import annotations

from pathlib import Path

import pytest

from ovopt.bench.machine import ProcessorTicks, processor_time

STAT = """cpu  100 20 30 4000 50 6 7 80 900 1000
cpu0 1 2 3 4 5 6 7 8 9 10
intr 12345
"""


def test_ticks_of_all_cores_are_told_apart(tmp_path: Path) -> None:
    """user 100, nice 20, system 30, idle 4000, iowait 50, irq 6, softirq 7, steal 80; guests are in user already."""
    (tmp_path / "stat").write_text(STAT)
    assert processor_time(tmp_path / "stat") == ProcessorTicks(steal=80, whole=4293)


def test_a_system_that_does_not_count_has_no_processor_time(tmp_path: Path) -> None:
    assert processor_time(tmp_path / "stat") is None


@pytest.mark.parametrize(("steal", "whole", "share"), [(80, 1100, 0.0), (90, 1100, 0.1), (180, 1100, 1.0)])
def test_the_stolen_share_is_that_of_the_time_in_between(steal: int, whole: int, share: float) -> None:
    now = ProcessorTicks(steal=steal, whole=whole)
    assert now.steal_share_since(ProcessorTicks(steal=80, whole=1000)) == pytest.approx(share)


def test_in_no_time_nothing_is_stolen() -> None:
    moment = ProcessorTicks(steal=2, whole=3)
    assert moment.steal_share_since(moment) == 0


def test_this_machines_counters_only_rise() -> None:
    earlier, later = processor_time(), processor_time()
    if earlier is None or later is None:
        pytest.skip("this system does not count")
    assert later.whole >= earlier.whole
    assert 0 <= later.steal_share_since(earlier) <= 1
