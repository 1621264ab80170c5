"""A look at the machine: what it offers, what is installed, and what will distort a measurement."""

from __future__ import annotations

import importlib.util
import os
import time
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from ovopt import units
from ovopt.bench.machine import machine, processor_time
from ovopt.bench.scenario import Scenario
from ovopt.caller import untouched_caller
from ovopt.contracts import Brought, DataSource, Engine, LeftOut, Report, Rewrite, misspelt, outside
from ovopt.locate import shipped
from ovopt.model.native import core
from ovopt.recipe import SECTIONS
from ovopt.records import Machine, Record, Speedup
from ovopt.workflow.comparing.compare import Plan, compare

if TYPE_CHECKING:
    from ovopt.workflow.beginning.options import Watched

EXTRAS = {"demo": "magika", "onnxruntime": "onnxruntime", "torch": "torch"}
"""Extra -> the package that shows whether it is installed."""
KINDS = (
    ("ovopt.data", DataSource),
    *SECTIONS.values(),
    ("ovopt.rewrites", Rewrite),
    ("ovopt.reports", Report),
    ("ovopt.bench.scenarios", Scenario),
    ("ovopt.bench.engines", Engine),
)
"""Kinds of plug-ins, each with the package of ovopt's own."""
SELF_TEST_S = 20.0
LOOK_S = 0.5
STEAL_SHARE = 0.02
NOISE = 0.03
GIB = 1 << 30
CPU = Path("/sys/devices/system/cpu")
UNKNOWN = "not readable"


class Device(Record):
    """A device that OpenVINO finds."""

    name: str
    full_name: str
    default_precision: str
    capabilities: tuple[str, ...]


class Checkup(Record):
    """All that `ovopt doctor` finds."""

    machine: Machine
    devices: tuple[Device, ...]
    threads_per_core: str
    governor: str
    turbo: str
    load: float
    steal_share: float | None
    available_bytes: int
    missing_extras: tuple[str, ...]
    plugins: tuple[Brought, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    noise: Speedup | None
    advice: tuple[str, ...] = ()


@untouched_caller()
def doctor(*, self_test: bool = True, progress: Watched = None) -> Checkup:
    """Look at the machine; with `self_test`, hold a small model against itself for 20 seconds."""
    import psutil

    load = os.getloadavg()[0]
    before = processor_time()
    noise = _noise(progress) if self_test else None
    if not self_test:
        time.sleep(LOOK_S)
    after = processor_time()
    foreign = [outside(package, kind) for package, kind in KINDS]
    found = Checkup(
        machine=machine(),
        devices=tuple(_device(name) for name in core().available_devices),
        threads_per_core=_threads_per_core(),
        governor=_read(CPU / "cpu0/cpufreq/scaling_governor"),
        turbo=_turbo(),
        load=load,
        steal_share=after.steal_share_since(before) if before and after else None,
        available_bytes=psutil.virtual_memory().available,
        missing_extras=tuple(name for name, package in EXTRAS.items() if importlib.util.find_spec(package) is None),
        plugins=tuple(chain.from_iterable(one.brought for one in foreign)),
        left_out=(*misspelt(), *chain.from_iterable(one.left_out for one in foreign)),
        noise=noise,
    )
    return found.model_copy(update={"advice": tuple(_advice(found))})


def _noise(progress: Watched) -> Speedup | None:
    model = shipped("calibration_data") / "digits" / "model.xml"
    plan = Plan(scenarios=("latency",), time_budget_s=SELF_TEST_S, precision=0.001)
    bare = ["metrics=[]", "budgets={}"]
    result = compare(model, model, recipe="digits", plan=plan, settings=bare, progress=progress)
    return result.control.latency if result.control else None


def _device(name: str) -> Device:
    read = core().get_property
    return Device(
        name=name,
        full_name=str(read(name, "FULL_DEVICE_NAME")).strip(),
        default_precision=read(name, "INFERENCE_PRECISION_HINT").get_type_name(),
        capabilities=tuple(read(name, "OPTIMIZATION_CAPABILITIES")),
    )


def _threads_per_core() -> str:
    siblings = _read(CPU / "cpu0/topology/thread_siblings_list")
    if siblings == UNKNOWN:
        return UNKNOWN
    return "1" if siblings.replace("-", ",").count(",") == 0 else "2 or more"


def _turbo() -> str:
    for file, on in ((CPU / "intel_pstate/no_turbo", "0"), (CPU / "cpufreq/boost", "1")):
        found = _read(file)
        if found != UNKNOWN:
            return "on" if found == on else "off"
    return UNKNOWN


def _read(file: Path) -> str:
    try:
        return file.read_text().strip()
    except OSError:
        return UNKNOWN


def _advice(found: Checkup) -> Iterator[str]:
    """Distortions of a measurement, and what can be done about each."""
    yield from _about_load(found)
    yield from _about_clock(found)
    yield from _about_devices(found)
    if found.noise and found.noise.low is not None and found.noise.high is not None:
        floor = max(abs(found.noise.low - 1), abs(found.noise.high - 1))
        if floor > NOISE:
            yield (
                f"One model differs from itself by up to {units.share(floor)} in {SELF_TEST_S:.0f} s: smaller effects "
                "need a longer --time-budget; four times as long halves this."
            )


def _about_load(found: Checkup) -> Iterator[str]:
    if found.load > 0.5 * found.machine.cores:
        yield f"The load is {found.load:.1f} on {found.machine.cores} cores: stop other work while you measure."
    if found.steal_share is not None and found.steal_share > STEAL_SHARE:
        yield (
            f"The host took {units.share(found.steal_share)} of the processor's time away: measure longer, or on a "
            "machine of your own."
        )
    if found.available_bytes < 2 * GIB:
        yield f"Only {units.memory(found.available_bytes)} of memory are free: large models may be killed."


def _about_clock(found: Checkup) -> Iterator[str]:
    if found.governor not in ("performance", UNKNOWN):
        yield f"The frequency governor is {found.governor!r}: `cpupower frequency-set -g performance` steadies it."
    if found.turbo == "on":
        yield "Turbo is on: the clock follows the temperature. Interleaving evens that out; absolute times still move."
    if found.threads_per_core == "2 or more":
        yield "Cores are shared by two threads: `--threads` of the number of cores, not of threads, is steadier."


def _about_devices(found: Checkup) -> Iterator[str]:
    for device in found.devices:
        if device.default_precision not in ("f32", "dynamic", "undefined"):
            yield (
                f"{device.name} runs f32 models in {device.default_precision} by default: that costs accuracy on some "
                "models. A comparison measures the original at f32 too."
            )
