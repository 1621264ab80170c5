"""Energy counters, from files as powercap shows them."""

from __future__ import annotations

from pathlib import Path

import pytest

from ovopt.bench.machine import read_energy_uj, why_no_energy


def zone(root: Path, name: str, energy_uj: int, label: str) -> Path:
    folder = root / name
    folder.mkdir()
    (folder / "energy_uj").write_text(f"{energy_uj}\n")
    (folder / "name").write_text(f"{label}\n")
    return folder


def test_packages_are_added_up_and_their_parts_are_not_counted_twice(tmp_path: Path) -> None:
    zone(tmp_path, "intel-rapl:0", 1000, "package-0")
    zone(tmp_path, "intel-rapl:0:0", 600, "core")
    zone(tmp_path, "intel-rapl:1", 30, "package-1")
    assert read_energy_uj(tmp_path) == 1030


def test_the_whole_platform_is_no_package(tmp_path: Path) -> None:
    """`psys` holds the packages and more: adding it would count them twice."""
    zone(tmp_path, "intel-rapl:0", 1000, "package-0")
    zone(tmp_path, "intel-rapl:1", 5000, "psys")
    assert read_energy_uj(tmp_path) == 1000


@pytest.mark.parametrize("others", [(), ("intel-rapl", "dtpm")])
def test_without_a_counter_there_is_no_energy(tmp_path: Path, others: tuple[str, ...]) -> None:
    for name in others:
        (tmp_path / name).mkdir()
    assert read_energy_uj(tmp_path) is None
    assert why_no_energy(tmp_path) == "this machine shows no energy counter"


def test_without_powercap_there_is_no_energy(tmp_path: Path) -> None:
    assert read_energy_uj(tmp_path / "none") is None
    assert why_no_energy(tmp_path / "none") == "this machine shows no energy counter"


def test_a_counter_that_may_not_be_read_says_so(tmp_path: Path) -> None:
    """A folder in the file's place cannot be read by anybody, not even by root."""
    (tmp_path / "intel-rapl:0" / "energy_uj").mkdir(parents=True)
    (tmp_path / "intel-rapl:0" / "name").write_text("package-0\n")
    assert read_energy_uj(tmp_path) is None
    assert why_no_energy(tmp_path) == "the energy counter may only be read by root"
