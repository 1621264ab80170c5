"""The loss by the device's own precision of an original that means f32, and its fixes: f32, or a graph that keeps its
figures in fewer bits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ovopt.bench.quick_speedup import quick_speedup
from ovopt.comparison import quality_delta
from ovopt.contracts import Materials, Metric, Tensors
from ovopt.errors import OvoptError
from ovopt.model.inspect.ignored_scope import settings_lines
from ovopt.model.native import EXACT
from ovopt.records import Quality, QualityDelta
from ovopt.records.diagnosis import Fix, FixCheck, LayerDiagnosis, Problem
from ovopt.reports.problem_words import imprecise
from ovopt.steps.simplify import Simplify
from ovopt.workflow.beginning.progress import Silent
from ovopt.workflow.comparing.scoring import kind_of
from ovopt.workflow.diagnosing.problems import LEAST_SHARE

if TYPE_CHECKING:
    import openvino

SIMPLIFY_LINES = "optimize:\n- simplify: {}\n"
WORST = 3
"""Layers that a problem of precision names."""


@dataclass(frozen=True)
class PrecisionCase:
    """The original at f32 and at the precision that runs."""

    model: openvino.Model
    device: str
    name: str
    """Of the precision that runs."""
    wall_ms: float
    exact_wall_ms: float
    metric: Metric | None
    exact: Quality | None
    running: Quality | None
    score: Callable[[openvino.Model], Quality]
    """A model's quality at the precision that runs."""
    samples: Sequence[Tensors]
    seed: int

    def delta(self, quality: Quality | None) -> QualityDelta | None:
        """Against the original at f32. Agreement with the original has no meaning of its own here."""
        if self.metric is None or self.metric.kind == "agreement" or self.exact is None or quality is None:
            return None
        return quality_delta(self.exact.rows, quality.rows, kind_of(self.metric), self.seed)


def precision_problems(case: PrecisionCase, layers: Sequence[LayerDiagnosis]) -> list[Problem]:
    """The problems, each with its fix; none where the metric stands the precision."""
    lost = case.delta(case.running)
    if lost is None or case.exact is None or lost.drop[0] <= LEAST_SHARE * abs(case.exact.value):
        return []
    worst = tuple(worst_layers(layers))
    fixes = [fix for fix in (_in_f32(case), _simplified(case, lost)) if fix]
    return [
        Problem(kind="precision", layers=worst, said=imprecise(case.name, lost, worst, fix), fix=fix) for fix in fixes
    ]


def worst_layers(layers: Sequence[LayerDiagnosis]) -> list[str]:
    """Names of the layers with the largest errors of their own, at most three."""
    own = {layer.name: layer.error.own for layer in layers if layer.error and layer.error.own}
    return sorted(own, key=lambda name: -own[name])[:WORST]


def _in_f32(case: PrecisionCase) -> Fix:
    check = FixCheck(
        how="run so",
        quality=case.delta(case.exact),
        speedup=case.wall_ms / case.exact_wall_ms,
        cost_ms=case.exact_wall_ms - case.wall_ms,
    )
    return Fix(layers=(), recipe=settings_lines(EXACT), checks=(check,), pays=True)


def _simplified(case: PrecisionCase, lost: QualityDelta) -> Fix | None:
    try:
        model = Simplify().apply(case.model, Materials(case.samples, case.seed, Silent())).model
        quality = case.delta(case.score(model))
    except OvoptError:
        return None
    speedup = quick_speedup(case.model, model, case.samples[0], case.device)
    cost = case.wall_ms * (1 / speedup - 1) if speedup else None
    check = FixCheck(how="made again", quality=quality, speedup=speedup, cost_ms=cost)
    pays = quality is not None and quality.drop[0] < lost.drop[0]
    return Fix(layers=(), recipe=SIMPLIFY_LINES, checks=(check,), pays=pays)
