"""The columns of a table: which are a sample's inputs, which is its label, which names its split."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any, Literal, TypeAlias

from ovopt.data.own_splits import usual_split
from ovopt.errors import DataError, did_you_mean
from ovopt.records import Port
from ovopt.units import a_few

Kind: TypeAlias = Literal["number", "text", "file", "list", "struct", "objects", "other"]
"""What the values of a column are. A file is bytes, or a struct of bytes and path; objects are boxes and classes."""
LabelKind: TypeAlias = Literal["mask", "region", "image", "values"]
Inputs: TypeAlias = str | Sequence[str] | Mapping[str, str]
"""A column, several, or a column for each input of the model by name."""

LABELS = ("label", "labels", "y", "target", "targets", "class", "cls", "category")
PAIRS = (
    ("sentence1", "sentence2"),
    ("sentence_1", "sentence_2"),
    ("text1", "text2"),
    ("text_a", "text_b"),
    ("sentence_a", "sentence_b"),
    ("premise", "hypothesis"),
    ("question1", "question2"),
    ("question", "context"),
    ("query", "passage"),
)
"""Names of two columns of texts that are read together."""
INPUTS = ("inputs", "input", "image", "img", "text", "sentence", "audio", "pixel_values")
SPLITS = ("split", "subset", "set", "partition", "fold", "usage")
WORDS, TAGS = ("tokens", "words"), ("ner_tags", "tags", "labels", "label", "pos_tags", "chunk_tags")
"""Names of columns of lists: the words of a sentence, and the tag of each."""
TRANSCRIPTS = ("text", "transcription", "transcript", "sentence", "words")
"""Names of columns of texts that are labels of files."""
MASKS = (
    "mask",
    "masks",
    "annotation",
    "annotations",
    "segmentation",
    "segmentation_mask",
    "gt",
    "ground_truth",
    "depth",
)
"""Names of columns of files that are labels of other files."""
LIKE_A_LABEL = re.compile(r"(?<![^\W_])(labels?|class(es)?|target)(?![^\W_])", re.IGNORECASE)
"""A word of a column's name: `fine_label`, `label-coarse`, `ClassId` not."""
COUNTING = re.compile(r"|(?i:unnamed: \d+|index|idx|id|row|\w+[ _-]id)|\w*[a-z]I[dD]")
"""Names of columns that may do nothing but count the rows: `id`, `row_id`, `PassengerId`."""
MANY = 4
"""Values of a class are met more often than free text: so many times, on average."""


@dataclass(frozen=True)
class Choice:
    """A recipe's choice of a table's columns. `rename` is a label as found (a class name where the table has them)
    -> class name or index; rows with other labels are left out."""

    inputs: Inputs | None = None
    label: str | None = None
    rename: Mapping[str, str | int] | None = None
    split: str | None = None
    """The column that names the split of each row."""
    target: LabelKind = "mask"
    """What labels are that are files."""
    corners: Literal["xywh", "xyxy"] | None = None
    """Numbers of a box; None for what fits the images."""
    only: Sequence[str] = ()
    """Splits whose rows are samples; all where there are none."""
    scale: float = 1.0
    """What the numbers of labels that are maps are multiplied by."""


@dataclass(frozen=True)
class Column:
    """A column of a table, and its first values."""

    name: str
    outer: str
    """The column that it is inside of, or itself."""
    kind: Kind
    is_class: bool = False
    """True where the table says that its numbers are classes."""
    is_whole: bool = False
    """True for whole numbers and truth values."""
    names_files: bool = False
    """True where texts are paths of files."""
    head: Callable[[], Sequence[Any]] = field(default=lambda: ())

    @cached_property
    def first(self) -> Sequence[Any]:
        """The first values that there are."""
        return [value for value in self.head() if value is not None]

    @property
    def is_outer(self) -> bool:
        """Tell a column from one inside of another."""
        return self.name == self.outer

    @property
    def counts(self) -> bool:
        """Tell a column that does nothing but count the rows, from 0, 1 or any number on; some may be gone."""
        if not (self.is_whole and COUNTING.fullmatch(self.name) and self.first):
            return False
        return all(one < other for one, other in pairwise(self.first))

    @property
    def is_like_a_class(self) -> bool:
        """Tell whole numbers or short texts of which each is met several times."""
        if self.is_class:
            return True
        if self.kind != "text" and not self.is_whole:
            return False
        return len(set(self.first)) * MANY <= max(len(self.first), 2 * MANY)


@dataclass(frozen=True)
class Chosen:
    """Columns of a table by their use."""

    inputs: Mapping[str, str]
    """Input name -> column."""
    label: str | None
    split: str | None
    counting: Sequence[str] = ()
    """Those that are left out, as they do nothing but count the rows."""
    texts: Sequence[str] = ()
    """Those that are left out, as the model takes a vector of numbers."""


