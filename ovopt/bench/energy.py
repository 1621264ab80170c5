"""The processor's energy counters, where the system lets us read them (RAPL through powercap)."""

from __future__ import annotations

from pathlib import Path

POWERCAP = Path("/sys/class/powercap")


def read_energy_uj(root: Path = POWERCAP) -> int | None:
    """Microjoules since some moment, over all processor packages; None where there is no counter or no right to it.

    A counter wraps around: a difference below zero is no measurement.
    """
    try:
        counters = [zone / "energy_uj" for zone in sorted(root.glob("intel-rapl:*")) if _is_package(zone)]
        return sum(int(counter.read_text()) for counter in counters) if counters else None
    except OSError:
        return None


def _is_package(zone: Path) -> bool:
    """Not a part of a package, and not the platform as a whole, which would count the packages again."""
    return (zone / "name").read_text().startswith("package")


def why_no_energy(root: Path = POWERCAP) -> str:
    """What stands in the way of an energy figure."""
    if not list(root.glob("intel-rapl:*")):
        return "this machine shows no energy counter"
    return "the energy counter may only be read by root"
