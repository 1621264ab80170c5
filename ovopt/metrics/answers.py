"""Figures of answers to questions, of which there may be several right ones."""

from __future__ import annotations

import re
import string
from abc import abstractmethod
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from ovopt.contracts import Metric
from ovopt.errors import DataError
from ovopt.records import Port

ARTICLES = re.compile(r"\b(a|an|the)\b")
PUNCTUATION = str.maketrans("", "", string.punctuation)


class _OfAnswers(Metric):
    """Figure of an answer beside the right one that it is most like."""

    unit: ClassVar[str] = "share"
    has_classes: ClassVar[bool] = False

    def check(self, label: Any, outputs: Sequence[Port], sample_id: str) -> None:
        """Raises DataError where a label is no text, no list of texts, and no mapping with such a list as `text`."""
        if _right(label) is None:
            raise DataError(
                f"{sample_id}: the label is no answer, which {self.name} needs: a text, a list of texts, or SQuAD's "
                "mapping with `text`; an empty list where there is no answer"
            )

    def row(self, output: Any, target: Any) -> float:
        """The best figure over all right answers. Raises DataError where the output is no text."""
        if not isinstance(output, str):
            raise DataError(f"{self.name} needs a text, not {type(output).__name__}; `answer_span` makes one")
        right = [text for text in map(_bare, _right(target) or ()) if text]
        return max(self.likeness(_bare(output), text) for text in right or [""])

    @abstractmethod
    def likeness(self, answer: str, right: str) -> float:
        """Figure of an answer and a right one, both normalized."""


class SquadEm(_OfAnswers):
    """Share of answers that are one of the right ones, whatever their case, punctuation and articles. Where there is no
    answer, an empty one is right.

    Source: Rajpurkar et al. 2018, "Know What You Don't Know", SQuAD's official evaluation.
    """

    name: ClassVar[str] = "squad_em"
    statistics: ClassVar[Literal["share", "bootstrap"]] = "share"

    def likeness(self, answer: str, right: str) -> float:
        """1 where they are the same, else 0."""
        return float(answer == right)


class SquadF1(_OfAnswers):
    """Mean F1 score of the words that an answer shares with the right one that it is most like, whatever their case,
    punctuation and articles.

    Source: as `squad_em`.
    """

    name: ClassVar[str] = "squad_f1"

    def likeness(self, answer: str, right: str) -> float:
        """F1 of both bags of words; of an empty one, 1 where both are."""
        mine, theirs = answer.split(), right.split()
        if not mine or not theirs:
            return float(mine == theirs)
        shared = (Counter(mine) & Counter(theirs)).total()
        return 2 * shared / (len(mine) + len(theirs))


def _right(label: Any) -> list[str] | None:
    """The right answers; None where a label is no such."""
    if isinstance(label, Mapping):
        label = label.get("text")
    listed = [label] if isinstance(label, str) else label
    texts = isinstance(listed, Sequence) and all(isinstance(text, str) for text in listed)
    return list(listed) if texts else None


def _bare(text: str) -> str:
    """Lower case, without punctuation and articles, one space between words."""
    return " ".join(ARTICLES.sub(" ", text.lower().translate(PUNCTUATION)).split())
