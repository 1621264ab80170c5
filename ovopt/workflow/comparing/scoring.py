"""Score arms on samples: a row per sample and metric."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ovopt.bench.mapped_tensors import OutputFile
from ovopt.bench.protocol import Inputs, Output
from ovopt.bench.workers import Crew
from ovopt.budgets import MOST_BESIDE
from ovopt.comparison import MetricKind, quality_delta, quality_of, rows_array
from ovopt.contracts import Advance, Array, Metric, Progress, Row, Tensors
from ovopt.contracts.own_code import OwnCode, maker_of
from ovopt.errors import ArmLostError, DataError, quoted
from ovopt.metrics.agreement import Cosine
from ovopt.metrics.class_labels import scores_of
from ovopt.model.native import first_line
from ovopt.model.ports.facts import chosen_outputs
from ovopt.preparing.class_labels import counted_from_one
from ovopt.preparing.prepared import Prepared
from ovopt.records import Port, Quality, QualityDelta
from ovopt.workflow.comparing.answers import comparable
from ovopt.workflow.comparing.label_checks import ClassShifts, empty_classes, missing_numbers, no_skill
from ovopt.workflow.comparing.odd_values import OddValues
from ovopt.workflow.comparing.output_parts import Part, Seen

WORST = 10
Blame = Callable[[str, Sequence[Tensors]], str]
"""Takes an arm's name and a sample's inferences, and gives the layer that begins with what is no number, as the end of
a sentence."""
Save = Callable[[str, int, Any], None]
"""Takes an arm's name, a sample's index and its prediction."""
Found = Mapping[str, Mapping[int, Row]]
"""Rows of one metric: part of the outputs -> sample's index -> row; labels judge one that has no name."""


