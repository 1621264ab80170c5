"""A task's quality figure."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from ovopt.errors import DataError
from ovopt.model.ports.inputs import Array
from ovopt.records import Port, Record

Row = float | Sequence[Any]
"""A metric's raw figure of one sample: a number, or a list of plain numbers (nested where it must be)."""


class Metric(Record, ABC):
    """A task's quality figure: a row per sample, and a value of all rows."""

    name: ClassVar[str]
    unit: ClassVar[str]
    higher_is_better: ClassVar[bool] = True
    chance: ClassVar[float] = 0.0
    """The value that a guess reaches; an error without such a bound has 0."""
    kind: ClassVar[Literal["accuracy", "agreement"]] = "accuracy"
    """An accuracy metric compares outputs with labels, an agreement metric with the baseline's outputs."""
    statistics: ClassVar[Literal["share", "bootstrap"]] = "bootstrap"
    """`share`: rows are 0 or 1 and the value is their mean, so that exact methods apply."""
    needs_label: ClassVar[bool] = True
    """True where an accuracy metric looks at labels: some judge a sample by itself, or by the others."""
    has_classes: ClassVar[bool] = True
    """False where a label that is an integer is a number, not a class."""
    one_class: ClassVar[bool] = False
    """True where a label is the index of one class, so that one-hot rows and the like stand for one."""
    looks_at: ClassVar[frozenset[Literal["outlines", "key_points", "quads"]]] = frozenset()
    """What it takes of labelled objects beside boxes and classes; the rest is spared the work."""
    takes_ids: ClassVar[bool] = False
    """True where a metric of agreement knows what to do with outputs that are integer ids rather than figures."""
    ranks: ClassVar[bool] = False
    """True where a metric of agreement looks at the order of several figures: of a single one it is always full."""
    directs: ClassVar[bool] = False
    """True where a metric of agreement compares directions, of which any two may be near each other by an offset."""
    behind: ClassVar[bool] = False
    """True where a metric of agreement compares what `postprocess` made of both outputs."""
    full: ClassVar[float | None] = None
    """A metric of agreement's row of an output that is held against itself, where it is the same for any."""
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    """Short names for a recipe, each with the fields it stands for."""

    @property
    def label(self) -> str:
        """The name that results carry."""
        return self.name

    def check(self, label: Any, outputs: Sequence[Port], sample_id: str) -> None:
        """Raises DataError where a label cannot belong to these outputs."""

    @abstractmethod
    def row(self, output: Any, target: Any) -> Row:
        """The raw figure of one sample. For accuracy, `output` is what the recipe's `postprocess` made of it and
        `target` the label; for agreement, both are raw outputs without batch dimension, the second the original's."""

    def guessed(self, labels: Sequence[Any], n: int, scores: int | None) -> float:
        """The figure that the best answer reaches which looks at no sample. `labels` are those of the `n` samples that
        were read beforehand, `scores` is the number of scores in an output, where it holds some. By default
        `chance`."""
        return self.chance

    def gather(self, rows: Sequence[Row]) -> Sequence[Row]:
        """Rows that stand alone, from rows that only mean something together (the rank of one among all)."""
        return rows

    def value(self, rows: Array) -> float:
        """The figure over all samples. `rows` is a float64 array [n] or [n, k] with one row per sample, or an array [n]
        of lists where rows differ in length. NaN where it is undefined for these samples. Raises DataError where it
        takes no such lists."""
        if rows.dtype == object:
            raise DataError(f"{self.label}: its rows differ in length, and it does not say how a value comes of them")
        return float(rows.mean()) if len(rows) else float("nan")

    def by_class(self, rows: Array, targets: Sequence[Any]) -> Mapping[int, float]:
        """The figure of each class, from rows [n, ...]. By default the samples are grouped by their label, where that
        is a class index."""
        classes = sorted({target for target in targets if self.has_classes and isinstance(target, int)})
        members = {c: [i for i, target in enumerate(targets) if target == c] for c in classes}
        return {c: self.value(rows[chosen]) for c, chosen in members.items()}
