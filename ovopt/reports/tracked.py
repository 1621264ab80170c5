"""A comparison as an experiment tracker keeps it: a run for each candidate, of plain names and values. Pure."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Literal, TypeVar

from pydantic import Field

from ovopt.records import Arm, Comparison, Pair, Record
from ovopt.reports.cells import clean
from ovopt.reports.decision import reason
from ovopt.trend import points_of

UNITS: Mapping[str, str] = {"ms": "_ms", "/s": "_samples_per_s", "bytes": "_bytes"}
"""How a metric's name ends. A share lies within 0 and 1, a speed-up is a factor; both stand without a unit."""
LONGEST_NAME = 250
LONGEST_PARAM = 500
"""What every release of MLflow's servers takes; the recipe is whole in the comparison itself."""
LONGEST_TAG = 5000
DIGEST = "ovopt.comparison"
"""The tag by which a comparison is found again."""
_UNFIT = re.compile(r"[^A-Za-z0-9_. -]")


class TrackedRun(Record):
    """One candidate, as parameters, metrics and tags."""

    name: str
    params: dict[str, str]
    metrics: dict[str, float]
    tags: dict[str, str]
    status: Literal["FINISHED", "FAILED"]
    created_ms: int | None = Field(description="since 1970, UTC; None where the file does not say a time")


def tracked_runs(comparison: Comparison) -> list[TrackedRun]:
    """A run for each candidate, lost ones too. Where nothing is compared, the models that were measured."""
    arms = [arm for arm in comparison.arms if arm.role == "candidate"] or list(comparison.arms[:1])
    common = _params_of_all(comparison)
    metrics = _metrics(comparison)
    digest = digest_of(comparison)
    baseline = comparison.arms[0]
    found = []
    for arm in arms:
        values = list(metrics.get(arm.name, ()))
        if arm is not baseline:
            values += [(f"baseline.{name}", value) for name, value in metrics.get(baseline.name, ())]
        found.append(
            TrackedRun(
                name=clean(arm.name).strip() or "candidate",
                params={name: clean(value)[:LONGEST_PARAM] for name, value in _named([*common, *_params_of(arm)])},
                metrics=dict(_named(values)),
                tags={
                    name: clean(value)[:LONGEST_TAG] for name, value in _tags(comparison, arm, digest).items() if value
                },
                status="FAILED" if arm.lost else "FINISHED",
                created_ms=_milliseconds(comparison.created),
            )
        )
    return found


def digest_of(comparison: Comparison) -> str:
    """SHA-256 of all that the file says, however it is spaced. Judged by other budgets it is another one."""
    return hashlib.sha256(comparison.model_dump_json(by_alias=True).encode()).hexdigest()


Value = tuple[str, float]
T = TypeVar("T")


def _metrics(comparison: Comparison) -> dict[str, list[Value]]:
    """Points of the history by arm, and changes of accuracy."""
    found: dict[str, list[Value]] = {}
    for point in points_of(comparison):
        name = point.figure + UNITS.get(point.unit, "")
        found.setdefault(point.arm, []).extend(_bounded(name, point.value, point.low, point.high))
    for pair in comparison.pairs:
        found.setdefault(pair.candidate, []).extend(_changes(pair))
    return found


def _changes(pair: Pair) -> Iterator[Value]:
    for metric, delta in pair.accuracy.items():
        yield from _bounded(f"accuracy.{metric}.delta", delta.delta, delta.low, delta.high)
        if delta.flips:
            yield f"accuracy.{metric}.flips.lost", delta.flips.lost
            yield f"accuracy.{metric}.flips.gained", delta.flips.gained


def _bounded(name: str, value: float, low: float | None, high: float | None) -> Iterator[Value]:
    yield name, value
    if low is not None and high is not None:
        yield f"{name}.low", low
        yield f"{name}.high", high


def _params_of_all(comparison: Comparison) -> list[tuple[str, str]]:
    machine, settings, data = comparison.machine, comparison.settings, comparison.data
    measured = {
        "machine": machine.model_dump(exclude={"versions"}),
        "version": {"ovopt": comparison.ovopt, **machine.versions},
        "settings": settings.model_dump(exclude={"measured"}),
        "recipe": comparison.recipe,
    }
    if data:
        splits = {name: len(ids) for name, ids in data.splits.items()}
        measured["data"] = {"source": data.source, "fingerprint": data.fingerprint, "seed": data.seed, "splits": splits}
    return list(_leaves(measured))


def _params_of(arm: Arm) -> Iterator[tuple[str, str]]:
    effective = {name: found.model_dump(exclude={"properties"}) for name, found in arm.effective.items()}
    yield from _leaves(
        {"engine": arm.engine, "model": arm.model.path, "property": arm.properties, "effective": effective}
    )


def _leaves(node: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every value by its key path: `recipe.optimize.0.quantize.preset`. Lists of plain values stay together; what is
    empty is left out."""
    if isinstance(node, Mapping):
        inner: Iterable[tuple[Any, Any]] = node.items()
    elif isinstance(node, list | tuple) and any(isinstance(one, Mapping | list | tuple) for one in node):
        inner = enumerate(node)
    else:
        if node not in (None, "", [], ()):
            yield path, node if isinstance(node, str) else json.dumps(node, ensure_ascii=False, default=str)
        return
    for key, value in inner:
        yield from _leaves(value, f"{path}.{key}" if path else str(key))


def _tags(comparison: Comparison, arm: Arm, digest: str) -> dict[str, str | None]:
    gate = comparison.gate
    return {
        DIGEST: digest,
        "ovopt.arm": arm.name,
        "ovopt.verdict": gate.candidates.get(arm.name),
        "ovopt.ships": str(gate.ship == arm.name).lower() if gate.verdict else None,
        "ovopt.model_sha256": arm.model.sha256,
        "ovopt.baseline_sha256": comparison.arms[0].model.sha256,
        "ovopt.recipe": str(comparison.recipe.get("family") or ""),
        "ovopt.lost": arm.lost,
        "mlflow.note.content": reason(comparison),
    }


def _named(found: Iterable[tuple[str, T]]) -> Iterator[tuple[str, T]]:
    """Under names that a tracker takes, each of them once."""
    taken: set[str] = set()
    for name, value in found:
        fit = _UNFIT.sub("_", name)
        if len(fit) > LONGEST_NAME or fit in taken:
            fit = f"{fit[: LONGEST_NAME - 9]}_{hashlib.sha256(name.encode(errors='replace')).hexdigest()[:8]}"
        taken.add(fit)
        yield fit, value


def _milliseconds(created: str) -> int | None:
    try:
        return round(datetime.fromisoformat(created).timestamp() * 1000)
    except (ValueError, OverflowError, OSError):
        return None
