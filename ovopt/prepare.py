"""From a recipe's data to tensors that fit a model: sources, splits, labels, preprocessing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ovopt.contracts import Samples, Tensors
from ovopt.data.hf import samples_of
from ovopt.data.preparation import HostPreparation
from ovopt.data.split import split
from ovopt.errors import DataError, did_you_mean
from ovopt.recipe import Recipe
from ovopt.records import DataFacts, Port


@dataclass(frozen=True)
class Prepared:
    """The samples of a recipe, divided, and ready to be fitted to a model's inputs."""

    samples: Samples
    splits: dict[str, tuple[int, ...]]
    seed: int
    recipe: Recipe
    inputs: Sequence[Port]

    @property
    def facts(self) -> DataFacts:
        """What a manifest or comparison says about the data."""
        ids = self.samples.ids
        return DataFacts(
            source=self.samples.source,
            fingerprint=self.samples.fingerprint,
            seed=self.seed,
            splits={name: tuple(ids[i] for i in chosen) for name, chosen in self.splits.items()},
        )

    def tensors(self, indices: Sequence[int]) -> Iterator[Tensors]:
        """The model inputs of these samples, one sample at a time. Raises DataError for one that does not fit."""
        preparation = self.preparation
        for index in indices:
            sample_id = self.samples.ids[index]
            try:
                yield preparation.preprocess(preparation.decode(self.samples.load(index)), sample_id)
            except DataError as error:
                known = str(error).startswith(sample_id)
                raise DataError(str(error) if known else f"{sample_id}: {error}") from None

    @property
    def preparation(self) -> HostPreparation:
        """What turns a sample's content into the model's inputs."""
        return HostPreparation(self.recipe.preprocess, tuple(self.inputs), self.recipe.model.inputs)

    def label(self, index: int) -> Any:
        """The label, as a class index where the recipe lists the classes."""
        assert self.samples.labels is not None, "asked for labels of unlabelled data"
        label = self.samples.labels[index]
        classes = self.recipe.data.classes
        if not isinstance(label, str):
            return label
        if label in classes:
            return classes.index(label)
        if not classes and label.lstrip("-").isdigit():
            return int(label)
        hint = did_you_mean(label, classes) if classes else "the recipe lists no class names under `data.classes`"
        raise DataError(f"{self.samples.ids[index]}: unknown class {label!r}; {hint}")


def prepare(recipe: Recipe, inputs: Sequence[Port], seed: int, table: Any = None) -> Prepared:
    """Open the recipe's data (or a `datasets.Dataset` in memory) and divide it."""
    if table is not None:
        samples = samples_of(table, "a data set in memory", str(table._fingerprint), inputs)
    elif recipe.data.source is None:
        raise DataError("no data: give --data, or a recipe with a data source")
    else:
        samples = recipe.data.source.open(inputs, seed)
    return Prepared(samples, split(samples.ids, recipe.data.splits, seed), seed, recipe, inputs)
