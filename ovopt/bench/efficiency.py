"""What a core and a GiB give, and a sample costs, from figures already measured."""

from __future__ import annotations

from itertools import chain

import numpy as np

from ovopt.bench.energy import why_no_energy
from ovopt.records import Arm, Efficiency

GIB = 1 << 30


def efficiency(arm: Arm) -> Efficiency | None:
    """Throughput per thread that the model runs on and per GiB at the most; None without a throughput."""
    if arm.throughput is None:
        return None
    rate = arm.throughput.samples_per_s
    threads = arm.effective["throughput"].threads or 1
    footprint = arm.memory.by_hint.get("throughput") if arm.memory else None
    turns = list(chain.from_iterable(arm.throughput.raw))
    joules = [turn.energy_uj / turn.samples / 1e6 for turn in turns if turn.energy_uj is not None]
    return Efficiency(
        samples_per_s_per_core=rate / threads,
        samples_per_s_per_gib=rate / (footprint.peak_bytes / GIB) if footprint else None,
        joules_per_sample=float(np.median(joules)) if joules else None,
        energy="of the whole processor package" if joules else why_no_energy(),
    )
