"""What this machine is."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from pathlib import Path

from ovopt.records import Machine

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
