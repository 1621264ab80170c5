"""Answers that are a span of a text: extractive question answering."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from ovopt.contracts import Array, Decoder
from ovopt.decoders.outputs import array_of, misfit
from ovopt.errors import DataError

WANTS = (
    "scores of an answer's first and last token, [tokens] and [tokens] (list both in `model.output`), or [tokens, 2]"
)


class AnswerSpan(Decoder):
    """The span of a text that answers a question best: the highest sum of its first and its last token's scores, which
    are two outputs [tokens], or one [tokens, 2]. Of a long text in several windows (`tokenize` with a `stride`), the
    best of all. `tokenize` with `offsets: true` says where tokens stand in the text.

    Source: Devlin et al. 2019, "BERT", section 4.2 and, for questions without an answer, 4.3: the score of none is that
    of the first token, at its lowest over all windows.
    """

    name: ClassVar[str] = "answer_span"
    joins: ClassVar[bool] = True
    beside: ClassVar[bool] = True
    max_tokens: int = Field(default=30, gt=0, description="the longest answer")
    null_threshold: float | None = Field(
        default=None,
        description="how far the score of no answer may lie above the best answer's; default: there always is one",
    )

    def __call__(self, output: Any, inputs: Mapping[str, Any]) -> str:
        """The answer as it stands in the text; empty for none. Raises DataError where scores and tokens do not fit."""
        places, texts = inputs.get("offsets"), inputs.get("context")
        if places is None or texts is None:
            raise DataError(
                f"{self.name}: `preprocess` does not say where tokens stand in the text; set `offsets: true` on "
                "`tokenize`"
            )
        windows = [self._scores(one, len(own)) for one, own in zip(output, places, strict=True)]
        found = [self._best(*scores, own) for scores, own in zip(windows, places, strict=True)]
        window = int(np.argmax([score for score, _, _ in found]))
        score, first, last = found[window]
        none = min((float(start[0] + end[0]) for start, end in windows if len(start)), default=-np.inf)
        if not np.isfinite(score) or (self.null_threshold is not None and none - score > self.null_threshold):
            return ""
        text: str = texts[window]
        return text[places[window][first, 0] : places[window][last, 1]]

    def _scores(self, output: Any, tokens: int) -> tuple[Array, Array]:
        """Scores [tokens] of the first and of the last token."""
        if isinstance(output, tuple):
            sides = [np.ravel(array_of(one, self.name, WANTS)) for one in output]
        else:
            both = array_of(output, self.name, WANTS, rank=2)
            sides = list(both.T if both.shape[1] == 2 else both)
        if len(sides) != 2 or not len(sides[0]) == len(sides[1]) == tokens:
            raise misfit(self.name, f"{WANTS}, of {tokens} tokens", output)
        return sides[0].astype(np.float64), sides[1].astype(np.float64)

    def _best(self, start: Array, end: Array, places: Array) -> tuple[float, int, int]:
        """Score, first and last token of the best span; -inf where no token is one of the text's."""
        inside = places[:, 0] >= 0
        start, end = (np.where(inside & ~np.isnan(side), side, -np.inf) for side in (start, end))
        tokens = np.arange(len(start))
        length = tokens[None, :] - tokens[:, None]
        sums = np.where((length >= 0) & (length < self.max_tokens), start[:, None] + end[None, :], -np.inf)
        first, last = divmod(int(sums.argmax()), len(tokens))
        return float(sums[first, last]), first, last
