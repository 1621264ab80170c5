"""What memory this process holds, seen from outside."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ovopt.bench.machine import peak_bytes, resident_bytes

MIB = 1 << 20
linux = pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="needs /proc")


def status(field: str) -> int:
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(field))
    return int(line.split()[1]) * 1024


@linux
def test_resident_bytes_are_those_of_the_kernel() -> None:
    assert resident_bytes() == pytest.approx(status("VmRSS"), rel=0.05)


def test_memory_that_is_written_becomes_resident() -> None:
    before = resident_bytes()
    block = np.ones(64 * MIB, np.uint8)
    assert resident_bytes() - before == pytest.approx(block.nbytes, abs=8 * MIB)


@linux
def test_the_peak_stays_when_memory_is_given_back() -> None:
    block = np.ones(64 * MIB, np.uint8)
    held = resident_bytes()
    del block
    assert peak_bytes() >= held - MIB
    assert peak_bytes() == status("VmHWM")


@linux
def test_a_child_does_not_inherit_its_parents_peak() -> None:
    """`ru_maxrss` would."""
    block = np.ones(256 * MIB, np.uint8)
    line = "from ovopt.bench.machine import peak_bytes; print(peak_bytes())"
    child = subprocess.run([sys.executable, "-c", line], capture_output=True, text=True, check=True)
    assert int(child.stdout) < block.nbytes