class LabelQuestionError(DataError):
    """A table of which any of several `columns` may be the label."""

    def __init__(self, source: str, why: str, columns: Sequence[str]) -> None:
        first = shlex.quote(f"data.source.label={columns[0]}")
        others = f"; or {a_few(columns[1:])}" if columns[1:] else ""
        super().__init__(f"{source}: which column is the label? {why}; say it, as in --set {first}{others}")
        self.columns, self.why = tuple(columns), why


@dataclass(frozen=True)
class Chooser:
    """A choice among a table's columns, for a model with these inputs."""

    columns: Mapping[str, Column]
    ports: Sequence[Port]
    choice: Choice
    source: str

    def chosen(self) -> Chosen:
        """Columns by their use. Raises DataError where the recipe names one that there is not, LabelQuestionError
        where several may be the label."""
        named = self._named()
        split = self.choice.split or self._split()
        label = self.choice.label or self._known_label({*named.values(), split})
        free = {n: c for n, c in self.columns.items() if n not in (label, split) and not n.startswith("__")}
        counting = () if named else self._counting(free, label)
        free = {name: column for name, column in free.items() if name not in counting}
        if label is None:
            label = self._guessed_label(free, named)
            free.pop(label or "", None)
        inputs = named or self._inputs(free)
        vector = not named and len(self.ports) == 1 < len(inputs)
        numbers = vector and all(self.columns[name].kind == "number" for name in inputs.values())
        texts = tuple(name for name, column in free.items() if numbers and column.kind == "text")
        return Chosen(inputs, label, split, counting, texts)

    def _named(self) -> dict[str, str]:
        """Input name -> column, as the recipe says."""
        choice, inputs = self.choice, self.choice.inputs or {}
        named = dict(inputs) if isinstance(inputs, Mapping) else {c: c for c in _listed(inputs)}
        for wanted in (*named.values(), *_listed(choice.label or ()), *_listed(choice.split or ())):
            if wanted not in self.columns:
                inside = [name for name in self.columns if name.startswith(f"{wanted.partition('.')[0]}.")]
                hint = did_you_mean(wanted, inside or [name for name, one in self.columns.items() if one.is_outer])
                raise DataError(f"{self.source}: no column {wanted!r}; {hint}")
        return named

    def _split(self) -> str | None:
        """The column that names the split of each row."""
        inputs = {port.name for port in self.ports}
        return next((c.name for c in self._called(SPLITS) if c.name not in inputs and _names_splits(c.first)), None)

    def _called(self, names: Sequence[str]) -> list[Column]:
        """Columns of these names, in the order of the names; those inside of others last."""
        found = [c for name in names for c in self.columns.values() if c.name.lower() == name]
        return found + [c for name in names for c in self.columns.values() if c.name.lower().endswith(f".{name}")]

    def _known_label(self, taken: set[str | None]) -> str | None:
        """The label by the names and types of columns."""
        objects = [column.name for column in self.columns.values() if column.kind == "objects"]
        if objects and objects[0] not in taken:
            return objects[0]
        if self._words and self._lists(TAGS)[0] not in taken:
            return self._lists(TAGS)[0]
        found = [column for column in self._called(LABELS) if column.name not in taken]
        if found and found[0].kind == "struct":
            inside = [name for name in self.columns if name.startswith(f"{found[0].name}.")]
            if len(inside) > 1:
                raise LabelQuestionError(self.source, f"{found[0].name!r} holds several", inside)
            return inside[0]
        files = [column for column in self.columns.values() if column.kind == "file" and column.is_outer]
        found = found or [column for column in self._called(MASKS) if column in files and len(files) > 1]
        if found:
            return found[0].name
        top = [column for column in self.columns.values() if column.is_outer and column.name not in taken]
        for fit in ([c.name for c in top if c.is_class], [c.name for c in top if LIKE_A_LABEL.search(c.name)]):
            if len(fit) > 1:
                raise LabelQuestionError(self.source, f"{len(fit)} columns may be", fit)
            if fit:
                return fit[0]
        return None

    def _counting(self, free: Mapping[str, Column], label: str | None) -> tuple[str, ...]:
        """Columns that count the rows, where the model takes fewer numbers than there are."""
        numbers = [column for column in free.values() if column.kind == "number"]
        surplus = len(numbers) - (self._width or 0) if self._width else len(numbers)
        return tuple(column.name for column in numbers if surplus > 0 and column.counts)

    @property
    def _width(self) -> int | None:
        """The numbers that the model takes of a row; None where any, or no vector."""
        if len(self.ports) != 1 or not self.ports[0].dtype.startswith("f"):
            return None
        shape = self.ports[0].shape
        return shape[-1] if shape and len(shape) <= 2 else None

    def _guessed_label(self, free: Mapping[str, Column], named: Mapping[str, str]) -> str | None:
        """The label by what the model takes. Raises LabelQuestionError where a row has more numbers than that."""
        top = {name: column for name, column in free.items() if column.is_outer}
        inputs = named or self._by_name(top) or self._usual(top)
        if inputs or any(column.kind == "file" for column in top.values()):
            rest = [c for n, c in top.items() if n not in inputs.values() and c.kind != "file"]
            if len(rest) == 1 and rest[0].is_like_a_class:
                return rest[0].name
            read = not named and not self._takes_tokens and any(column.kind == "file" for column in top.values())
            return _one([c for c in rest if read and c.kind == "text" and c.name.lower() in TRANSCRIPTS])
        numbers = [column for column in top.values() if column.kind == "number"]
        texts = [column for column in top.values() if column.kind == "text"]
        if self._width is None or not numbers:
            return _one([c for c in texts if c.is_like_a_class]) if len(top) == 2 else None
        whole = [column for column in numbers if column.is_whole]
        if len(numbers) <= self._width:
            return _one([column for column in texts if column.is_like_a_class])
        if len(numbers) - len(whole) == self._width:  # the others are of a kind of their own
            whole = [column for column in whole if column.is_like_a_class] or whole
        elif len(numbers) > self._width + 1:
            return None
        if len(whole) != 1:
            why = f"the model takes {self._width} numbers, and {len(numbers)} columns hold some"
            raise LabelQuestionError(self.source, why, [column.name for column in reversed(whole or numbers)])
        return whole[0].name

    def _inputs(self, free: Mapping[str, Column]) -> dict[str, str]:
        """Input name -> column, as far as names and types tell."""
        top = {name: column for name, column in free.items() if column.is_outer}
        known = self._words or self._by_name(top) or self._usual(top) or self._pair(top)
        return known or {name: name for name in self._of_one_kind(top)}

    def _by_name(self, free: Mapping[str, Column]) -> dict[str, str]:
        plain = {_plain(name): name for name in reversed([*free])}
        names = [port.name for port in self.ports]
        found = {name: name if name in free else plain.get(_plain(name), "") for name in names}
        return found if found and all(found.values()) else {}

    def _usual(self, free: Mapping[str, Column]) -> dict[str, str]:
        files = any(column.kind == "file" for column in free.values()) and not self._takes_tokens
        names = {n.lower(): n for n in reversed([*free]) if not files or free[n].kind == "file"}
        return next(({names[usual]: names[usual]} for usual in INPUTS if usual in names), {})

    @property
    def _words(self) -> dict[str, str]:
        """The column of lists of words, where there is one of tags and the model takes tokens."""
        words = self._lists(WORDS) if self._takes_tokens and self._lists(TAGS) else []
        return {name: name for name in words[:1]}

    def _lists(self, names: Sequence[str]) -> list[str]:
        return [column.name for column in self._called(names) if column.kind == "list"]

    def _pair(self, free: Mapping[str, Column]) -> dict[str, str]:
        """Two columns of texts, by their names, or as the only ones of which rarely a text is met again."""
        texts = [name for name, column in free.items() if column.kind == "text"] if self._takes_tokens else []
        names = {name.lower(): name for name in reversed(texts)}
        known = next((pair for pair in PAIRS if names.keys() >= {*pair}), ())
        unlike = [name for name in texts if not free[name].is_like_a_class]
        return {name: name for name in [names[one] for one in known] or (unlike if len(unlike) == 2 else [])}

    def _of_one_kind(self, free: Mapping[str, Column]) -> list[str]:
        """Files before all else; texts for a model of tokens; numbers, or the one list of them; else all."""
        kinds = {
            kind: [n for n, one in free.items() if one.kind == kind] for kind in ("file", "number", "text", "list")
        }
        fractions = [name for name in kinds["number"] if not free[name].is_whole]
        if len(kinds["number"]) > len(fractions) == self._width:
            kinds["number"] = fractions
        if not self._takes(len(kinds["number"])) and len(kinds["list"]) == 1:
            kinds["number"] = kinds["list"]
        order = ("file", "text", "number") if self._takes_tokens else ("file", "number", "text")
        return next((kinds[kind] for kind in order if kinds[kind]), [*free])

    @property
    def _takes_tokens(self) -> bool:
        return all(port.dtype.startswith(("i", "u", "s")) for port in self.ports)

    def _takes(self, numbers: int) -> bool:
        return self._width == numbers or 1 < len(self.ports) == numbers


def _names_splits(values: Iterable[Any]) -> bool:
    found = {value for value in values if value is not None}
    return bool(found) and all(isinstance(value, str) and usual_split(value) for value in found)


def _listed(value: str | Sequence[str]) -> Sequence[str]:
    return [value] if isinstance(value, str) else value


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).lower()


def _one(columns: Sequence[Column]) -> str | None:
    return columns[0].name if len(columns) == 1 else None
