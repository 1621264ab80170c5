"""What this machine is."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

import pytest

from ovopt.bench import machine as module
from ovopt.bench.machine import machine, waited_ns

CPUINFO = """processor\t: 0
model name\t: Example CPU @ 2.00GHz
flags\t\t: fpu avx2 avx512f avx512_vnni hypervisor amx_int8

processor\t: 1
model name\t: Another
flags\t\t: fpu
"""
ARM = "processor\t: 0\nFeatures\t: fp asimddp sve\n"


def test_the_facts_are_those_of_this_machine():
    found = machine()
    assert found.cores == len(os.sched_getaffinity(0))
    assert found.memory_bytes == os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    assert found.system == f"{platform.system()} {platform.release()}"
    assert found.versions["python"] == platform.python_version()
    assert found.versions["openvino"] == version("openvino")
    assert found.processor


@pytest.mark.parametrize(
    ("text", "processor", "isa", "virtual"),
    [
        (CPUINFO, "Example CPU @ 2.00GHz", ("avx2", "avx512f", "avx512_vnni", "amx_int8"), True),
        (ARM, platform.processor() or platform.machine(), ("asimddp", "sve"), False),
        ("", platform.processor() or platform.machine(), (), False),
    ],
    ids=["x86", "arm", "nothing known"],
)
def test_the_first_processor_tells_its_name_and_instruction_sets(tmp_path, monkeypatch, text, processor, isa, virtual):
    (tmp_path / "cpuinfo").write_text(text)
    monkeypatch.setattr(module, "Path", lambda _: Path(tmp_path / "cpuinfo"))
    found = machine()
    assert (found.processor, found.isa, found.virtual) == (processor, isa, virtual)


def test_waiting_is_that_of_all_threads_and_nothing_where_it_is_not_counted(tmp_path):
    for thread, line in (("7", "100 2000 3"), ("8", "50 400 1")):
        (tmp_path / thread).mkdir()
        (tmp_path / thread / "schedstat").write_text(f"{line}\n")
    (tmp_path / "9").mkdir()
    assert waited_ns(tmp_path) == 2400
    (tmp_path / "9" / "schedstat").symlink_to("gone")
    assert waited_ns(tmp_path) == 2400
    assert waited_ns(tmp_path / "nowhere") == 0
