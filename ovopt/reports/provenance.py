"""Provenance of the figures, and the command that measures them again. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping

import yaml

from ovopt import units
from ovopt.figures import words
from ovopt.records import Arm, Comparison, ServedLoad

RECIPE_FILE = "recipe.yaml"
Facts = dict[str, str]


def machine_facts(comparison: Comparison) -> Facts:
    """Facts of the machine that was measured on."""
    machine = comparison.machine
    return {
        "processor": machine.processor + (", in a virtual machine" if machine.virtual else ""),
        "cores": str(machine.cores),
        "instruction sets": ", ".join(machine.isa) or units.MISSING,
        "memory": units.memory(machine.memory_bytes),
        "system": machine.system,
        **{f"{name} version": version for name, version in machine.versions.items()},
        "ovopt version": comparison.ovopt,
    }


def run_facts(comparison: Comparison) -> Facts:
    """Settings that were asked for, and the data."""
    settings, data = comparison.settings, comparison.data
    asked = {
        "measured": comparison.created,
        "scenarios": ", ".join(map(words, settings.scenarios)) or "none",
        "device": settings.device,
        "performance hint": settings.hint or "the one that fits the scenario",
        "properties": ", ".join(f"{key}={value}" for key, value in settings.properties.items()) or "none",
        "seed": str(settings.seed),
        "time budget": units.seconds(settings.time_budget_s),
        "wanted precision": f"±{units.share(settings.precision)}",
    }
    if data is None:
        return asked
    return asked | {
        "data": data.source,
        "data fingerprint": data.fingerprint,
        "samples": ", ".join(f"{name} {size}" for name, size in data.sizes.items()) or units.MISSING,
        "left out": f"{len(data.left_out):,}",
    }


def measured_rows(comparison: Comparison) -> Iterator[tuple[str, ...]]:
    """A row for each scenario: name, replicas, rounds, duration, why it stopped."""
    for name, found in comparison.settings.measured.items():
        yield words(name), str(found.replicas), str(found.rounds), units.seconds(found.seconds), found.stopped


def effective_rows(comparison: Comparison) -> Iterator[tuple[str, ...]]:
    """Settings read back from every arm: arm, scenario, device, precision, streams, threads, requests, hint."""
    for arm in comparison.arms:
        for scenario, found in arm.effective.items():
            counts = map(str, (found.streams, found.threads, found.requests))
            yield arm.name, words(scenario), found.device, found.inference_precision, *counts, found.hint


def model_rows(comparison: Comparison) -> Iterator[tuple[str, ...]]:
    """Every arm's file: arm, role, engine, path, size, hash, properties of its own."""
    for arm in comparison.arms:
        own = ", ".join(f"{key}={value}" for key, value in arm.properties.items()) or "none"
        size = units.size(arm.model.size_bytes)
        yield arm.name, arm.role, arm.engine, arm.model.path, size, arm.model.sha256, own


def recipe_text(comparison: Comparison) -> str:
    """The resolved recipe as a file of its own."""
    text: str = yaml.safe_dump(comparison.recipe, sort_keys=False, allow_unicode=True, width=100)
    return text


def command(comparison: Comparison) -> str:
    """The command that measures this again, with the resolved recipe saved as `recipe.yaml`."""
    settings = comparison.settings
    baseline, *others = comparison.arms
    verb, arms = _verb(comparison), [arm for arm in others if arm.role == "candidate"]
    varied = _varied(comparison, arms)
    models = [arm.model.path for arm in arms if varied is None or arm.model.path != baseline.model.path]
    said = ["ovopt", verb, baseline.model.path, *models, "--recipe", RECIPE_FILE, "--seed", str(settings.seed)]
    if verb != "evaluate":
        for scenario in settings.scenarios:
            said += ["--scenario", scenario]
        said += ["--time-budget", f"{settings.time_budget_s:g}", "--precision", f"{settings.precision:g}"]
        for key, values in (varied or {}).items():
            said += ["--vary", f"{key}={','.join(values)}"]
        said += _demand(baseline.served_load) if baseline.served_load else []
    for arm in others if verb == "compare" else ():
        if arm.role == "reference" and arm.engine != "openvino":
            said += ["--reference", f"{arm.engine}={arm.model.path}"]
    return shlex.join(said)


def _demand(served: ServedLoad) -> list[str]:
    limit, said = served.within, list[str]()
    if limit is None or not limit.searched:
        said += [word for point in served.points for word in ("--rate", f"{point.rate_per_s:g}")]
    if limit:
        said += ["--latency-limit", f"{limit.limit_ms:g}", "--percentile", f"{limit.percentile:g}"]
    return said


def _verb(comparison: Comparison) -> str:
    if comparison.pairs or any(arm.role == "control" for arm in comparison.arms):
        return "compare"
    return "benchmark" if comparison.settings.scenarios else "evaluate"


def _varied(comparison: Comparison, candidates: list[Arm]) -> Mapping[str, list[str]] | None:
    """Property -> values, where arms of one file differ by a property; None where none do."""
    baseline = comparison.arms[0]
    own = {key: [value] for key, value in _own(comparison, baseline).items()}
    for arm in candidates:
        if arm.model.path == baseline.model.path:
            for key, value in _own(comparison, arm).items():
                if key in own and value not in own[key]:
                    own[key].append(value)
    return {key: values for key, values in own.items() if len(values) > 1} or None


def _own(comparison: Comparison, arm: Arm) -> Mapping[str, str]:
    shared = comparison.settings.properties
    return {key: value for key, value in arm.properties.items() if shared.get(key) != value}
