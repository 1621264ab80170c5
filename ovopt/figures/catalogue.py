"""Catalogue of figures: all that is measured of an arm or of a pair, a row for each. Pure.

Reports, spreadsheets, budgets, the history, trackers and `--against` go through these rows, so that a figure has one
name, one unit and one direction everywhere. A new figure is a row here and shows itself in all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, Literal

from ovopt.figures.figure import Figure, Raw, nothing, reach, words
from ovopt.records import Arm, LoadLimit, ScenarioFigure


def _row(key: str, unit: str, place: str, **more: Any) -> Figure:
    """A figure that stands at a place of the arm's record, beside the number `n` of its values."""
    return Figure(key, unit, reach(place), n=reach(f"{place.rpartition('.')[0]}.n"), **more)


def _staged(key: str, stages: tuple[str, ...], **more: Any) -> Iterator[Figure]:
    """A time, and behind it the stages that it consists of."""
    place = f"{key}.total_ms"
    yield _row(key, "ms", place, title=f"{words(key)} total", followed=True, stages=stages, **more)
    yield from (_row(f"{key}.{stage}", "ms", f"{key}.{stage}_ms") for stage in stages)


def _percentile(percent: int, **more: Any) -> Figure:
    return _row(
        f"latency.p{percent}",
        "ms",
        f"latency.p{percent}_ms",
        raw=_by_turn("latency.raw_ns", _ms),
        quantile=percent / 100,
        rests_on="replicas",
        **more,
    )


def _by_turn(place: str, values: Callable[[Any], Iterable[float]]) -> Raw:
    """Values of every turn, by replica."""
    return lambda arm: (chain.from_iterable(map(values, rounds)) for rounds in _of(arm, place))


def _ms(nanoseconds: Iterable[int]) -> Iterator[float]:
    return (ns / 1e6 for ns in nanoseconds)


def _of(arm: Arm, place: str) -> Any:
    """Values at a place of the arm's record; none where it was not measured."""
    return reach(place)(arm) or ()


def _start(kind: Literal["cold", "cached"], label: str, meaning: str) -> Iterator[Figure]:
    place = f"first_inference.{kind}"

    def uncached(arm: Arm) -> str | None:
        times = reach(place)(arm)
        return "not loaded from the cache" if kind == "cached" and times.from_cache < times.n else None

    yield from _staged(
        place,
        ("read", "compile", "infer"),
        picture="What a user waits for in a new process: without, and with a filled model cache.",
        label=label,
        meaning=meaning,
        raw=lambda arm: ([sum(stages) / 1e6] for stages in _of(arm, f"{place}.raw_ns")),
        rests_on="starts",
        speedup=reach(place),
        doubt=uncached,
    )


Family = Callable[[Sequence[Arm]], Iterator[Figure]]
"""Rows that depend on what was measured: by hint, by rate, by precision."""


def _served_load(arms: Sequence[Arm]) -> Iterator[Figure]:
    loads = [arm.served_load for arm in arms if arm.served_load]
    for rate in dict.fromkeys(point.rate_per_s for load in loads for point in load.points):
        yield from (_wait(rate, name) for name in ("p50", "p90", "p99", "max"))
    for promise in dict.fromkeys(_promise(load.within) for load in loads if load.within):
        yield _highest_rate(promise)


def _wait(rate: float, name: str) -> Figure:
    def point(arm: Arm) -> Any:
        return next((one for one in _of(arm, "served_load.points") if one.rate_per_s == rate), None)

    return Figure(
        f"served_load.{rate:g}.{name}",
        "ms",
        lambda arm: getattr(point(arm), f"{name}_ms", None),
        title=f"wait at {rate:g}/s {name}",
        n=lambda arm: getattr(point(arm), "n", None),
        against=f"served_load.{rate:g}",
        ratio=_entry("served_load.by_rate", f"{rate:.6g}") if name == "p50" else nothing,
    )


def _promise(limit: LoadLimit) -> str:
    return f"p{limit.percentile:g} within {limit.limit_ms:g} ms"


def _highest_rate(promise: str) -> Figure:
    def highest(arm: Arm) -> float | None:
        limit = arm.served_load.within if arm.served_load else None
        return limit.highest_rate_per_s if limit and _promise(limit) == promise else None

    return Figure(
        "served_load.highest_rate",
        "/s",
        highest,
        better="higher",
        title=f"highest rate with {promise}",
        followed=True,
        against="highest_rate",
        ratio=reach("served_load.highest_rate"),
    )


def _memory(arms: Sequence[Arm]) -> Iterator[Figure]:
    for hint in dict.fromkeys(hint for arm in arms for hint in _of(arm, "memory.by_hint")):
        footprint = _entry("memory.by_hint", hint)
        for name in ("before", "compiled", "peak"):
            yield Figure(
                f"memory.{hint}.{name}",
                "bytes",
                _then(footprint, reach(f"{name}_bytes")),
                title=f"memory {hint} {name}",
                against=f"memory.{hint}",
                ratio=footprint if name == "peak" else nothing,
            )


def _executed(arms: Sequence[Arm]) -> Iterator[Figure]:
    for place, name, unit in (("ops_by_precision", "operations", ""), ("time_by_precision", "time", "us")):
        for precision in dict.fromkeys(key for arm in arms for key in _of(arm, f"execution.{place}")):
            of = _entry(f"execution.{place}", precision)
            yield Figure(f"execution.{name}.{precision}", unit, of, title=f"{name} in {precision}")


