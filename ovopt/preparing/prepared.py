"""Samples of a recipe: divided into splits, prepared for a model's inputs, bad ones left out."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ovopt.contracts import BadLabel, DataSource, Preparation, Samples, Tensors, Transform
from ovopt.data.in_memory import open_in_memory
from ovopt.data.splits import OwnSplits, are_parts, open_parts
from ovopt.errors import DataError, RecipeError, did_you_mean
from ovopt.model.ports.inputs import at_first, filled, refuse_text, starts_empty
from ovopt.preparing.class_labels import class_labels
from ovopt.preparing.dividing import check_parts, divide
from ovopt.preparing.host_preparation import Cache, HostPreparation, Inferences, ahead
from ovopt.preparing.labels import Labels
from ovopt.preparing.painting import with_background
from ovopt.preparing.pairs import paired
from ovopt.recipe import Recipe
from ovopt.records import DataFacts, LeftOutKind, LeftOutSample, Manifest, Port
from ovopt.units import listed

CACHE_BYTES = 256 << 20
"""Memory for prepared samples that are met again, enough for some hundred images of 224 x 224 in f32."""
SEEN: Mapping[LeftOutKind, str] = {
    "calibrated": "the same as a calibration sample",
    "tuned": "the same as a tuning sample",
}
"""Samples that have been used to make a model, and cannot judge it."""


@dataclass(frozen=True)
class Prepared:
    """Samples of a recipe, divided, and ready to be fitted to a model's inputs."""

    samples: Samples
    splits: dict[str, tuple[int, ...]]
    seed: int
    recipe: Recipe
    inputs: Sequence[Port]
    """Inputs of a model that has none of `preprocess` inside: all of it leads to them."""
    own: Preparation | None = None
    """Preparation for a model that does a part of `preprocess` itself."""
    decoders_inside: int = 0
    """Number of the decoders of `postprocess` that the model does itself."""
    left_out: dict[int, LeftOutSample] = field(default_factory=dict)
    """Samples that cannot be used, by index: filled as they are met."""
    seen: Mapping[LeftOutKind, Set[str]] = field(default_factory=dict)
    """Digests of the samples that models have been made with, which cannot judge them."""
    met: dict[int, LeftOutKind | None] = field(default_factory=dict)
    """Samples that were held against `seen`, by index, and what they turned out to be: filled as they are met."""
    seen_judge: bool = False
    """True where those are noted, not left out."""
    tuned: set[str] = field(default_factory=set)
    """Digests of the tuning samples that have decided something so far."""
    first_label: int = 0
    """The label of the model's first class."""
    groups: Sequence[str | None] | None = None
    """The group of each sample, where the recipe says what belongs together."""
    remarks: tuple[str, ...] = ()
    """What looks odd about how the samples are divided."""
    _cache: Cache = field(default_factory=lambda: Cache(CACHE_BYTES))

    @property
    def facts(self) -> DataFacts:
        """Record of the data for a manifest or comparison."""
        ids = self.samples.ids
        return DataFacts(
            source=self.samples.source,
            fingerprint=self.samples.fingerprint,
            seed=self.seed,
            splits={name: tuple(ids[i] for i in chosen) for name, chosen in self.splits.items()},
            drawn_from=self._drawn_from,
            left_out={ids[i]: sample for i, sample in sorted(self.left_out.items())},
        )

    @property
    def _drawn_from(self) -> dict[str, dict[str, int]]:
        own = self.samples.splits
        if own is None:
            return {}
        return {name: dict(Counter(own[index] for index in chosen)) for name, chosen in self.splits.items() if chosen}

    @property
    def judging(self) -> Sequence[int]:
        """Indices of all samples; where the data bring their own splits, of those that the gate draws from."""
        own = self.samples.splits
        pool = {own[index] for index in self.splits["gate"]} if own else set()
        return [index for index, name in enumerate(own) if name in pool] if own and pool else range(len(self.samples))

    def doubts_of(self, judging: Sequence[int]) -> list[str]:
        """Remarks on what looks odd about the division, and on what intervals of those that judge do not hold."""
        groups = {self.groups[index] or index for index in judging} if self.groups else judging
        if len(groups) == len(judging):
            return [*self.remarks]
        said = (
            f"the {len(judging):,} samples that judge belong to {len(groups):,} groups: intervals take each sample as "
            "one of its own, and are too narrow where those of a group are answered alike"
        )
        return [*self.remarks, said]

    @property
    def preparation(self) -> Preparation:
        """Preparation of a sample's content for the model."""
        return self.own or self.full_preparation

    @cached_property
    def full_preparation(self) -> HostPreparation:
        """All of the recipe's `preprocess`, on the host."""
        return self.build_preparation(self.recipe.preprocess, self.inputs)

    @cached_property
    def labels(self) -> Labels:
        """Labels of the samples, as metrics take them."""
        return Labels(self.samples, self.recipe, self.full_preparation, self.first_label)

    def prepare_each(self, indices: Sequence[int]) -> Iterator[tuple[int, Inferences]]:
        """Index and model inputs of these samples, one set for each inference, prepared ahead by several threads.

        A sample that cannot be read or does not fit raises DataError, or is left out and noted where the recipe says
        `on_bad_sample: skip`. One that a model was made with is left out in any case.
        """
        wanted = [index for index in indices if index not in self.left_out]
        for index, call in ahead(lambda i: self._cache.get(i, self._load), wanted):
            try:
                parts = call.result()
            except _UnusableError as error:
                self.leave_out(index, error.kind, error)
            else:
                yield index, parts

    def prepare_tensors(self, indices: Sequence[int]) -> Iterator[Tensors]:
        """Model inputs [1, ...] of these samples, inference by inference. Raises DataError as `prepare_each` does."""
        for _, parts in self.prepare_each(indices):
            yield from parts

    def prepare_for_decoders(self, index: int, parts: Inferences) -> Inferences:
        """Inputs of a sample as decoders take them, whose sizes and tokens they look at: those that the whole of
        `preprocess` gives. `parts` is what the model is given. Raises DataError where the sample does not fit."""
        return parts if self.own is None else self._prepare(self.full_preparation, index)

    def prepare_beside(self, index: int) -> list[dict[str, Any]]:
        """Arrays that `preprocess` gives of a sample beside the model's inputs, part by part, where a decoder looks.
        Raises DataError where the sample does not fit."""
        names = {port.name for port in self.inputs}
        if not any(decoder.looks_beside(names) for decoder in self.recipe.postprocess):
            return []
        return self.full_preparation.beside(self.full_preparation.decode(self.samples.load(index)))

    def leave_out(self, index: int, kind: LeftOutKind, error: DataError) -> None:
        """Note a sample that cannot be used. Raises DataError unless the recipe says `on_bad_sample: skip`, or a model
        was made with it."""
        sample_id = self.samples.ids[index]
        why = str(error) if str(error).startswith(sample_id) else f"{sample_id}: {error}"
        if kind not in SEEN and self.recipe.data.on_bad_sample == "refuse":
            raise DataError(f"{why}; --on-bad-sample skip leaves such samples out") from DataError(why)
        self.left_out[index] = LeftOutSample(kind=kind, why=why)

    def no_sample_error(self, use: str) -> DataError:
        """Error to raise where all samples were left out; the first of them says why."""
        why = [f"; {sample.why}" for sample in self.left_out.values()]
        return DataError(f"{self.samples.source}: no sample is left to {use}{''.join(why[:1])}")

    def empty_split(self, name: str, use: str) -> DataError:
        """Error to raise where a split holds no samples for a use, and what gives it some."""
        own = dict.fromkeys(self.samples.splits or ())
        if self.recipe.data.splits.choices.get(name) == 0:
            advice = f"its size is 0, which --set data.splits.{name}=... changes"
        elif own:
            part = f'"data.splits.{name}={{{next(iter(own))}: 0.2}}"'
            advice = f"the data come as {listed(list(own))}: --set {part} takes a part of one"
        else:
            advice = f"lower the other splits, or raise it with --set data.splits.{name}=..."
        return DataError(f"data.splits.{name}: holds no samples {use}; {advice}")

    def with_transforms(self, transforms: Sequence[Transform], inputs: Sequence[Port]) -> Prepared:
        """The same samples for a model with these inputs, which does itself what follows these transforms."""
        return self.with_preparation(self.build_preparation(transforms, inputs))

    def with_preparation(self, preparation: Preparation) -> Prepared:
        """The same samples, prepared in this way."""
        return self if preparation is self.preparation else replace(self, own=preparation, _cache=Cache(CACHE_BYTES))

    def with_decoders_inside(self, count: int) -> Prepared:
        """The same samples for a model that does so many of the decoders itself."""
        return self if count == self.decoders_inside else replace(self, decoders_inside=count)

    def with_first_label(self, first: int) -> Prepared:
        """The same samples, whose labels give the model's first class this number."""
        return self if first == self.first_label else replace(self, first_label=first)

    def without_seen(self, digests: Mapping[LeftOutKind, Set[str]], judge: bool = False) -> Prepared:
        """The same samples without those of these digests; where they are to `judge`, with them, and noted."""
        return replace(self, seen=digests, met={}, seen_judge=judge, _cache=Cache(CACHE_BYTES))

    def without_cache(self) -> Prepared:
        """The same samples for a use that meets each of them once: to keep them would cost it memory, and time."""
        return replace(self, _cache=Cache(0))

    def build_preparation(self, transforms: Sequence[Transform], inputs: Sequence[Port]) -> HostPreparation:
        """These transforms, and the fit to these inputs. Raises RecipeError where the recipe gives a value to an input
        that the model has not."""
        refuse_text(inputs)
        self._check_named_inputs()
        begins = [port for port in inputs if port.name in self.recipe.model.state or starts_empty(port)]
        zeros = {port.name: at_first(port) for port in begins}
        given = self.recipe.model.inputs
        constants = {port.name: filled(np.asarray(given[port.name]), port) for port in inputs if port.name in given}
        return HostPreparation(tuple(transforms), tuple(inputs), {**zeros, **constants})

    def _check_named_inputs(self) -> None:
        known = {port.name for port in self.inputs}
        for section in ("inputs", "state"):
            for name in getattr(self.recipe.model, section):
                if name not in known:
                    raise RecipeError(
                        f"model.{section}.{name}: the model has no such input; {did_you_mean(name, known)}"
                    )

    def _load(self, index: int) -> Inferences:
        parts = self._prepare(self.preparation, index)
        kind = self._met(index, parts) if any(self.seen.values()) else None
        if kind and not self.seen_judge:
            raise _UnusableError(kind, SEEN[kind])
        return parts

    def _met(self, index: int, parts: Inferences) -> LeftOutKind | None:
        """The use that models were made with this sample for, as the original takes it: once for all models."""
        if index not in self.met:
            digests = set(map(digest, self.prepare_for_decoders(index, parts)))
            self.met[index] = next((kind for kind, seen in self.seen.items() if digests and digests <= seen), None)
        return self.met[index]

    def _prepare(self, preparation: Preparation, index: int) -> Inferences:
        kind: LeftOutKind = "unreadable"
        try:
            content = preparation.decode(self.samples.load(index))
            kind = "unfit"
            return preparation.preprocess(content, sample_id=self.samples.ids[index])
        except DataError as error:
            raise _UnusableError(kind, str(error)) from None


