"""Score arms on the gate's samples: a row per sample and metric."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ovopt.bench.crew import Crew
from ovopt.bench.protocol import Evaluate, Output
from ovopt.bench.samplefile import OutputFile
from ovopt.comparison import MetricKind, quality_delta, quality_of
from ovopt.contracts import Array, Metric, Progress
from ovopt.errors import DataError, ModelError
from ovopt.prepare import Prepared
from ovopt.records import Port, Quality, QualityDelta


@dataclass(frozen=True)
class Scorer:
    """The recipe's metrics on the gate split."""

    metrics: Sequence[Metric]
    targets: Sequence[Any]
    ids: Sequence[str]
    seed: int
    outputs: OutputFile
    differences: dict[str, float] = field(default_factory=dict)
    """Reference arm -> largest difference of an output from the baseline's, as a share of its largest output."""

    @classmethod
    def of(cls, prepared: Prepared, outputs: Sequence[Port]) -> Scorer:
        """Check that every gate sample has the label that the metrics need, before anything runs."""
        metrics, chosen = prepared.recipe.metrics, prepared.splits["gate"]
        accuracy = [metric for metric in metrics if metric.kind == "accuracy"]
        ids = [prepared.samples.ids[i] for i in chosen]
        chosen_output = [_chosen(outputs, prepared.recipe.model.output)]
        targets: list[Any] = [None] * len(ids)
        if accuracy:
            if prepared.samples.labels is None:
                raise DataError(
                    f"{prepared.samples.source}: has no labels, which {accuracy[0].label} needs; "
                    "for label-free agreement take --set metrics=[cosine,top1_agreement]"
                )
            targets = [prepared.label(i) for i in chosen]
            for metric in accuracy:
                for target, sample_id in zip(targets, ids, strict=True):
                    metric.check(target, chosen_output, sample_id)
        return cls(metrics, targets, ids, prepared.seed, OutputFile())

    @property
    def labels(self) -> list[str]:
        """The names that results carry."""
        return [metric.label for metric in self.metrics]

    def score(self, crew: Crew, arm: str, properties: Mapping[str, str], progress: Progress) -> dict[str, Quality]:
        """Run every sample through an arm. The baseline comes first: agreement looks at its outputs.

        Raises ModelError where an output holds NaN or infinity.
        """
        looked_at = any(metric.kind == "agreement" for metric in self.metrics) or _references(crew)
        if crew.baseline in crew.lost or not (self.metrics or looked_at):
            return {}
        rows: list[list[Any]] = [[None] * len(self.ids) for _ in self.metrics]
        difference = _Difference()
        with progress.task(f"evaluate {arm}", total=len(self.ids)) as advance:

            def keep(output: Output) -> None:
                self._check_finite(output, arm)
                if looked_at and arm == crew.baseline:
                    self.outputs.put(output.index, output.value)
                if crew.arms[arm].role == "reference":
                    difference.add(output.value, self.outputs.get(output.index))
                for metric, own in zip(self.metrics, rows, strict=True):
                    own[output.index] = self._row(metric, output, crew.arms[arm].model.path)
                advance()

            crew.ask(arm, Evaluate(properties), keep)
        if crew.arms[arm].role == "reference":
            self.differences[arm] = difference.relative
        if arm in crew.lost:
            return {}
        return {
            metric.label: quality_of(np.array(own, dtype=np.float64), kind_of(metric), self.seed)
            for metric, own in zip(self.metrics, rows, strict=True)
        }

    def deltas(
        self, baseline: Mapping[str, Quality], candidate: Mapping[str, Quality], seed: int
    ) -> dict[str, QualityDelta]:
        """Every metric of a pair."""
        return {
            metric.label: quality_delta(baseline[metric.label], candidate[metric.label], kind_of(metric), seed)
            for metric in self.metrics
            if metric.label in baseline and metric.label in candidate
        }

    def _row(self, metric: Metric, output: Output, model: str) -> Any:
        target = self.targets[output.index] if metric.kind == "accuracy" else self.outputs.get(output.index)
        try:
            return metric.row(output.value, target)
        except DataError as error:
            raise DataError(f"{model}: {self.ids[output.index]}: {error}") from None

    def _check_finite(self, output: Output, arm: str) -> None:
        if output.value.dtype.kind == "f" and not np.isfinite(output.value).all():
            raise ModelError(
                f"{arm}: NaN or infinity in the output for {self.ids[output.index]}; the model or its precision is "
                "broken for this input"
            )


class _Difference:
    """The largest difference between two series of outputs, as a share of the largest output."""

    def __init__(self) -> None:
        self._difference = self._largest = 0.0

    def add(self, output: Array, reference: Array) -> None:
        """One more sample; outputs of other shapes differ altogether."""
        self._largest = max(self._largest, float(np.abs(reference).max(initial=0)))
        apart = np.abs(output - reference).max(initial=0) if output.shape == reference.shape else np.inf
        self._difference = max(self._difference, float(apart))

    @property
    def relative(self) -> float:
        """0 for the same outputs, 1 for no likeness."""
        return min(1.0, self._difference / self._largest) if self._largest else 0.0


def _references(crew: Crew) -> bool:
    return any(arm.role == "reference" for arm in crew.arms.values())


def kind_of(metric: Metric) -> MetricKind:
    """What the statistics must know."""
    return MetricKind(metric.unit, metric.higher_is_better, metric.kind, metric.statistics, metric.value)


def _chosen(outputs: Sequence[Port], output: int | str) -> Port:
    if isinstance(output, int):
        if output >= len(outputs):
            raise ModelError(f"model.output: {output} is outside the model's {len(outputs)} outputs")
        return outputs[output]
    found = next((port for port in outputs if port.name == output), None)
    if found is None:
        raise ModelError(f"model.output: no output {output!r}; known: {', '.join(p.name for p in outputs)}")
    return found
