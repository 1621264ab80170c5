"""Figures of text: exact match, character and word error rate of what was read, perplexity of a language model."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from ovopt.contracts import Array, Metric
from ovopt.errors import DataError
from ovopt.metrics.row_tables import tuples
from ovopt.records import Port

LARGEST_LOG = 700.0
"""Logarithm of nearly the largest float64."""


class _OfTexts(Metric):
    """Figure of texts that were read and of those that stand there."""

    unit: ClassVar[str] = "share"
    normalize: Literal["none", "lower", "lower_no_punctuation"] = Field(
        default="none", description="what is done to both texts first: nothing, lower case, and punctuation taken out"
    )

    def check(self, label: Any, outputs: Sequence[Port], sample_id: str) -> None:
        """Raises DataError where a label is no text."""
        if not isinstance(label, str):
            raise DataError(f"{sample_id}: the label {label!r} is no text, which {self.name} needs")

    def _normalized(self, text: object) -> str:
        if not isinstance(text, str):
            raise DataError(
                f"{self.name} needs text, not {type(text).__name__}; add a decoder of text to the recipe's "
                "`postprocess`"
            )
        if self.normalize == "none":
            return text.strip()
        if self.normalize == "lower_no_punctuation":
            kept = (" " if sign.isspace() else sign for sign in text if not unicodedata.category(sign).startswith("P"))
            text = " ".join("".join(kept).split())
        return text.lower().strip()


class ExactMatch(_OfTexts):
    """Share of texts that are the same as their label, but for white space at the ends."""

    name: ClassVar[str] = "exact_match"
    has_classes: ClassVar[bool] = False
    statistics: ClassVar[Literal["share", "bootstrap"]] = "share"

    def row(self, output: Any, target: Any) -> float:
        """1 where the texts are the same, else 0. Raises DataError where the output is no text."""
        return float(self._normalized(output) == self._normalized(target))


class Cer(_OfTexts):
    """Character error rate: the characters to insert, delete or replace, over the characters of the labels, both of all
    samples together. It may exceed 1. White space at the ends does not count.

    Source: Morris, Maier and Green, From WER and RIL to MER and WIL (Interspeech 2004), applied to characters.
    """

    name: ClassVar[str] = "cer"
    higher_is_better: ClassVar[bool] = False

    def row(self, output: Any, target: Any) -> list[int]:
        """Edits, and characters of the label. Raises DataError where the output is no text."""
        found, real = (self._parted(self._normalized(text)) for text in (output, target))
        return [_edits(found, real), len(real)]

    def value(self, rows: Array) -> float:
        """Rate of rows [n, 2]; NaN where all labels are empty."""
        edits, length = tuples(rows, 2).sum(axis=0)
        return float(edits / length) if length else float("nan")

    def _parted(self, text: str) -> Sequence[str]:
        return text


class Wer(Cer):
    """Word error rate: the words to insert, delete or replace, over the words of the labels, both of all samples
    together. It may exceed 1. White space parts words.

    Source: Morris, Maier and Green, From WER and RIL to MER and WIL (Interspeech 2004).
    """

    name: ClassVar[str] = "wer"

    def _parted(self, text: str) -> Sequence[str]:
        return text.split()


class Perplexity(Metric):
    """`exp` of the mean negative log-likelihood of a token, over all tokens of all samples. At most exp(700), which is
    near the largest number there is.

    The output is a pair: the sum of negative log-likelihoods in nats, and the number of tokens.

    Source: Jelinek et al., Perplexity: a measure of the difficulty of speech recognition tasks (JASA 1977).
    """

    name: ClassVar[str] = "perplexity"
    has_classes: ClassVar[bool] = False
    needs_label: ClassVar[bool] = False
    unit: ClassVar[str] = ""
    higher_is_better: ClassVar[bool] = False

    def row(self, output: Any, target: Any) -> list[float]:
        """Sum of negative log-likelihoods, and tokens. Raises DataError where the output is not these two numbers."""
        pair = np.ravel(output)
        if len(pair) != 2:
            raise DataError(
                f"{self.name} needs the sum of negative log-likelihoods and the number of tokens, not an output of "
                f"shape {np.shape(output)}; add a decoder of likelihoods to the recipe's `postprocess`"
            )
        return [float(number) for number in pair]

    def value(self, rows: Array) -> float:
        """Perplexity of rows [n, 2]; NaN without tokens."""
        total, tokens = tuples(rows, 2).sum(axis=0)
        return float(np.exp(min(total / tokens, LARGEST_LOG))) if tokens else float("nan")


def _edits(found: Sequence[str], real: Sequence[str]) -> int:
    """Levenshtein's distance, one integer operation for each sign of `found`.

    Neighbours in a column of the distance matrix D differ by -1, 0 or 1: bit i of `up` says that D[i + 1] = D[i] + 1,
    of `down` that it is one less; `right` and `left` say the same of neighbours in a row. Python's integers have as
    many bits as `real` has signs. The distance is that of the last row, followed from column to column.

    Source: Hyyro, A bit-vector algorithm for computing Levenshtein and Damerau edit distances (2003), after Myers.
    """
    if not real:
        return len(found)
    places: dict[str, int] = defaultdict(int)
    for place, sign in enumerate(real):
        places[sign] |= 1 << place
    every, last, distance = (1 << len(real)) - 1, 1 << (len(real) - 1), len(real)
    up, down = every, 0
    for sign in found:
        same = places.get(sign, 0)
        level = (((same & up) + up) ^ up) | same | down
        right, left = down | ~(level | up), up & level
        distance += bool(right & last) - bool(left & last)
        right, left = (right << 1 | 1) & every, left << 1 & every
        up, down = (left | ~(level | right)) & every, right & level
    return distance
