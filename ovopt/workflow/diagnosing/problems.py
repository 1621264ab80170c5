"""Problems of an optimized model: the layers that cost accuracy or time, and the fix for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ovopt.records import QualityDelta
from ovopt.records.diagnosis import Fix, FixCheck, LayerDiagnosis, Problem
from ovopt.reports import problem_words as words
from ovopt.reports.problem_words import drop_of
from ovopt.turns import LEAST_SPEEDUP
from ovopt.workflow.diagnosing.fixes import FixSearch

LEAST_SHARE = 0.01
"""A drop of so much of the metric's value is worth a look where no budget says otherwise."""
SLOWER, SLOWER_US = 1.1, 10.0
"""A layer is slower than in the original from this factor and so many microseconds on."""
LEAST_TIME = 0.05
"""Lost time is worth a look from this share of an inference on."""
NAMED = 3
"""Layers of a problem that nothing mends, as many as its sentence names."""


@dataclass(frozen=True)
class Case:
    """The evidence that fixes are looked for by."""

    layers: Sequence[LayerDiagnosis]
    quality: QualityDelta | None
    max_drop: float | None
    """The recipe's budget for the metric."""
    original_ms: float
    wall_ms: float
    """Of one inference of the optimized model."""
    search: FixSearch
    revertible: frozenset[str]
    readers: Mapping[str, frozenset[str]]
    """Of each layer with quantizers behind it: what reads them."""

    @property
    def allowed(self) -> float:
        """The drop that needs no fix."""
        if self.quality is None:
            return 0.0
        return LEAST_SHARE * abs(self.quality.baseline) if self.max_drop is None else self.max_drop


def find_problems(case: Case) -> list[Problem]:
    """All problems of a case, those of accuracy first."""
    lost = accuracy_problem(case)
    return [problem for problem in (lost, lost and rest_problem(case, lost), speed_problem(case)) if problem]


def accuracy_problem(case: Case) -> Problem | None:
    """The fewest layers that cost most of a drop that is more than allowed; None where it is not."""
    quality = case.quality
    if quality is None or quality.drop[0] <= case.allowed:
        return None
    ranked = ranked_by_blame(case.layers)
    candidates = [name for name in ranked if name in case.revertible]
    if not candidates:
        return Problem(kind="accuracy", layers=tuple(ranked[:NAMED]), said=words.irreversible(quality, ranked))
    culprits = case.search.culprits(candidates, quality.drop[0], None)
    if not culprits:
        return Problem(kind="accuracy", layers=tuple(ranked[:NAMED]), said=words.not_given_back(quality))
    fix = case.search.fix(culprits, lambda check: drop_of(check) < quality.drop[0])
    return Problem(kind="accuracy", layers=culprits, said=words.blamed(quality, fix), fix=fix)


def rest_problem(case: Case, lost: Problem) -> Problem | None:
    """The layers that bring the drop within what is allowed, where those of `lost` do not."""
    if case.quality is None or lost.fix is None or drop_of(lost.fix.checks[-1]) <= case.allowed:
        return None
    candidates = [name for name in ranked_by_blame(case.layers) if name in case.revertible]
    chosen = case.search.culprits(candidates, case.quality.drop[0], case.allowed)
    if not chosen or set(chosen) == set(lost.fix.layers):
        return None
    faster = case.original_ms / case.wall_ms
    fix = case.search.fix(
        chosen, lambda check: drop_of(check) <= case.allowed and (check.speedup or 0.0) * faster >= LEAST_SPEEDUP
    )
    said = words.beyond_budget(case.quality, case.allowed, fix, faster)
    return Problem(kind="accuracy", layers=chosen, said=said, fix=fix)


def speed_problem(case: Case) -> Problem | None:
    """Layers that take longer than in the original, and whether reverting those that are quantized pays."""
    slower = slower_layers(case.layers)
    lost_us = sum(_lost_us(layer) for layer in slower)
    if lost_us < LEAST_TIME * case.wall_ms * 1e3:
        return None
    names = tuple(layer.name for layer in slower)
    floating = sum(1 for layer in slower if layer.optimized and layer.optimized.precision != "int8")
    fixable = [found for name in names if (found := quantized_around(case, name))]
    if not fixable:
        return Problem(kind="speed", layers=names, said=words.slower(names, lost_us, floating, None))
    fix = case.search.fix(case.search.fastest(fixable), lambda check: (check.speedup or 0.0) >= LEAST_SPEEDUP)
    return Problem(kind="speed", layers=names, said=words.slower(names, lost_us, floating, fix), fix=fix)


def both(problems: Sequence[Problem], case: Case) -> Fix | None:
    """All fixes that pay at once, where there are several. They pay together where that is faster than without the last
    of them, and costs less accuracy than none of them."""
    fixes = [problem.fix for problem in problems if problem.fix and problem.fix.pays]
    if len(fixes) < 2:
        return None
    wanted = {name for fix in fixes for name in fix.layers}
    before = case.quality.drop[0] if case.quality else 0.0
    ordered = [layer.name for layer in case.layers if layer.name in wanted]
    alone = fixes[-2].checks[-1].speedup or 0.0

    def pays(check: FixCheck) -> bool:
        return drop_of(check) < before and (check.speedup or 0.0) > alone

    return case.search.fix(ordered, pays)


def ranked_by_blame(layers: Sequence[LayerDiagnosis]) -> list[str]:
    """Names of the layers that cause an error at the outputs when they alone are optimized, the worst first; where that
    is not known, by their own error."""
    known = any(layer.blame for layer in layers)

    def guilt(layer: LayerDiagnosis) -> float:
        if known:
            return layer.blame.alone if layer.blame else 0.0
        return (layer.error.own or 0.0) if layer.error else 0.0

    guilty = [layer for layer in layers if guilt(layer) > 0]
    return [layer.name for layer in sorted(guilty, key=guilt, reverse=True)]


def slower_layers(layers: Sequence[LayerDiagnosis]) -> list[LayerDiagnosis]:
    """Layers that lose time against the original, the worst first."""
    found = [
        layer
        for layer in layers
        if layer.original
        and layer.optimized
        and _lost_us(layer) > SLOWER_US
        and layer.optimized.us > SLOWER * layer.original.us
    ]
    return sorted(found, key=_lost_us, reverse=True)


def quantized_around(case: Case, head: str) -> list[str]:
    """The layers whose quantizers are executed with a layer: its own, and those that read it quantized."""
    members = {layer.name for layer in case.layers if (layer.timed_with or layer.name) == head}
    around = {reader for name in members for reader in case.readers.get(name, ())} | members
    return [layer.name for layer in case.layers if layer.quantized and layer.name in around & case.revertible]


def _lost_us(layer: LayerDiagnosis) -> float:
    return layer.optimized.us - layer.original.us if layer.original and layer.optimized else 0.0
