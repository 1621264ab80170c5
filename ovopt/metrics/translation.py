"""Figures of a translation: chrF and BLEU, over all sentences together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from ovopt.contracts import Array, Metric
from ovopt.errors import DataError
from ovopt.locate import optional
from ovopt.metrics.row_tables import tuples
from ovopt.records import Port

MARKS = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
NGRAMS = 4
"""BLEU's longest sequence of words."""


class _OfTranslations(Metric):
    """Figure of 0 to 100 of translations and of one or several right ones each."""

    unit: ClassVar[str] = ""
    has_classes: ClassVar[bool] = False

    def check(self, label: Any, outputs: Sequence[Port], sample_id: str) -> None:
        """Raises DataError where a label is no text and no list of texts."""
        if not _references(label):
            raise DataError(f"{sample_id}: the label is no text and no list of texts, which {self.label} needs")

    def translated(self, output: Any) -> str:
        """The output. Raises DataError where it is no text."""
        if not isinstance(output, str):
            raise DataError(
                f"{self.label} needs text, not {type(output).__name__}; add a decoder of text to the recipe's "
                "`postprocess`, such as `detokenize`"
            )
        return output


class Chrf(_OfTranslations):
    """Character n-gram F-score of 0 to 100: precision and recall of the n-grams of 1 to `char_order` characters,
    without white space, each averaged over n; recall counts `beta` times as much. `chrf_pp` is chrF++, which counts
    words and pairs of words too. Of several right translations, the one that a sentence is most like counts.

    Source: Popovic 2015, "chrF: character n-gram F-score for automatic MT evaluation", and sacrebleu, to which the
    value is equal.
    """

    name: ClassVar[str] = "chrf"
    presets: ClassVar = {"chrf_pp": {"word_order": 2}}
    char_order: int = Field(default=6, gt=0, description="the longest n-gram of characters")
    word_order: int = Field(default=0, ge=0, description="the longest n-gram of words")
    beta: float = Field(default=2, gt=0, description="how much recall counts beside precision")
    lowercase: bool = False

    @property
    def label(self) -> str:
        """`chrf`, `chrf_pp`."""
        return "chrf_pp" if self.word_order == 2 else self.name

    def row(self, output: Any, target: Any) -> list[int]:
        """N-grams of the translation, of the right one, and of both, for each n. Raises DataError where the output is
        no text."""
        found = list(self._ngrams(self.translated(output)))
        compared = [_matches(found, list(self._ngrams(text))) for text in _references(target)]
        return max(compared, key=lambda counts: self._score(np.array(counts, np.float64)))

    def value(self, rows: Array) -> float:
        """The figure of rows [n, 3 * orders] together; NaN without any."""
        return self._score(rows.astype(np.float64).sum(axis=0)) if len(rows) else float("nan")

    def _ngrams(self, text: str) -> Iterator[Counter[Any]]:
        """Counts of characters' n-grams, then of words'."""
        text = text.lower() if self.lowercase else text
        bare = "".join(text.split())
        for n in range(1, self.char_order + 1):
            yield Counter(bare[i : i + n] for i in range(len(bare) - n + 1))
        parted = list(_words(text))
        for n in range(1, self.word_order + 1):
            yield Counter(tuple(parted[i : i + n]) for i in range(len(parted) - n + 1))

    def _score(self, counts: Array) -> float:
        found, real, shared = counts.reshape(-1, 3).T
        known = (found > 0) & (real > 0)
        if not known.any():
            return 0.0
        precision, recall = (float(np.mean(shared[known] / side[known])) for side in (found, real))
        both = self.beta**2 * precision + recall
        return 100 * (1 + self.beta**2) * precision * recall / both if both else 0.0


class Bleu(_OfTranslations):
    """BLEU of 0 to 100: the geometric mean of the precisions of 1 to 4 words, times a penalty for what is shorter than
    the right translations, as sacrebleu computes it. Needs the extra `translation`.

    Source: Papineni et al. 2002, "BLEU: a method for automatic evaluation of machine translation"; Post 2018, "A call
    for clarity in reporting BLEU scores".
    """

    name: ClassVar[str] = "bleu"
    tokenize: str = Field(default="13a", description="sacrebleu's way of parting words: 13a, intl, zh, char, none ...")
    lowercase: bool = False

    def row(self, output: Any, target: Any) -> list[int]:
        """Words of the translation and of the right one that is nearest in length, then, for 1 to 4 words, how many are
        right and how many there are. Raises DataError where the output is no text, SettingsError where sacrebleu is
        missing, or cannot part words in this way."""
        found = self._sacrebleu(effective_order=True).sentence_score(self.translated(output), _references(target))
        return [int(n) for n in (found.sys_len, found.ref_len, *found.counts, *found.totals)]

    def value(self, rows: Array) -> float:
        """The figure of rows [n, 10] together; NaN without any."""
        if not len(rows):
            return float("nan")
        words, real, *counts = (int(n) for n in tuples(rows, 2 + 2 * NGRAMS).sum(axis=0))
        right, total = counts[:NGRAMS], counts[NGRAMS:]
        made = self._sacrebleu().compute_bleu(right, total, words, real, smooth_method="exp")
        return float(made.score)

    def _sacrebleu(self, **options: Any) -> Any:
        bleu = optional("sacrebleu.metrics", "the metric bleu needs sacrebleu", "translation").BLEU
        try:
            return bleu(tokenize=self.tokenize, lowercase=self.lowercase, **options)
        except Exception as error:  # of a tokenizer that it does not know, or that needs a package of its own
            raise DataError(f"bleu: sacrebleu cannot part words by {self.tokenize!r}: {error}") from None


def _references(label: Any) -> list[str]:
    """The right translations; none where a label is no such."""
    listed = [label] if isinstance(label, str) else label
    texts = isinstance(listed, Sequence) and all(isinstance(text, str) for text in listed)
    return list(listed) if texts else []


def _matches(found: Sequence[Counter[Any]], real: Sequence[Counter[Any]]) -> list[int]:
    """For each n: n-grams of the translation (none where the right one has none), of the right one, and of both."""
    pairs = zip(found, real, strict=True)
    return [n for mine, own in pairs for n in (mine.total() if own else 0, own.total(), (mine & own).total())]


def _words(text: str) -> Iterator[str]:
    """Words, with a mark at their end, or else at their start, as one of its own."""
    for word in text.split():
        if len(word) == 1 or not {word[0], word[-1]} & MARKS:
            yield word
        elif word[-1] in MARKS:
            yield from (word[:-1], word[-1])
        else:
            yield from (word[0], word[1:])