@dataclass(frozen=True)
class Scorer:
    """Metrics on chosen samples."""

    prepared: Prepared
    metrics: Sequence[Metric]
    chosen: Sequence[int]
    ports: Sequence[Port]
    """The chosen outputs of the model, which decoders and labels look at."""
    outputs: OutputFile
    """Of the original."""
    judged: Sequence[Port] = ()
    """Those that agreement looks at: the chosen ones, or all where none is chosen."""
    kinds: Mapping[str, str] = field(default_factory=dict)
    """Outputs whose values are sorted or indices of some."""
    beside: bool = False
    """True where agreement stands in for labels, which look at the first output alone: it looks at the others."""
    unjudged: dict[str, str] = field(default_factory=dict)
    """Outputs that nothing looks at, and why."""
    answers: OutputFile = field(default_factory=OutputFile)
    """What `postprocess` made of the original's outputs, where agreement looks at that."""
    odd: OddValues = field(default_factory=OddValues)
    blame: Blame = lambda arm, parts: ""
    parts: list[Part] = field(default_factory=list)
    """Known as soon as the original has answered."""
    answered: list[Seen] = field(default_factory=list)
    """Of the original."""
    save: Save | None = None
    doubts: list[str] = field(default_factory=list)
    """What looks wrong with the data."""
    differences: dict[str, float] = field(default_factory=dict)
    """Reference arm -> largest difference of an output from the baseline's, as a share of its largest output."""
    fed: Mapping[str, Prepared] = field(default_factory=dict)
    """Hash of a model -> the samples as it takes and answers them, where it does a part of `preprocess` or
    `postprocess` itself."""
    level: int = 0
    """So many decoders the model does itself that does most of them: agreement looks at what is behind them."""

    @classmethod
    def of(
        cls,
        prepared: Prepared,
        outputs: Sequence[Port],
        chosen: Sequence[int],
        save: Save | None = None,
        fed: Mapping[str, Prepared] | None = None,
        metrics: Sequence[Metric] | None = None,
        kinds: Mapping[str, str] | None = None,
        lacking: Mapping[str, str] | None = None,
        alone: bool = False,
        blame: Blame = lambda arm, parts: "",
    ) -> Scorer:
        """The recipe's metrics if none are given. `kinds`: of outputs that are sorted or indices; `lacking`: outputs
        that some model does not have, and why; `alone`: there is nothing that outputs could agree with. Raises
        DataError, before anything runs, where a chosen sample has no label that they need."""
        metrics = prepared.recipe.metrics if metrics is None else metrics
        accuracy = [metric for metric in metrics if _labelled(metric)]
        wanted = prepared.recipe.model.output
        ports = chosen_outputs(outputs, wanted)
        judged = [port for port in outputs if port.name not in (lacking or {})] if wanted is None else ports
        beside = bool(metrics and accuracy) and len(accuracy) == len(metrics) and len(judged) > 1 and not alone
        metrics = (*metrics, Cosine()) if beside and wanted is None else metrics
        if accuracy and prepared.samples.labels is None:
            second = " name a second model and" if alone else ""
            raise DataError(
                f"{prepared.samples.source}: has no labels, which {accuracy[0].label} needs; "
                f"for label-free agreement{second} take --set metrics=[cosine,top1_agreement]"
            )
        level = max(own.decoders_inside for own in (prepared, *(fed or {}).values()))
        if level:  # what comes out of a model tells nothing of what its scores were
            ports = [port.model_copy(update={"shape": None}) for port in ports]
        one_class = any(metric.one_class for metric in accuracy)
        scores = scores_of(ports[0]) if one_class and not prepared.recipe.postprocess else None
        fed, doubts = fed or {}, []
        if scores and _counts_from_one(prepared, scores):
            prepared = prepared.with_first_label(1)
            fed = {model: own.with_first_label(1) for model, own in fed.items()}
            doubts.append(f"the labels 1 to {scores} are taken as the model's {scores} classes, counted from 1")
        doubts += missing_numbers(prepared.labels.indices, scores) if scores else []
        known: set[Any] = set()
        for index in chosen if accuracy else ():
            if prepared.labels.take_work(index):
                continue  # checked where it is read, which takes its time
            label = prepared.labels.read(index)
            if why := _no_label(label, one_class, accuracy[0]):
                prepared.leave_out(index, "label", DataError(why))
                continue
            for metric in accuracy:
                metric.check(label, ports, prepared.samples.ids[index])
            if isinstance(label, int):
                known.add(label)
        doubts += empty_classes(prepared.recipe.data.classes, known)
        looked_at = judged if any(metric.kind == "agreement" and not metric.behind for metric in metrics) else ports
        names = {port.name for port in looked_at}
        why = f"{'labels judge' if accuracy else '`postprocess` has'} {ports[0].name} alone"
        if wanted is not None:
            why = f"the recipe chooses {', '.join(port.name for port in ports)}"
        return cls(
            prepared,
            metrics,
            chosen,
            ports,
            OutputFile(),
            judged,
            kinds or {},
            beside and wanted is None,
            {port.name: (lacking or {}).get(port.name, why) for port in outputs if port.name not in names},
            save=save,
            doubts=doubts,
            fed=fed,
            level=level,
            blame=blame,
        )

    @property
    def agrees(self) -> bool:
        """Tells whether a metric holds outputs against the original's."""
        return any(metric.kind == "agreement" for metric in self.metrics)

    @property
    def labels(self) -> list[str]:
        """The names that results carry."""
        return [metric.label for metric in self.metrics]

    def score(self, crew: Crew, arm: str, properties: Mapping[str, str], progress: Progress) -> dict[str, Quality]:
        """Run every sample through an arm. The baseline comes first: agreement looks at its outputs.

        An arm whose output holds NaN or infinity where the baseline's has a number is lost.
        """
        looked_at = self.agrees or any(one.role == "reference" for one in crew.arms.values())
        if (crew.baseline in crew.lost and looked_at) or not (self.metrics or looked_at):
            return {}
        role, path = crew.arms[arm].role, crew.arms[arm].model.path
        prepared = self.fed.get(crew.arms[arm].model.sha256)
        original = arm == crew.baseline
        scored = Pass(self, arm, path, original, role == "reference", prepared, keeps=original and looked_at)
        with progress.task(f"evaluate {arm}", total=len(self.chosen)) as advance:
            scored.advance = advance
            crew.evaluate(arm, properties, scored.inputs(), scored.take)
        if arm in crew.lost and scored.broken is not None:
            crew.lost[arm] += self.blame(arm, self.inferences(scored.broken))
        if original and self.odd.fault:
            crew.lost.setdefault(arm, self.odd.fault)
        if arm in crew.lost:
            return {}
        if scored.difference:
            self.differences[arm] = scored.difference.relative
        scored.settle()
        if self.metrics and not scored.any_row and not scored.silent:
            raise self.prepared.no_sample_error("judge by")
        if original:
            self.doubts.extend(scored.said_of_original())
        elif gone := list(scored.seen.gone(self.answered[0])) if self.answered else []:
            self.doubts.append(f"{arm}: {' and '.join(gone)} became constant: they no longer tell samples apart")
        spoken = [metric for metric in self.metrics if scored.rows[metric.label]]
        found = {metric.label: self.quality(metric, scored.rows[metric.label]) for metric in spoken}
        if original:
            self.doubts.extend(self.doubts_of(scored, found))
        return found

    def doubts_of(self, scored: Pass, found: Mapping[str, Quality]) -> list[str]:
        """Signs that labels and the original do not go together, from its figures by metric."""
        labels = self.prepared.labels
        shown: list[str] = []
        for metric in self.metrics:
            if metric.kind == "accuracy" and metric.label in found:
                indices = scored.rows[metric.label].get("", {}) if metric.needs_label else ()
                read = [labels.read(index) for index in indices if not labels.take_work(index)]
                quality = found[metric.label]
                shown += no_skill(metric, quality, metric.guessed(read, quality.n, scored.shifts.scores))
        return [*scored.shifts.misfit(), *(scored.shifts.doubts() or shown)]

    def inferences(self, index: int) -> list[Tensors]:
        """The inputs [...] of a sample's inferences, as the original takes them."""
        return [one for _, parts in self.prepared.prepare_each([index]) for one in parts]

    def deltas(
        self, baseline: Mapping[str, Quality], candidate: Mapping[str, Quality], seed: int
    ) -> dict[str, QualityDelta]:
        """Every metric of a pair."""
        found = {
            name: _delta(_rows_of(baseline[name]), _rows_of(candidate[name]), metric, seed)
            for metric in self.metrics
            if (name := metric.label) in baseline and name in candidate
        }
        return {
            name: delta.model_copy(
                update={"beside": self._is_beside(delta), "output": delta.output or candidate[name].output}
            )
            for name, delta in found.items()
        }

    def _is_beside(self, delta: QualityDelta) -> bool:
        return self.beside and delta.kind == "agreement"

    def lost_beside(self, baseline: Mapping[str, Found], candidate: Mapping[str, Found]) -> str | None:
        """The fate of outputs that labels do not look at, where a candidate has them destroyed."""
        for metric in self.metrics if self.beside else ():
            found = candidate.get(metric.label, {})
            if metric.kind == "agreement" and found:
                delta = self.delta(metric, baseline[metric.label], found)
                if delta.drop[1] > MOST_BESIDE:
                    return f"output {delta.output or next(iter(found))!r} has {metric.label} {delta.candidate:.3g}"
        return None

    def delta(self, metric: Metric, baseline: Found, candidate: Found) -> QualityDelta:
        """A metric's change on the samples of the candidate."""
        before: dict[str, Sequence[Row]] = {}
        after: dict[str, Sequence[Row]] = {}
        for name, found in candidate.items():
            order = [index for index in self.chosen if index in found]
            before[name] = metric.gather([baseline[name][index] for index in order])
            after[name] = metric.gather([found[index] for index in order])
        return _delta(before, after, metric, 0)

    def quality(self, metric: Metric, found: Found) -> Quality:
        """A metric over all samples; that of the worst part where there are several."""
        each = {name: self._quality(metric, rows) for name, rows in found.items()}
        name = _worst_of({name: one.value for name, one in each.items()}, metric)
        if len(each) > 1:
            return each[name].model_copy(update={"output": name, "outputs": each})
        return each[name].model_copy(update={"output": name}) if self.beside and name else each[name]

    def _quality(self, metric: Metric, found: Mapping[int, Row]) -> Quality:
        order = [index for index in self.chosen if index in found]
        rows = metric.gather([found[index] for index in order])
        table = table_of(metric, rows)
        quality = quality_of(rows, kind_of(metric), self.prepared.seed)
        if not _labelled(metric):
            return quality
        labels = self.prepared.labels
        targets = [None if labels.take_work(index) else labels.read(index) for index in order]
        by_class = self._named(metric.by_class(table, targets))
        return quality.model_copy(update={"by_class": by_class, "worst": self._worst(metric, table, order)})

    def _worst(self, metric: Metric, table: NDArray[Any], order: Sequence[int]) -> dict[str, float]:
        """The worst samples by the figure that each has alone, where that tells samples apart."""
        alone = np.array([value_of(metric, table[i : i + 1]) for i in range(len(table))])
        known = np.flatnonzero(np.isfinite(alone))
        worst_first = known[np.argsort(alone[known] * (1 if metric.higher_is_better else -1), kind="stable")]
        best = alone[worst_first[-1]] if len(known) else 0.0
        return {self.prepared.samples.ids[order[i]]: float(alone[i]) for i in worst_first[:WORST] if alone[i] != best}

    def _named(self, by_class: Mapping[int, float]) -> dict[str, float]:
        names = self.prepared.recipe.data.classes or self.prepared.samples.classes
        return {
            names[c] if 0 <= c < len(names) else str(c): float(value)
            for c, value in by_class.items()
            if np.isfinite(value)
        }


