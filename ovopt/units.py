"""Plain text forms of figures: the one place where a number becomes words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime

MISSING = "-"
MOST_PLACES = 4
EXACT = 0.02
"""A limit may be shown rounded by this share of it."""
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
"""In English wherever the page is made: it is the same text every time."""


def milliseconds(value: float | None) -> str:
    """Three significant digits and the unit: `1.09 ms`, `0.0213 ms`, `213 ms`."""
    return MISSING if value is None else f"{number(value)} ms"


def number(value: float) -> str:
    """At least three significant digits, without an exponent: `1.09`, `0.0213`, `1,230`."""
    if value == 0:
        return "0"
    exponent = int(f"{value:.2e}".partition("e")[2])
    return f"{value:,.{max(0, 2 - exponent)}f}"


def memory(size_bytes: int) -> str:
    """Binary bytes, as memory is counted: `117 MiB`, `1.20 GiB`."""
    gib = size_bytes / (1 << 30)
    return f"{number(gib)} GiB" if gib >= 1 else f"{number(size_bytes / (1 << 20))} MiB"


def rate(value: float | None) -> str:
    """Samples per second: `912 /s`, `12,300 /s`."""
    return MISSING if value is None else f"{number(value)} /s"


def factor(value: float) -> str:
    """A speed-up or ratio: `1.12x`."""
    return f"{value:.2f}x"


def factor_interval(low: float, high: float) -> str:
    """The interval of a factor: `[1.11, 1.12]`."""
    return f"[{low:.2f}, {high:.2f}]"


def speedup(estimate: float, low: float | None, high: float | None) -> str:
    """A speed-up with its interval, where it has one: `1.12x [1.11, 1.12]`."""
    return factor(estimate) if low is None or high is None else f"{factor(estimate)} {factor_interval(low, high)}"


def share(value: float, places: int = 1) -> str:
    """A share of one as percent: `94.1 %`."""
    return f"{100 * value:.{places}f} %"


def places_for(limit: float, values: Iterable[float]) -> int:
    """Digits behind the point of percent, 1 to 4, that show a limit on a share and tell values that differ from it."""
    values, percent = [100 * value for value in values if value != limit], 100 * limit

    def tell(places: int) -> bool:
        shown = round(percent, places)
        return abs(shown - percent) <= EXACT * percent and all(round(value, places) != shown for value in values)

    return next((places for places in range(1, MOST_PLACES) if tell(places)), MOST_PLACES)


def quality(value: float, unit: str, places: int = 1) -> str:
    """A metric's value: percent where the unit is a share, else the number and its unit."""
    return share(value, places) if unit == "share" else f"{value:.4g} {unit}".rstrip()


def quality_delta(value: float, unit: str, places: int = 1) -> str:
    """A metric's change with its sign: points where the unit is a share (`-10.8`), else the number."""
    if unit == "share":
        return f"{100 * value:+.{places}f}"
    return f"{value:+.6f}" if 1e-6 < abs(value) < 1e-4 else f"{value:+.4g}"


def points(value: float, unit: str, places: int = 1) -> str:
    """A metric's change with its sign and unit: `-0.2 points`."""
    return f"{quality_delta(value, unit, places)} {'points' if unit == 'share' else unit}".rstrip()


def quality_interval(low: float, high: float, unit: str, places: int = 1) -> str:
    """The interval of a metric's change: `[-1.1, +0.7]`."""
    return f"[{quality_delta(low, unit, places)}, {quality_delta(high, unit, places)}]"


def size(size_bytes: int) -> str:
    """Decimal bytes: `9.8 MB`, `412 kB`."""
    for limit, unit in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if size_bytes >= limit:
            return f"{number(size_bytes / limit)} {unit}"
    return f"{size_bytes} B"


def seconds(value: float) -> str:
    """A duration for people: `8.0 s`, `2 min 05 s`."""
    whole = round(value)
    return f"{whole // 60} min {whole % 60:02d} s" if whole >= 60 else f"{value:.1f} s"


def moment(iso: str) -> str:
    """A time for people: `28 November 2026, 19:06 UTC`. The text itself where it is no ISO time with an offset."""
    try:
        found = datetime.fromisoformat(iso)
        utc = found.astimezone(UTC) if found.tzinfo else None
    except (ValueError, OverflowError):
        return iso
    return f"{utc.day} {MONTHS[utc.month - 1]} {utc.year}, {utc:%H:%M} UTC" if utc else iso


def counted(count: int, noun: str) -> str:
    """A number of things: `1 layer`, `1,200 layers`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def listed(names: Sequence[str]) -> str:
    """Names as a sentence has them: `a`, `a and b`, `a, b and c`."""
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def a_few(names: Iterable[object], count: int = 3) -> str:
    """The first names of many, and the number of the others: `conv1, conv2, conv3 and 4 more`."""
    every = [str(name) for name in names]
    more = f" and {len(every) - count} more" if len(every) > count else ""
    return ", ".join(every[:count]) + more


def figure(value: float, unit: str, name: str = "") -> str:
    """A figure by the unit that the catalogue gives it: `x`, `ms`, `us`, `/s`, `bytes`, a metric's own. Bytes of a
    figure whose name begins with `memory` are binary."""
    if unit == "bytes" and name.startswith("memory"):
        return memory(round(value))
    said = BY_UNIT.get(unit)
    return said(value) if said else quality(value, unit)


BY_UNIT: Mapping[str, Callable[[float], str]] = {
    "x": factor,
    "ms": milliseconds,
    "us": lambda value: f"{number(value)} µs",
    "/s": rate,
    "bytes": lambda value: size(round(value)),
}
