"""The quality of models on the tuning split, in this process and at the precision that will run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ovopt.bench.engines.openvino_session import OpenVinoSession
from ovopt.bench.protocol import Output
from ovopt.contracts import Key, Metric, Placement, Tensors
from ovopt.errors import ArmLostError, DataError
from ovopt.model.inspect.layer_errors import DeviceModel
from ovopt.model.native import core, reason
from ovopt.model.ports.facts import facts as facts_of
from ovopt.preparing.prepared import Prepared, digest
from ovopt.records import ModelFacts, QualityDelta
from ovopt.workflow.comparing.broken_layers import blamed_layer
from ovopt.workflow.comparing.scoring import Pass, Scorer
from ovopt.workflow.comparing.taking_part import output_places

if TYPE_CHECKING:
    import openvino

FIRST_LOOK = 64
GROWTH = 3
"""Looks at 64, 192, 576 ... samples: as soon as a candidate has missed the budget, the rest is saved."""


class Validator:
    """Holds candidates against the original, sample by sample, by the recipe's first metric."""

    def __init__(
        self,
        prepared: Prepared,
        original: openvino.Model,
        facts: ModelFacts,
        device: str,
        properties: Mapping[str, str],
        lacking: Mapping[str, str] | None = None,
    ) -> None:
        """`lacking`: outputs that candidates do not have, and why."""
        self._chosen = list(prepared.splits["tuning"])
        if not self._chosen:
            raise prepared.empty_split("tuning", "to choose by")
        self.metric: Metric = prepared.recipe.metrics[0]
        self._original = original
        self._ports, self._lacking = facts.outputs, lacking or {}
        self._scorer = Scorer.of(
            prepared,
            facts.outputs,
            self._chosen,
            metrics=(self.metric,),
            kinds=facts.output_kinds,
            lacking=self._lacking,
        )
        self._placement = Placement(Path("-"), {}, (), device, state=prepared.recipe.model.state)
        self._properties = {"PERFORMANCE_HINT": "THROUGHPUT", **properties}
        before = Pass(self._scorer, "original", "the original", original=True, keeps=self._scorer.agrees)
        self._run(self._session(original), before, self._chosen, prepared.tuned)
        if fault := self._scorer.odd.fault:
            raise ArmLostError(fault)
        before.settle()
        if self.metric.label in before.silent:
            raise DataError(
                f"{self.metric.label}: no scores are left to agree behind the decoders that the model does itself; "
                "choose by a metric of accuracy, or start from the model that does none"
            )
        self._beside = before.rows
        self._before = before.rows[self.metric.label]
        self.baseline = self._scorer.quality(self.metric, self._before)
        self.doubts: Sequence[str] = self._scorer.doubts_of(before, {self.metric.label: self.baseline})
        """Signs that labels and the original do not go together: it loses nothing that had nothing."""

    @property
    def samples(self) -> int:
        """Count of samples of the tuning split that were scored."""
        return self.baseline.n

    def delta(self, model: openvino.Model, max_drop: float, prepared: Prepared | None = None) -> QualityDelta:
        """A candidate's change of quality. Stops early where the drop is beyond the budget for certain. `prepared`: the
        samples as it takes them, where it takes something else than the original.

        Raises ArmLostError where the model does not run, or its output is not finite.
        """
        taken = Pass(self._scorer, "candidate", "the candidate", original=False, prepared=prepared)
        session, end, look = self._session(model), 0, FIRST_LOOK
        while True:
            start, end = end, min(look, len(self._chosen))
            try:
                self._run(session, taken, self._chosen[start:end])
            except ArmLostError as error:
                raise ArmLostError(f"{error}{self._blamed(model, taken)}") from None
            taken.settle()
            if lost := self._scorer.lost_beside(self._beside, taken.rows):
                raise ArmLostError(f"it loses what no label looks at: {lost} with the original's")
            delta = self._scorer.delta(self.metric, self._before, taken.rows[self.metric.label])
            if end == len(self._chosen) or delta.drop[1] > max_drop:
                return delta
            look *= GROWTH

    def _blamed(self, model: openvino.Model, taken: Pass) -> str:
        """The layer that begins with what is no number, as the end of a sentence; empty where none is broken."""
        if taken.broken is None:
            return ""
        own = (self._placement.device, self._properties, self._placement.state)
        parts = self._scorer.inferences(taken.broken)
        return blamed_layer(DeviceModel(self._original, *own), DeviceModel(model, *own), parts)

    def _session(self, model: openvino.Model) -> OpenVinoSession:
        try:
            compiled = core().compile_model(model, self._placement.device, self._properties)
        except RuntimeError as error:
            raise ArmLostError(f"cannot be compiled: {reason(error)}") from None
        return OpenVinoSession(compiled, (), replace(self._placement, outputs=self._places(model)), None)

    def _places(self, model: openvino.Model) -> tuple[int, ...]:
        wanted = self._scorer.prepared.recipe.model.output
        return tuple(output_places(facts_of(model).outputs, self._ports, wanted, self._lacking))

    def _run(self, session: OpenVinoSession, scored: Pass, chosen: Sequence[int], met: set[str] | None = None) -> None:
        """Score these samples; `met` gets their digests."""

        def items() -> Iterator[tuple[Key, Tensors]]:
            for item in scored.inputs(chosen):
                if met is not None:
                    met.add(digest(item.tensors))
                yield (item.index, item.part), item.tensors

        for key, values in session.answer_each(items()):
            scored.take(Output(*key, values))
