"""What memory this process holds, seen from outside."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

MIB = 1 << 20
linux = pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="needs /proc")
FRESH = """
import numpy as np
from ovopt.bench.machine import peak_bytes, resident_bytes

def status(field):
    line = next(line for line in open("/proc/self/status") if line.startswith(field))
    return int(line.split()[1]) * 1024

resident_bytes()
"""


def in_fresh_process(lines: str) -> list[int]:
    """The numbers that a process of its own prints: the test runner's memory is full of what it gives out again."""
    done = subprocess.run([sys.executable, "-c", FRESH + lines], capture_output=True, text=True, check=True)
    return [int(word) for word in done.stdout.split()]


@linux
def test_resident_bytes_are_those_of_the_kernel() -> None:
    ours, kernels = in_fresh_process("print(resident_bytes(), status('VmRSS'))")
    assert ours == pytest.approx(kernels, rel=0.05)


def test_memory_that_is_written_becomes_resident() -> None:
    before, after = in_fresh_process(
        "before = resident_bytes()\nblock = np.ones(64 << 20, np.uint8)\nprint(before, resident_bytes())"
    )
    assert after - before == pytest.approx(64 * MIB, abs=8 * MIB)


@linux
def test_the_peak_stays_when_memory_is_given_back() -> None:
    held, peak, left, kernels = in_fresh_process(
        "block = np.ones(64 << 20, np.uint8)\nheld = resident_bytes()\ndel block\n"
        "print(held, peak_bytes(), resident_bytes(), status('VmHWM'))"
    )
    assert peak >= held - MIB
    assert left < held - 48 * MIB
    assert peak == kernels


@linux
def test_a_child_does_not_inherit_its_parents_peak() -> None:
    """`ru_maxrss` would."""
    block = np.ones(256 * MIB, np.uint8)
    (peak,) = in_fresh_process("print(peak_bytes())")
    assert peak < block.nbytes
