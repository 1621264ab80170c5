"""Sample sizes that would settle an open budget."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ovopt.figures import Rests
from ovopt.intervals import Spread
from ovopt.records import Measured, Settings
from ovopt.stats import LEVEL

POWER = 0.8
"""How often the additional measurement settles it, if the true figure is the estimated one."""


def settling_samples(estimate: float, reach: float, limit: float, n: int) -> int | None:
    """Samples in all that bring the bound, now `reach` from the estimate, clear of `limit`; None if none do."""
    distance = abs(estimate - limit)
    return math.ceil(n * (reach * _room() / distance) ** 2) if distance else None


def settling_replicas(estimate: float, bound: float, limit: float, replicas: int, most: int) -> int | None:
    """Replicas in all that bring `bound` clear of `limit`, positive figures on the log scale; None where `most` of
    them do not."""
    distance, reach = abs(math.log(estimate / limit)), abs(math.log(estimate / bound))
    wanted = reach * _room() / _half_width(replicas)
    return next((k for k in range(replicas + 1, most + 1) if wanted * _half_width(k) <= distance), None)


def precision_at(relative_half_width: float, replicas: int, wanted: int) -> float:
    """The relative half-width that `wanted` replicas bring, from that of `replicas`."""
    return relative_half_width * _half_width(wanted) / _half_width(replicas)


def _half_width(replicas: int) -> float:
    """Half-width of a mean's interval, in standard deviations of one replica."""
    from scipy.special import stdtrit

    return float(stdtrit(replicas - 1, (1 + LEVEL) / 2)) / math.sqrt(replicas)


def _room() -> float:
    from scipy.special import ndtri

    return 1 + float(ndtri(POWER) / ndtri((1 + LEVEL) / 2))


MOST = {"replicas": 60, "starts": 12}
"""What one run measures at the most, as `ovopt.bench` has it."""
MOST_TIMES = 100
"""Beyond as many times the samples, more of them would hardly settle anything."""
LEAST_PRECISION = 0.001
Path = tuple[str, ...]
"""The keys of a budget from the outermost to the limit."""


@dataclass(frozen=True)
class Looked:
    """A figure that a budget is about, and what its interval rests on: `n` of them."""

    spread: Spread
    rests_on: Rests
    unit: str
    n: int


def of(path: Path, limit: float, looked: Looked, settings: Settings | None) -> tuple[int | None, str]:
    """Samples, replicas or starts that are missing to settle an open budget (None if none do or nobody knows), and
    advice."""
    if looked.rests_on == "samples":
        return _more_samples(path, limit, looked)
    measured = settings.measured.get(path[0]) if settings else None
    if settings is None or measured is None or not looked.n:
        return None, "a longer --time-budget narrows it"
    most = MOST[looked.rests_on]
    wanted = _wanted(looked.spread, limit, most)
    if wanted is None:
        return None, _hopeless(path, looked, most)
    more = wanted - looked.n
    rounds = math.ceil(more * measured.rounds / max(1, measured.replicas))
    said = f"{more:,} more {looked.rests_on}" + (f" ({rounds:,} rounds)" if looked.rests_on == "replicas" else "")
    options = _options(looked, wanted, settings, measured)
    return more, f"about {said} of {path[0].replace('_', ' ')} would settle it: {options}"


def _hopeless(path: Path, looked: Looked, most: int) -> str:
    if None in (looked.spread.low, looked.spread.high):
        return f"even the {most} {looked.rests_on} of the longest run would be too few for an interval of this figure"
    return (
        f"it lies so near the budget that the {most} {looked.rests_on} of the longest run would not settle it; measure "
        "on a quieter machine, or move the budget"
    )


def _more_samples(path: Path, limit: float, looked: Looked) -> tuple[int | None, str]:
    found = looked.spread
    bound = found.low if limit < found.estimate else found.high
    reach = abs(bound - found.estimate) if bound is not None else 0.0
    wanted = settling_samples(found.estimate, reach, limit, looked.n)
    if wanted is None or wanted > (MOST_TIMES + 1) * looked.n:
        what = "gain" if path[-1] == "max_gain" else "drop"
        return None, f"the {what} lies so near the budget that more samples would hardly settle it"
    more = max(1, wanted - looked.n)
    return more, f"about {more:,} more samples would settle it"


def _wanted(found: Spread, limit: float, most: int) -> int | None:
    bound = found.low if limit < found.estimate else found.high
    if bound is not None:
        return settling_replicas(found.estimate, bound, limit, found.replicas, most)
    enough = max(found.replicas + 1, found.enough)
    return enough if enough <= most else None


def _options(looked: Looked, wanted: int, settings: Settings, measured: Measured) -> str:
    """Options for `ovopt compare`. A run that ended because its intervals were narrow enough must be asked for
    narrower ones."""
    times = wanted / looked.n
    if measured.stopped != "precision reached":
        return f"--time-budget {_rounded_up(settings.time_budget_s * times)}"
    narrower = precision_at(settings.precision, looked.n, wanted)
    options = [f"--precision {max(LEAST_PRECISION, math.floor(narrower * 1e4) / 1e4):g}"]
    seconds = measured.seconds * times * max(1, len(settings.measured))
    if seconds > settings.time_budget_s:
        options.append(f"--time-budget {_rounded_up(seconds)}")
    return " ".join(options)


def _rounded_up(seconds: float) -> int:
    """To two digits."""
    step = int(10 ** max(0, math.floor(math.log10(seconds)) - 1))
    return math.ceil(seconds / step) * step
