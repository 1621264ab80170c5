"""The machine: processor, memory, energy counters, and what a process used of them."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np

from ovopt.records import Arm, Efficiency, Machine

ISA = ("avx2", "avx512f", "avx512_vnni", "avx_vnni", "avx512_bf16", "amx_bf16", "amx_int8", "neon", "asimddp", "sve")
PACKAGES = ("openvino", "nncf", "numpy")


def machine() -> Machine:
    """Facts that speed depends on."""
    import psutil

    info = _cpuinfo()
    flags = set((info.get("flags") or info.get("Features") or "").split())
    versions = {package: importlib.metadata.version(package) for package in PACKAGES}
    return Machine(
        processor=info.get("model name") or platform.processor() or platform.machine(),
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        isa=tuple(name for name in ISA if name in flags),
        memory_bytes=psutil.virtual_memory().total,
        system=f"{platform.system()} {platform.release()}",
        virtual="hypervisor" in flags,
        versions={"python": platform.python_version(), **versions},
    )


def _cpuinfo() -> dict[str, str]:
    """The first processor's entry of /proc/cpuinfo; empty on other systems."""
    file = Path("/proc/cpuinfo")
    if not file.is_file():
        return {}
    first = file.read_text().split("\n\n", 1)[0]
    return {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in first.splitlines())}


POWERCAP = Path("/sys/class/powercap")


def read_energy_uj(root: Path = POWERCAP) -> int | None:
    """Microjoules since some moment, over all processor packages; None where there is no counter or no right to it.

    A counter wraps around: a difference below zero is no measurement.
    """
    try:
        zones = sorted(root.glob("intel-rapl:*"))
        # a part of a package, or the platform as a whole, would count the packages again
        packages = [zone for zone in zones if (zone / "name").read_text().startswith("package")]
        return sum(int((zone / "energy_uj").read_text()) for zone in packages) if packages else None
    except OSError:
        return None


def why_no_energy(root: Path = POWERCAP) -> str:
    """The reason for there being no energy figure."""
    if not list(root.glob("intel-rapl:*")):
        return "this machine shows no energy counter"
    return "the energy counter may only be read by root"


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


def resident_bytes() -> int:
    """Resident set of this process."""
    import psutil

    return int(psutil.Process().memory_info().rss)


def peak_bytes() -> int:
    """The highest resident set of this process: VmHWM on Linux, for a child's `ru_maxrss` inherits its parent's."""
    status = Path("/proc/self/status")
    if status.is_file():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


TASKS = Path("/proc/self/task")


def waited_ns(tasks: Path = TASKS) -> int:
    """Nanoseconds that threads of this process were ready and had no processor, since each of them began; 0 where the
    system does not count them."""
    waited = 0
    for file in tasks.glob("*/schedstat"):
        with suppress(OSError):  # of a thread that has ended
            waited += int(file.read_text().split()[1])
    return waited


STAT = Path("/proc/stat")
STEAL, COUNTED = 7, 8
"""Columns of /proc/stat: the stolen ticks, and all that make up the whole (guests count as user already)."""


@dataclass(frozen=True)
class ProcessorTicks:
    """Ticks since the system started, over all cores."""

    steal: int
    whole: int

    def steal_share_since(self, earlier: ProcessorTicks) -> float:
        """Share of the time in between that was taken away."""
        return (self.steal - earlier.steal) / max(self.whole - earlier.whole, 1)


def processor_time(stat: Path = STAT) -> ProcessorTicks | None:
    """Now; None where the system does not count it."""
    if not stat.is_file():
        return None
    ticks = [int(word) for word in stat.read_text().split("\n", 1)[0].split()[1 : COUNTED + 1]]
    return ProcessorTicks(steal=ticks[STEAL], whole=sum(ticks))