class _UnusableError(DataError):
    """A sample that cannot be used."""

    def __init__(self, kind: LeftOutKind, said: str) -> None:
        super().__init__(said)
        self.kind = kind


def digest(tensors: Tensors) -> str:
    """Hash of one inference's inputs [1, ...], by values, shapes and element types: 16 hexadecimal digits."""
    hashed = hashlib.blake2b(digest_size=8)
    for tensor in tensors:
        hashed.update(f"{tensor.dtype}{tensor.shape}".encode())
        hashed.update(np.ascontiguousarray(tensor).data.cast("B") if tensor.size else b"")
    return hashed.hexdigest()


def prepare(
    recipe: Recipe, inputs: Sequence[Port], seed: int, data: Any = None, made: Sequence[Manifest] = ()
) -> Prepared:
    """Open the recipe's data (or a data set in memory) and divide it, as it was for a bundle that was `made` with it.
    Raises DataError where there is none, it cannot be divided as the recipe says, or a label is bad and the recipe does
    not say `on_bad_sample: skip`."""
    samples = _opened(recipe, inputs, seed, data)
    pairs = recipe.data.pairs and paired(samples, recipe.data.pairs, recipe.data.splits, seed)
    samples = with_background(pairs.samples if pairs else samples, recipe)
    if samples.labels is not None and any(metric.one_class for metric in recipe.metrics):
        found = class_labels(samples.labels)
        samples = replace(samples, labels=found.labels, class_count=found.count or samples.class_count)
    division = divide(samples, recipe, seed, made, pairs.splits if pairs else None)
    prepared = Prepared(
        samples,
        division.splits,
        seed,
        recipe,
        inputs,
        first_label=recipe.data.first_label or 0,
        groups=division.groups,
        remarks=(*division.remarks, *([f"data.group: {division.why_torn}"] if division.torn else [])),
    )
    if division.torn and recipe.data.on_bad_sample == "refuse":
        raise DataError(f"data.group: {division.why_torn}; --on-bad-sample skip leaves out those that do not judge")
    for index, label in enumerate(samples.labels or ()):
        if isinstance(label, BadLabel):
            prepared.leave_out(index, "label", DataError(label.why))
    for index, why in division.torn.items():
        prepared.leave_out(index, "group", DataError(why))
    return prepared


def _opened_part(part: Any, inputs: Sequence[Port], seed: int) -> Samples:
    if isinstance(part, str | Path):
        part = OwnSplits(parts={"data": str(part)})
    return part.open(inputs, seed) if isinstance(part, DataSource) else open_in_memory(part, inputs)


def _opened(recipe: Recipe, inputs: Sequence[Port], seed: int, data: Any) -> Samples:
    source = recipe.data.source
    if data is not None:
        if not are_parts(data):
            return open_in_memory(data, inputs)
        check_parts([*data], recipe)
        return open_parts(data, lambda part: _opened_part(part, inputs, seed))
    if source is None:
        raise DataError("no data: give --data, or a recipe with a data source")
    if isinstance(source, OwnSplits) and source.parts:
        check_parts([*source.parts], recipe)
    return source.open(inputs, seed)
