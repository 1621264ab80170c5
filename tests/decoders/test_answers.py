"""The span that answers a question, against a search through all spans."""

import numpy as np
import pytest

from ovopt.decoders.answers import AnswerSpan
from ovopt.errors import DataError
from tests.factories import exactly

TEXT = "ant bee cow dog elk fox gnu hen"
SPANS = [(place, place + 3) for place in range(0, len(TEXT), 4)]
PLACES = np.array([(-1, -1), (-1, -1), *SPANS, (-1, -1)])  # a question before, a separator behind
SEEN = {"offsets": [PLACES], "context": [TEXT]}


def best_span(start, end, places, longest):
    """Score and text of the best span of at most so many tokens."""
    spans = [
        (start[i] + end[j], TEXT[places[i][0] : places[j][1]])
        for i in range(len(places))
        for j in range(i, min(i + longest, len(places)))
        if places[i][0] >= 0 and places[j][0] >= 0
    ]
    return max(spans, key=lambda span: span[0])


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("longest", [1, 3, 30])
def test_it_is_the_best_of_all_spans_in_the_text(seed, longest):
    start, end = np.random.default_rng(seed).normal(size=(2, len(PLACES))).astype(np.float32)
    start[0] = end[-1] = 9  # outside the text
    _, expected = best_span(start, end, PLACES, longest)
    decoder = AnswerSpan(max_tokens=longest)
    for output in ((start, end), np.stack((start, end), axis=1), np.stack((start, end))):
        assert decoder([output], SEEN) == expected


def test_of_several_windows_the_best_answers():
    rng = np.random.default_rng(3)
    windows = [PLACES[:6], np.concatenate([PLACES[:2], PLACES[5:]])]
    outputs = [tuple(rng.normal(size=(2, len(own)))) for own in windows]
    best = [best_span(*output, own, 30) for output, own in zip(outputs, windows, strict=True)]
    found = AnswerSpan()(outputs, {"offsets": windows, "context": [TEXT, TEXT]})
    assert found == max(best, key=lambda span: span[0])[1]


def test_there_is_no_answer_where_the_first_token_scores_higher_by_the_threshold():
    start, end = np.zeros((2, len(PLACES)))
    start[3] = end[4] = 2
    start[0] = end[0] = 2.4
    assert AnswerSpan()([(start, end)], SEEN) == "bee cow"
    assert AnswerSpan(null_threshold=1)([(start, end)], SEEN) == "bee cow"
    assert AnswerSpan(null_threshold=0.5)([(start, end)], SEEN) == ""
    lower = (start * 0, end * 0)
    assert AnswerSpan(null_threshold=0)([(start, end), lower], {k: v * 2 for k, v in SEEN.items()}) == "bee cow"


def test_a_window_without_a_token_of_the_text_has_no_answer():
    nothing = np.full_like(PLACES, -1)
    assert AnswerSpan()([np.ones((len(PLACES), 2))], {"offsets": [nothing], "context": [TEXT]}) == ""


def test_what_is_missing_is_told():
    message = "answer_span: `preprocess` does not say where tokens stand in the text; set `offsets: true` on `tokenize`"
    with pytest.raises(DataError, match=exactly(message)):
        AnswerSpan()([np.ones((3, 2))], {})
    message = (
        "answer_span: wants scores of an answer's first and last token, [tokens] and [tokens] (list both in "
        "`model.output`), or [tokens, 2], of 11 tokens, not [3, 2]"
    )
    with pytest.raises(DataError, match=exactly(message)):
        AnswerSpan()([np.ones((3, 2))], SEEN)
