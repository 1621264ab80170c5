"""What this machine offers, and the advice that follows from it."""

from __future__ import annotations

import json
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest

from ovopt.bench.machine import ProcessorTicks, machine
from ovopt.cli.doctor import _text
from ovopt.contracts import Brought, discovery, outside
from ovopt.model.native import core
from ovopt.records import Speedup
from ovopt.workflow import doctor as module
from ovopt.workflow.doctor import Checkup, Device, doctor
from tests.factories import MACHINE, speed
from tests.packages import lay_down

CPU = Device(name="CPU", full_name="Example processor", default_precision="f32", capabilities=("FP32", "INT8"))
GIB = 1 << 30


def diagnosis(**changed: Any) -> Checkup:
    """A machine without a fault."""
    quiet = {
        "machine": MACHINE,
        "devices": (CPU,),
        "threads_per_core": "1",
        "governor": "performance",
        "turbo": "off",
        "load": 0.1,
        "steal_share": 0.0,
        "available_bytes": 6 * GIB,
        "missing_extras": (),
        "noise": None,
    }
    return Checkup(**{**quiet, **changed})


def advice(**changed: Any) -> list[str]:
    return list(module._advice(diagnosis(**changed)))


def unknown(estimate: float) -> Speedup:
    return Speedup(estimate=estimate, low=None, high=None, level=0.95, verdict="no clear difference", why="few")


def test_a_quiet_machine_needs_no_advice() -> None:
    assert advice(noise=speed(1.0, 0.02)) == []


@pytest.mark.parametrize(
    "unreadable",
    [{"governor": "not readable"}, {"turbo": "not readable"}, {"steal_share": None}, {"noise": unknown(1.5)}],
)
def test_what_is_not_known_gives_no_advice(unreadable: dict[str, Any]) -> None:
    assert advice(**unreadable) == []


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"load": 1.25}, "The load is 1.2 on 2 cores: stop other work while you measure."),
        (
            {"steal_share": 0.061},
            "The host took 6.1 % of the processor's time away: measure longer, or on a machine of your own.",
        ),
        ({"available_bytes": GIB}, "Only 1.00 GiB of memory are free: large models may be killed."),
        (
            {"governor": "powersave"},
            "The frequency governor is 'powersave': `cpupower frequency-set -g performance` steadies it.",
        ),
        (
            {"turbo": "on"},
            "Turbo is on: the clock follows the temperature. Interleaving evens that out; absolute times still move.",
        ),
        (
            {"threads_per_core": "2 or more"},
            "Cores are shared by two threads: `--threads` of the number of cores, not of threads, is steadier.",
        ),
        (
            {"devices": (CPU.model_copy(update={"default_precision": "bf16"}),)},
            "CPU runs f32 models in bf16 by default: that costs accuracy on some models. "
            "A comparison measures the original at f32 too.",
        ),
        (
            {"noise": speed(0.99, 0.05)},
            "One model differs from itself by up to 6.0 % in 20 s: smaller effects need a longer --time-budget; "
            "four times as long halves this.",
        ),
    ],
)
def test_a_fault_is_named_with_what_to_do(fault: dict[str, Any], said: str) -> None:
    assert advice(**fault) == [said]


@pytest.mark.parametrize("bound", [{"load": 1.0}, {"steal_share": 0.02}, {"available_bytes": 2 * GIB}])
def test_at_the_bound_nothing_is_said(bound: dict[str, Any]) -> None:
    assert advice(**bound) == []


def test_several_faults_are_all_named() -> None:
    assert len(advice(load=2.0, turbo="on", noise=speed(1.0, 0.1))) == 3


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_S", 0.01)


@pytest.mark.usefixtures("quick")
def test_this_machine_is_described_without_a_self_test() -> None:
    found = doctor(self_test=False)
    assert found.machine == machine()
    assert [device.name for device in found.devices] == list(core().available_devices)
    assert found.noise is None
    assert 0 < found.available_bytes <= found.machine.memory_bytes
    assert found.load >= 0
    assert found.steal_share is None or 0 <= found.steal_share <= 1
    assert list(found.advice) == list(module._advice(found))
    assert Checkup.model_validate(json.loads(found.model_dump_json())) == found


@pytest.mark.usefixtures("quick")
def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "EXTRAS", {"here": "numpy", "gone": "no_such_package_at_all"})
    assert doctor(self_test=False).missing_extras == ("gone",)


@pytest.mark.usefixtures("quick")
def test_steal_is_that_of_the_time_that_was_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter([ProcessorTicks(steal=100, whole=1000), ProcessorTicks(steal=130, whole=1200)])
    monkeypatch.setattr(module, "processor_time", lambda: next(moments))
    assert doctor(self_test=False).steal_share == pytest.approx(0.15)


@pytest.mark.usefixtures("quick")
def test_plugins_of_other_packages_and_those_left_out_are_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module_text = "from ovopt.contracts import Report\nclass Short(Report):\n    name = 'short'\n    render = str\n"
    entries = {"ovopt.reports: short": "house_of_reports:Short", "ovopt.rewrites: broken": "house_of_reports:Gone"}
    lay_down(tmp_path, "house-of-reports", entries, house_of_reports=module_text)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(module, "outside", outside.__wrapped__)
    monkeypatch.setattr(discovery, "_installed", entry_points)
    found = doctor(self_test=False)
    assert found.plugins == (Brought(kind="Report", name="short", package="house-of-reports 1.0"),)
    (one,) = found.left_out
    why = "cannot be imported: AttributeError: module 'house_of_reports' has no attribute 'Gone'"
    assert str(one) == f"house-of-reports 1.0 (ovopt.rewrites: broken = house_of_reports:Gone): {why}"
    lines = [line.split(maxsplit=1) for line in _text(found).splitlines() if "house-of-reports" in line]
    assert lines == [["Report", "short, from house-of-reports 1.0"], ["left", f"out        {one}"]]
    assert Checkup.model_validate(json.loads(found.model_dump_json())) == found


def cpu_files(root: Path, **files: str) -> Path:
    for name, text in files.items():
        file = root / name.replace("__", "/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text + "\n")
    return root


@pytest.mark.parametrize(
    ("files", "turbo"),
    [
        ({"intel_pstate__no_turbo": "0"}, "on"),
        ({"intel_pstate__no_turbo": "1"}, "off"),
        ({"cpufreq__boost": "1"}, "on"),
        ({"cpufreq__boost": "0"}, "off"),
        ({}, "not readable"),
    ],
)
def test_turbo_is_read_where_the_driver_tells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], turbo: str
) -> None:
    monkeypatch.setattr(module, "CPU", cpu_files(tmp_path, **files))
    assert module._turbo() == turbo


@pytest.mark.parametrize(
    ("siblings", "said"), [("0", "1"), ("0,4", "2 or more"), ("0-1", "2 or more"), (None, "not readable")]
)
def test_threads_per_core_follow_from_the_siblings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, siblings: str | None, said: str
) -> None:
    files = {"cpu0__topology__thread_siblings_list": siblings} if siblings else {}
    monkeypatch.setattr(module, "CPU", cpu_files(tmp_path, **files))
    assert module._threads_per_core() == said
