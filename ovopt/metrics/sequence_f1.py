"""F1 scores of sequences: the tokens of a text, the frames of a recording."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from ovopt.contracts import Array, LabelFile, Metric
from ovopt.errors import DataError
from ovopt.metrics.row_tables import tuples
from ovopt.records import Port

OUTSIDE_TAG = "O"
ENDING = {"BB", "BS", "BO", "IB", "IS", "IO"}
STARTING = {"EE", "EI", "SE", "SI", "OE", "OI"}
"""A tag and the next one, between which an entity ends or starts."""


class TokenF1(Metric):
    """F1 score over all samples together, `2 tp / (2 tp + fp + fn)`.

    Where tags are strings (`B-PER`, `I-PER`, `O`; also `E-` and `S-`), of entities: one is right if its type, its
    first and its last token are. Where tags are ids, of tokens: one is right if its id is, and tokens that are
    `outside` on both sides do not count. The output is a sequence of tags, or scores [tokens, tags] of which the
    highest counts, and ends with or before the label: labelled tokens beyond it are predicted to be outside.

    Source: Ramshaw and Marcus, Text chunking using transformation-based learning (1995); entities are read as by
    seqeval (and conlleval before it), micro average.
    """

    name: ClassVar[str] = "token_f1"
    unit: ClassVar[str] = "share"
    ignore: int = Field(default=-100, description="the id in a label of tokens that do not count")
    outside: int = Field(default=0, description="the id of tokens outside any entity, where tags are ids")
    tags: tuple[str, ...] = Field(default=(), description="the tags by id (B-PER ...): then ids count as entities")

    def check(self, label: Any, outputs: Sequence[Port], sample_id: str) -> None:
        """Raises DataError where a label is no sequence of tags or of ids."""
        sequence = isinstance(label, list | tuple) or (isinstance(label, np.ndarray) and label.ndim == 1)
        if not sequence or not all(isinstance(tag, str | int) for tag in _plain(label)):
            raise DataError(f"{sample_id}: the label is no sequence of tags or of tag ids, which {self.name} needs")

    def row(self, output: Any, target: Any) -> list[int]:
        """True positives, false positives, false negatives. Raises DataError where the output has more tokens than the
        label, or other kinds of tags."""
        found, real = _plain(output), _plain(target)
        if len(found) > len(real):
            raise DataError(
                f"the output has {len(found)} tokens, the label {len(real)}; take special and padded tokens off in "
                f"the recipe's `postprocess`, or label them {self.ignore}"
            )
        named = any(isinstance(tag, str) for tag in real) or any(isinstance(tag, str) for tag in found)
        found += [OUTSIDE_TAG if named else self.outside] * (len(real) - len(found))
        pairs = [(mine, tag) for mine, tag in zip(found, real, strict=True) if tag != self.ignore]
        if self.tags and not named:
            pairs, named = [(self._tag(mine), self._tag(tag)) for mine, tag in pairs], True
        if not named:
            hits = sum(mine == tag != self.outside for mine, tag in pairs)
            false = sum(mine not in {tag, self.outside} for mine, tag in pairs)
            missed = sum(tag not in {mine, self.outside} for mine, tag in pairs)
            return [hits, false, missed]
        if not all(isinstance(tag, str) for pair in pairs for tag in pair):
            raise DataError(
                "the output holds tag ids and the label tags, or the other way round; name the tags of both, or of none"
            )
        mine, theirs = (set(_entities([pair[side] for pair in pairs])) for side in (0, 1))
        return [len(mine & theirs), len(mine - theirs), len(theirs - mine)]

    def value(self, rows: Array) -> float:
        """F1 of rows [n, 3]; NaN where nothing is predicted and nothing labelled."""
        return _f1(rows)

    def _tag(self, place: int) -> str:
        if not 0 <= place < len(self.tags):
            raise DataError(f"tag {place} is outside the {len(self.tags)} names under {self.name}.tags")
        return self.tags[place]


def _plain(tags: Any) -> list[Any]:
    """A list of strings and ints."""
    if isinstance(tags, np.ndarray):
        ids = tags.argmax(axis=-1) if tags.ndim == 2 else tags
        plain: list[Any] = ids.tolist()
        return plain
    return [tag.item() if isinstance(tag, np.generic) else tag for tag in tags]


def _entities(tags: Sequence[str]) -> Iterator[tuple[str, int, int]]:
    """Type, first and last token of each entity."""
    before, kind, begin = OUTSIDE_TAG, "", 0
    for place, name in enumerate([*tags, OUTSIDE_TAG]):
        tag, own = name[:1] or OUTSIDE_TAG, name[1:].split("-", maxsplit=1)[-1] or "_"
        step = before + tag
        if before in "ES" or step in ENDING or (before not in "O." and own != kind):
            yield kind, begin, place - 1
        if tag in "BS" or step in STARTING or (tag not in "O." and own != kind):
            begin = place
        before, kind = tag, own


class FrameF1(Metric):
    """F1 score of what is active in each frame, `2 tp / (2 tp + fp + fn)`, over all frames, classes (notes, events) and
    samples together.

    Output and label are arrays [frames, classes], or [frames] of one class. Where one is a little longer, what is
    active in its last frames is all missed (the label's) or false (the output's).

    Source: Mesaros, Heittola and Virtanen, Metrics for polyphonic sound event detection (Applied Sciences 2016).
    """

    name: ClassVar[str] = "frame_f1"
    unit: ClassVar[str] = "share"
    threshold: float = Field(default=0.5, description="the score from which a class is active")
    surplus: float = Field(
        default=0.1, ge=0, le=1, description="how much longer one side may be, as a share of its frames"
    )

    def check(self, label: Any, outputs: Sequence[Port], sample_id: str) -> None:
        """Raises DataError where a label is no array [frames, classes] of 0 and 1."""
        if isinstance(label, LabelFile):
            return
        if np.ndim(label) not in {1, 2} or not np.isin(label, (0, 1)).all():
            raise DataError(f"{sample_id}: the label is no array [frames, classes] of 0 and 1, which {self.name} needs")

    def row(self, output: Any, target: Any) -> list[int]:
        """True positives, false positives, false negatives. Raises DataError where output and label [frames, classes]
        do not fit each other."""
        found, real = _frames(output) >= self.threshold, _frames(target) > 0
        self._check_shapes(found, real)
        shared = min(len(found), len(real))
        hits = int(np.count_nonzero(found[:shared] & real[:shared]))
        return [hits, int(np.count_nonzero(found)) - hits, int(np.count_nonzero(real)) - hits]

    def value(self, rows: Array) -> float:
        """F1 of rows [n, 3]; NaN where nothing is predicted and nothing labelled."""
        return _f1(rows)

    def _check_shapes(self, found: Array, real: Array) -> None:
        if found.ndim != 2 or real.ndim != 2 or found.shape[1] != real.shape[1]:
            raise DataError(
                f"{self.name} needs output and label [frames, classes] with the same classes; they are {found.shape} "
                f"and {real.shape}"
            )
        longer = max(len(found), len(real))
        if abs(len(found) - len(real)) > max(1, self.surplus * longer):
            raise DataError(
                f"the output has {len(found)} frames, the label {len(real)}; bring them to one frame rate, or raise "
                f"{self.name}'s `surplus`"
            )


def _frames(values: Any) -> Array:
    frames = np.asarray(values)
    return frames[:, None] if frames.ndim == 1 else frames


def _f1(rows: Array) -> float:
    """`2 tp / (2 tp + fp + fn)` of rows [n, 3] of true positives, false positives and false negatives together; NaN
    where nothing is predicted and nothing labelled."""
    hits, false, missed = tuples(rows, 3).sum(axis=0)
    counted = 2 * hits + false + missed
    return float(2 * hits / counted) if counted else float("nan")