class Pass:
    """All samples through one model: `inputs` to be run, `take` for what comes back."""

    def __init__(
        self,
        scorer: Scorer,
        arm: str,
        path: str,
        original: bool,
        against: bool = False,
        prepared: Prepared | None = None,
        keeps: bool = False,
    ) -> None:
        """`prepared`: the same samples, as this model takes them."""
        self._scorer = scorer
        self._prepared = prepared or scorer.prepared
        self._arm = arm
        self._path = path
        self._original = original
        self._keeps = keeps
        """Whether its outputs are what others are held against."""
        self._under_way: dict[int, _Sample] = {}
        self.rows: dict[str, dict[str, dict[int, Row]]] = {metric.label: {} for metric in scorer.metrics}
        self.seen = Seen(scorer.judged, scorer.kinds)
        self._kept: dict[int, int] = {}
        """Samples whose outputs were kept -> outputs of one inference."""
        self.difference = _Difference() if against else None
        samples, classes = self._prepared.samples, self._prepared.recipe.data.classes
        named = len(classes or samples.classes) or samples.class_count
        self.shifts = ClassShifts(named, None if classes else self._prepared.first_label, classes)
        self.broken: int | None = None
        """The sample for which the model gave what is no number."""
        self.silent: dict[str, None] = {}
        """The metrics that have nothing to say of class ids."""
        self.advance: Advance = lambda amount=1, note="": None

    def inputs(self, chosen: Sequence[int] | None = None) -> Iterator[Inputs]:
        """Every inference of every sample, or of those that are chosen."""
        for index, parts in self._prepared.prepare_each(self._scorer.chosen if chosen is None else chosen):
            seen = self._prepared.prepare_for_decoders(index, parts) if self._prepared.recipe.postprocess else None
            self._under_way[index] = _Sample(seen, len(parts), self._prepared.prepare_beside(index))
            for part, tensors in enumerate(parts):
                yield Inputs(index, part, tensors, self._prepared.samples.ids[index])

    def take(self, output: Output) -> None:
        """One inference's outputs; a sample's last makes its rows. Raises ArmLostError where one is not finite and the
        original's is."""
        place, odd, ports = (output.index, output.part), self._scorer.odd, self._scorer.judged
        if self._original:
            odd.keep(place, output.values, ports)
        elif fault := odd.new(place, output.values, ports):
            self.broken = output.index
            raise ArmLostError(
                f"{fault} for {self._prepared.samples.ids[output.index]}, where the original has a number: the model "
                "or its precision is broken for this input"
            )
        sample = self._under_way[output.index]
        sample.outputs[output.part] = output.values
        if len(sample.outputs) == sample.parts:
            del self._under_way[output.index]
            self._finish(output.index, sample)
            self.advance()

    def _finish(self, index: int, sample: _Sample) -> None:
        try:
            label = self._label(index) if any(map(_labelled, self._scorer.metrics)) else None
        except DataError as error:
            self._prepared.leave_out(index, "label", error)
            return
        try:
            parts = [sample.outputs[part] for part in range(sample.parts)]
            chosen = 1 if self._prepared.recipe.model.output is None else len(self._scorer.ports)
            bare = [values if chosen > 1 else values[0] for values in parts]
            # behind as many decoders as any model does itself: like is held against like
            outputs = self._behind(bare, slice(self._prepared.decoders_inside, self._scorer.level), sample)
            raw = self._raw(outputs, [values[chosen:] for values in parts])
            if self._keeps:
                self._kept[index] = len(raw[0])
                self._scorer.outputs.put(index, [value for values in raw for value in values])
            if self._scorer.agrees:
                for values in raw:
                    self.seen.add(values)
            if self.difference:
                for values, reference in zip(raw, self._theirs(index, len(raw[0])), strict=True):
                    self.difference.add(values[0], reference[0])
            self._judge(index, label, outputs, raw, sample)
        except DataError as error:
            raise DataError(f"{self._path}: {self._prepared.samples.ids[index]}: {error}") from None

    def _raw(self, outputs: Sequence[Any], others: Sequence[Tensors]) -> list[list[Array]]:
        """The outputs of each inference that agreement looks at: those behind decoders, then those beside them."""
        joined = len(outputs) != len(others)
        return [
            [
                *map(np.asarray, _chosen(output, self._scorer.level)),
                *(() if joined else map(np.asarray, others[part])),
            ]
            for part, output in enumerate(outputs)
        ]

    def _theirs(self, index: int, count: int) -> list[list[Array]]:
        """The original's outputs of each inference."""
        flat = self._scorer.outputs.get(index)
        return [flat[start : start + count] for start in range(0, len(flat), count)]

    def _judge(
        self, index: int, label: Any, outputs: list[Any], raw: Sequence[Sequence[Array]], sample: _Sample
    ) -> None:
        """Rows of labels, and of agreement unless this is the original."""
        metrics = self._scorer.metrics
        accuracy = [metric for metric in metrics if metric.kind == "accuracy"]
        behind_decoders = [metric for metric in metrics if metric.behind]
        if self._scorer.save or accuracy or behind_decoders:
            behind = self._behind(outputs, slice(self._scorer.level, None), sample)
            decoded = _of_one_name(behind[0] if len(behind) == 1 else behind)
            if self._scorer.save:
                self._scorer.save(self._arm, index, decoded)
        if label is not None:
            self.shifts.add(decoded, label)
        for metric in accuracy:
            self.rows[metric.label].setdefault("", {})[index] = self._row(metric, decoded, label)
        if behind_decoders:
            self._agree_behind(index, comparable(decoded), behind_decoders)
        if self._scorer.agrees and not self._keeps:
            self._agree(index, raw, self._theirs(index, len(raw[0])), self._of_outputs)

    @property
    def _of_outputs(self) -> list[Metric]:
        """Metrics of agreement that look at outputs."""
        return [metric for metric in self._scorer.metrics if metric.kind == "agreement" and not metric.behind]

    def _agree_behind(self, index: int, answer: Array, metrics: Sequence[Metric]) -> None:
        """Rows of agreement of what `postprocess` made; the original agrees with itself."""
        if self._keeps:
            self._scorer.answers.put(index, [answer])
        (theirs,) = self._scorer.answers.get(index)
        for metric in metrics:
            self.rows[metric.label].setdefault("", {})[index] = metric.row(answer, theirs)

    def _row(self, metric: Metric, decoded: Any, label: Any) -> Row:
        """A metric's row. Raises DataError, which names the function of the user's own that made the answer, if one
        did, where the metric cannot take it."""
        maker = "" if isinstance(metric, OwnCode) else maker_of(self._prepared.recipe.postprocess)
        if not maker:
            return metric.row(decoded, label)
        try:
            return metric.row(decoded, label)
        except (DataError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            why = error if isinstance(error, DataError) else first_line(error)
            raise DataError(f"{metric.label} cannot judge what {maker} gives: {why}") from None

    def _agree(
        self,
        index: int,
        mine: Sequence[Sequence[Array]],
        theirs: Sequence[Sequence[Array]],
        metrics: Sequence[Metric],
    ) -> None:
        """Rows of metrics of agreement, part by part."""
        for part in self._scorer.parts:
            sides = [(part.of(own), part.of(other)) for own, other in zip(mine, theirs, strict=True)]
            for metric in metrics:
                if part.suits(metric):
                    agreed = [metric.row(*side) for side in sides]
                    self.rows[metric.label].setdefault(part.name, {})[index] = _together(agreed, metric)

    def settle(self) -> None:
        """All samples have been through. The original's answers tell which parts there are, and agree with
        themselves; what another model answers to every sample alike agrees with nothing."""
        if not self._scorer.agrees:
            return
        if not self._keeps:
            self._void_what_is_frozen()
            return
        self._scorer.answered.append(self.seen)
        classes = {0} & self.seen.ids if self._scorer.level else set()
        hidden = {0} if self._scorer.beside else classes
        self._scorer.parts.extend(part for part in self.seen.parts() if part.place not in hidden)
        self._scorer.unjudged.update(self.seen.silent())
        self._agree_with_itself()
        for metric in self._of_outputs:
            if self._kept and not self.rows[metric.label]:
                self.silent[metric.label] = None

    def _void_what_is_frozen(self) -> None:
        """A direction that no sample changes may be near the original's, which hardly changes either."""
        for part in self._scorer.parts if self._scorer.answered else ():
            if self.seen.is_frozen(part, self._scorer.answered[0]):
                for metric in self._of_outputs:
                    if metric.directs and (rows := self.rows[metric.label].get(part.name)):
                        self.rows[metric.label][part.name] = dict.fromkeys(rows, 0.0)

    def _agree_with_itself(self) -> None:
        looked_at = list[Metric]()
        for metric in self._of_outputs:
            if (full := metric.full) is None:
                looked_at.append(metric)
                continue
            for part in (one for one in self._scorer.parts if one.suits(metric)):
                self.rows[metric.label][part.name] = dict.fromkeys(self._kept, full)
        for index, count in self._kept.items() if looked_at else ():
            theirs = self._theirs(index, count)
            self._agree(index, theirs, theirs, looked_at)

    @property
    def any_row(self) -> bool:
        """True where a sample made a row."""
        return any(rows for parts in self.rows.values() for rows in parts.values())

    def said_of_original(self) -> Iterator[str]:
        """Remarks on what the original's answers do not tell."""
        if self.silent and self._scorer.level:
            inside = ", ".join(d.name for d in self._prepared.recipe.postprocess[: self._scorer.level])
            yield (
                f"{', '.join(self.silent)}: left out, because a model does {inside} itself, and no scores are left to "
                "agree behind it"
            )
        elif self.silent:
            yield f"{', '.join(self.silent)}: left out, because it would be full whatever a model answered"
        for name in set(self.seen.sorted()) - self._scorer.unjudged.keys():
            yield f"output {name!r} holds sorted values: its agreement tells nothing, whatever a model answers"
        for name in self.seen.constant():
            yield f"output {name!r} of the original is the same for every sample: its agreement tells little"
        yield from self._scorer.odd.said(self._prepared.samples.ids)

    def _label(self, index: int) -> Any:
        """A label that was not checked beforehand, because it takes reading, is checked now."""
        label = self._prepared.labels.read(index)
        if self._prepared.labels.take_work(index):
            for metric in filter(_labelled, self._scorer.metrics):
                metric.check(label, self._scorer.ports, self._prepared.samples.ids[index])
        return label

    def _behind(self, outputs: list[Any], chosen: slice, sample: _Sample) -> list[Any]:
        """Outputs behind some of the decoders: part by part until one joins them."""
        names = [port.name for port in self._prepared.inputs]
        inputs = [dict(zip(names, tensors, strict=True)) for tensors in sample.tensors or ()]
        for decoder in self._prepared.recipe.postprocess[chosen]:
            seen = [{**own, **more} for own, more in zip(inputs, sample.beside, strict=False)] or inputs
            if decoder.joins and sample.beside:
                seen = [{**inputs[0], **{name: [more[name] for more in sample.beside] for name in sample.beside[0]}}]
            if decoder.joins:
                outputs = [decoder(outputs, seen[0])]
            else:
                outputs = [decoder(output, own) for output, own in zip(outputs, seen, strict=False)]
        return outputs


@dataclass
class _Sample:
    """A sample under way."""

    tensors: tuple[Tensors, ...] | None
    parts: int
    beside: Sequence[Mapping[str, Any]] = ()
    """What `preprocess` gives beside the model's inputs, part by part."""
    outputs: dict[int, Tensors] = field(default_factory=dict)


def _together(rows: Sequence[Row], metric: Metric) -> Row:
    """The agreement of a sample from that of its inferences: all of them for a share, their mean, or their sums."""
    if len(rows) == 1:
        return rows[0]
    if metric.statistics == "share":
        return float(np.min(rows))
    return float(np.mean(rows)) if np.ndim(rows) == 1 else [float(total) for total in np.sum(rows, axis=0)]


def _of_one_name(decoded: Any) -> Any:
    """An answer. Raises DataError where decoders end in several pieces by name."""
    if isinstance(decoded, Mapping):
        raise DataError(f"`postprocess` ends in pieces ({', '.join(decoded)}); end it with `pick` or `concat`")
    return decoded


def _chosen(output: Any, level: int) -> Sequence[Any]:
    """The outputs that decoders took, or the first of what they made."""
    return (output[:1] if level else output) if isinstance(output, tuple) else (output,)


def _rows_of(quality: Quality) -> Mapping[str, Sequence[Row]]:
    """Rows by part of the outputs."""
    return {name: one.rows for name, one in quality.outputs.items()} or {"": quality.rows}


def _delta(
    baseline: Mapping[str, Sequence[Row]], candidate: Mapping[str, Sequence[Row]], metric: Metric, seed: int
) -> QualityDelta:
    """The paired change of the worst part."""
    several = len(candidate) > 1
    values = {name: value_of(metric, table_of(metric, rows)) for name, rows in candidate.items()} if several else {}
    name = _worst_of(values, metric) if several else next(iter(candidate))
    delta = quality_delta(baseline[name], candidate[name], kind_of(metric), seed)
    return delta.model_copy(update={"output": name}) if several else delta


def _worst_of(values: Mapping[str, float], metric: Metric) -> str:
    return min(values, key=lambda name: values[name] if metric.higher_is_better else -values[name])


class _Difference:
    """The largest difference between two series of outputs, as a share of the largest output."""

    def __init__(self) -> None:
        self._difference = self._largest = 0.0

    def add(self, output: Array, reference: Array) -> None:
        """One more sample; outputs of other shapes differ altogether, and of class ids counts how many differ."""
        if reference.dtype.kind == "f" and output.shape == reference.shape:
            known = np.isfinite(reference)  # where it is not, neither is the other
            output, reference = output[known], reference[known]
        if reference.dtype.kind in "iu" and output.shape == reference.shape:
            output, reference = np.mean(output == reference), np.ones(())
        self._largest = max(self._largest, float(np.abs(reference).max(initial=0)))
        apart = np.abs(output - reference).max(initial=0) if output.shape == reference.shape else np.inf
        self._difference = max(self._difference, float(apart))

    @property
    def relative(self) -> float:
        """0 for the same outputs, 1 for no likeness."""
        return min(1.0, self._difference / self._largest) if self._largest else 0.0


def _counts_from_one(prepared: Prepared, scores: int) -> bool:
    return prepared.recipe.data.first_label is None and counted_from_one(prepared.labels.indices, scores)


def _no_label(label: Any, one_class: bool, metric: Metric) -> str:
    """The fault of a label that data sets write where there is none: nothing, and of classes NaN or a negative
    number; empty for any other."""
    if label is None:
        return f"has no label, which {metric.label} needs"
    stands_for_none = (isinstance(label, float) and np.isnan(label)) or (isinstance(label, int) and label < 0)
    return f"the label {label} stands for no class" if one_class and stands_for_none else ""


def _labelled(metric: Metric) -> bool:
    return metric.kind == "accuracy" and metric.needs_label


def kind_of(metric: Metric) -> MetricKind:
    """Kind of a metric, as the statistics take it."""
    return MetricKind(
        metric.label, metric.unit, metric.higher_is_better, metric.kind, metric.statistics, partial(value_of, metric)
    )


def value_of(metric: Metric, table: NDArray[Any]) -> float:
    """A metric's figure over rows [n, ...]. Raises DataError where it gives none, as those of other packages may."""
    found: object = metric.value(table)
    try:
        return float(found)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        raise DataError(f"{metric.label}: the metric's value must be a number, not {quoted(found)}") from None


def table_of(metric: Metric, rows: Sequence[Row]) -> NDArray[Any]:
    """A metric's rows as an array [n, ...]. Raises DataError, which names the metric, where they are no numbers."""
    try:
        return rows_array(rows)
    except DataError as error:
        raise DataError(f"{metric.label}: {error}") from None