def _from_outside(arms: Sequence[Arm]) -> Iterator[Figure]:
    """Figures of scenarios from other packages say themselves how they are to be shown."""
    known = {
        (scenario, name): figure
        for arm in arms
        for scenario, found in arm.scenarios.items()
        for name, figure in found.figures.items()
    }
    yield from (_outside_figure(scenario, name, figure) for (scenario, name), figure in known.items())


def _outside_figure(scenario: str, name: str, said: ScenarioFigure) -> Figure:
    of = _then(_entry("scenarios", scenario), _entry("figures", name))
    return Figure(
        f"{scenario}.{name}",
        said.unit,
        _then(of, reach("value")),
        better=said.better,
        label=said.label,
        meaning=said.meaning,
        n=_then(of, reach("n")),
        followed=True,
        bounds=lambda arm: (of(arm).low, of(arm).high),
        speedup=_then(_entry("scenarios", scenario), _entry("speedups", name)),
    )


def _entry(place: str, key: str) -> Callable[[Any], Any]:
    """Getter of what a mapping at a place of a record has under a key."""
    return lambda record: (reach(place)(record) or {}).get(key)


def _then(first: Callable[[Any], Any], second: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda record: second(first(record))


def _outside(arm: Arm) -> float | None:
    executed = arm.execution
    return max(0.0, 1 - executed.ops_us / executed.wall_us) if executed and executed.wall_us else None


def _most(place: str, name: str = "") -> Callable[[Any], Any]:
    """The largest of what is told by hint."""
    inner = reach(name) if name else lambda found: found
    return lambda record: max(map(inner, (reach(place)(record) or {}).values()), default=None)


FIGURES: tuple[Figure | Family, ...] = (
    _percentile(50, label="latency p50", meaning="time of one answer; half of them take less", followed=True,
                against="latency", speedup=reach("latency"), decides=True, praise="answers {} times as fast as"),
    _percentile(90),
    _percentile(95),
    _percentile(99, label="latency p99", meaning="99 of 100 answers take less", followed=True),
    *(_row(f"latency.{name}", "ms", f"latency.{name}_ms") for name in ("mean", "min", "max")),
    _row("throughput", "/s", "throughput.samples_per_s", better="higher", label="throughput",
         meaning="samples per second with all cores at work", followed=True,
         raw=_by_turn("throughput.raw", lambda turn: [turn.samples_per_s]), rests_on="replicas",
         speedup=reach("throughput"), decides=True, praise="handles {} times as many samples per second as"),
    _row("processor_time", "ms", "processor_time.per_inference_ms", label="processor, 1 thread",
         meaning="processor time of one inference, the steadier cross-check", followed=True,
         raw=_by_turn("processor_time.raw", lambda turn: [1e3 * turn.seconds_per_sample]),
         rests_on="replicas", speedup=reach("processor_time")),
    *_staged("end_to_end", ("decode", "preprocess", "inference", "postprocess"), label="end to end",
             meaning="from the file's bytes to the answer", by_stage=True,
             picture="Time of one sample by stage, from the file's bytes to the answer.",
             raw=_by_turn("end_to_end.raw", lambda turn: _ms(turn.totals_ns)), rests_on="replicas",
             speedup=reach("end_to_end.sequential")),
    _row("end_to_end.pipelined", "/s", "end_to_end.pipelined_samples_per_s", better="higher", label="pipelined",
         meaning="with preparation and inference overlapping", part=True, followed=True,
         raw=_by_turn("end_to_end.raw", lambda turn: [turn.pipelined.samples_per_s]),
         rests_on="replicas", speedup=reach("end_to_end.pipelined")),
    *_start("cold", "first, cold", "read, compile and first answer in a new process"),
    *_start("cached", "first, cached", "the same with a filled model cache"),
    _served_load,
    _memory,
    Figure("memory", "bytes", _most("memory.by_hint", "peak_bytes"), followed=True, ratio=_most("memory.by_hint")),
    Figure("efficiency.per_core", "/s", reach("efficiency.samples_per_s_per_core"), "higher"),
    Figure("efficiency.per_gib", "/s", reach("efficiency.samples_per_s_per_gib"), "higher"),
    Figure("efficiency.energy", "J", reach("efficiency.joules_per_sample"), title="energy per sample"),
    _from_outside,
    _executed,
    Figure("execution.outside", "share", _outside, title="time outside operations", label="outside ops",
           meaning="share of an inference that no operation accounts for"),
    Figure("size", "bytes", reach("model.size_bytes"), label="size", meaning="on disk", followed=True,
           ratio=reach("size.ratio")),
)  # fmt: skip


def figures_of(arms: Sequence[Arm]) -> list[Figure]:
    """All rows for these arms, in the order in which reports show them."""
    return [row for one in FIGURES for row in ([one] if isinstance(one, Figure) else one(arms))]


FIXED = tuple(one for one in FIGURES if isinstance(one, Figure))
KEYED = {figure.key: figure for figure in FIXED}
PAIRED = {figure.pair_key: figure for figure in FIXED}
DECIDING = tuple(figure for figure in FIXED if figure.decides)
"""Figures whose speed-up decides what ships: the gate goes by them, verdict and key figures speak of them."""
