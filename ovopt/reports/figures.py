"""The rows of the table: what is shown of one arm, figure by figure. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ovopt import units
from ovopt.records import Arm, LoadLimit, Pair
from ovopt.reports.cells import Cell, with_speed

SHOWN_SHARE = 0.05
COSTLIEST = 2


def _latency(arm: Arm, pair: Pair | None) -> Cell | None:
    speed = pair.latency if pair else None
    return with_speed(units.milliseconds(arm.latency.p50_ms), speed) if arm.latency else None


def _latency_p99(arm: Arm, pair: Pair | None) -> Cell | None:
    known = arm.latency is not None and arm.latency.p99_ms is not None
    return Cell(units.milliseconds(arm.latency.p99_ms)) if known and arm.latency else None


def _throughput(arm: Arm, pair: Pair | None) -> Cell | None:
    speed = pair.throughput if pair else None
    return with_speed(units.rate(arm.throughput.samples_per_s), speed) if arm.throughput else None


def _processor(arm: Arm, pair: Pair | None) -> Cell | None:
    speed = pair.processor_time if pair else None
    return with_speed(units.milliseconds(arm.processor_time.per_inference_ms), speed) if arm.processor_time else None


def _end_to_end(arm: Arm, pair: Pair | None) -> Cell | None:
    speed = pair.end_to_end.sequential if pair and pair.end_to_end else None
    return with_speed(units.milliseconds(arm.end_to_end.total_ms), speed) if arm.end_to_end else None


def _stages(arm: Arm, pair: Pair | None) -> Cell | None:
    if arm.end_to_end is None:
        return None
    e = arm.end_to_end
    host = f"decode {units.number(e.decode_ms)}, preprocess {units.number(e.preprocess_ms)},"
    rest = f"inference {units.number(e.inference_ms)}, postprocess {units.number(e.postprocess_ms)}"
    return Cell(f"{host}\n{rest}")


def _pipelined(arm: Arm, pair: Pair | None) -> Cell | None:
    speed = pair.end_to_end.pipelined if pair and pair.end_to_end else None
    return with_speed(units.rate(arm.end_to_end.pipelined_samples_per_s), speed) if arm.end_to_end else None


def _first_cold(arm: Arm, pair: Pair | None) -> Cell | None:
    speed = pair.first_inference.cold if pair and pair.first_inference else None
    return with_speed(units.milliseconds(arm.first_inference.cold.total_ms), speed) if arm.first_inference else None


def _first_cached(arm: Arm, pair: Pair | None) -> Cell | None:
    if arm.first_inference is None:
        return None
    cached = arm.first_inference.cached
    if cached.from_cache < cached.n:
        return Cell("", "not loaded from the cache", "doubt")
    speed = pair.first_inference.cached if pair and pair.first_inference else None
    return with_speed(units.milliseconds(cached.total_ms), speed)


def _memory(arm: Arm, pair: Pair | None) -> Cell | None:
    if arm.memory is None:
        return None
    return Cell("\n".join(f"{hint} {units.memory(found.peak_bytes)}" for hint, found in arm.memory.by_hint.items()))


def _efficiency(arm: Arm, pair: Pair | None) -> Cell | None:
    """Energy where a counter was read; a remark says why there is none."""
    if arm.efficiency is None:
        return None
    parts = [f"{units.rate(arm.efficiency.samples_per_s_per_core)} per core"]
    if arm.efficiency.samples_per_s_per_gib is not None:
        parts.append(f"{units.rate(arm.efficiency.samples_per_s_per_gib)} per GiB")
    if arm.efficiency.joules_per_sample is not None:
        parts.append(f"{units.number(arm.efficiency.joules_per_sample)} J per sample")
    return Cell("\n".join(parts))


def _served(arm: Arm, pair: Pair | None) -> Cell | None:
    if arm.served_load is None:
        return None
    points = (
        f"{units.rate(p.rate_per_s)}: p50 {units.milliseconds(p.p50_ms)}, p90 {units.milliseconds(p.p90_ms)}, "
        f"p99 {units.milliseconds(p.p99_ms)}"
        for p in arm.served_load.points
    )
    return Cell("\n".join([*_within(arm.served_load.within), *points]))


def _within(limit: LoadLimit | None) -> Iterator[str]:
    if limit is not None:
        kept = f"p{limit.percentile:g} within {units.milliseconds(limit.limit_ms)}"
        highest = limit.highest_rate_per_s
        yield f"{kept} up to {units.rate(highest)}" if highest else f"{kept} at no rate tried"


def _executed(arm: Arm, pair: Pair | None) -> Cell | None:
    """Shares of the time of all operations, from 5 % on."""
    if arm.execution is None:
        return None
    whole = sum(arm.execution.time_by_precision.values())
    shares = {name: spent / whole for name, spent in arm.execution.time_by_precision.items() if whole}
    said = ", ".join(f"{name} {100 * part:.0f} %" for name, part in shares.items() if part >= SHOWN_SHARE)
    return Cell(said) if said else None


def _costliest(arm: Arm, pair: Pair | None) -> Cell | None:
    """The primitives that take the most time, and the operations that only rearrange data."""
    execution = arm.execution
    if execution is None or not execution.ops_us:
        return None
    first = list(execution.time_by_primitive.items())[:COSTLIEST]
    lines = [f"{name} {100 * spent / execution.ops_us:.0f} %" for name, spent in first]
    return Cell("\n".join([*lines, f"{execution.reorders} reorders, {execution.conversions} conversions"]))


def _outside(arm: Arm, pair: Pair | None) -> Cell | None:
    """Share of an inference that no operation accounts for."""
    execution = arm.execution
    if execution is None or not execution.wall_us:
        return None
    return Cell(units.share(max(0.0, 1 - execution.ops_us / execution.wall_us)))


def _size(arm: Arm, pair: Pair | None) -> Cell | None:
    return Cell(units.size(arm.model.size_bytes), units.factor(pair.size.ratio) if pair else "")


@dataclass(frozen=True)
class Figure:
    """A row of the table; `cell` gives None where an arm was not measured."""

    label: str
    meaning: str
    cell: Callable[[Arm, Pair | None], Cell | None]
    part: bool = False


FIGURES = (
    Figure("latency p50", "time of one answer; half of them take less", _latency),
    Figure("latency p99", "99 of 100 answers take less", _latency_p99),
    Figure("throughput", "samples per second with all cores at work", _throughput),
    Figure("processor, 1 thread", "processor time of one inference, the steadier cross-check", _processor),
    Figure("end to end", "from the file's bytes to the answer", _end_to_end),
    Figure("by stage, ms", "the median of each stage", _stages, part=True),
    Figure("pipelined", "with preparation and inference overlapping", _pipelined, part=True),
    Figure("first, cold", "read, compile and first answer in a new process", _first_cold),
    Figure("first, cached", "the same with a filled model cache", _first_cached),
    Figure("served load", "wait at a rate of requests: median, p90, p99", _served),
    Figure("memory, peak", "of a new process, by performance hint", _memory),
    Figure("efficiency", "what a core and a GiB give, what a sample costs", _efficiency),
    Figure("executed in", "share of the operations' time, by precision", _executed),
    Figure("costliest", "the kernels that take the most time", _costliest, part=True),
    Figure("outside ops", "share of an inference that no operation accounts for", _outside),
    Figure("size", "on disk", _size),
)
