"""F1 score of a token classification."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score as token_reference

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from seqeval.metrics import f1_score as entity_reference

from ovopt.errors import DataError
from ovopt.metrics.sequence_f1 import TokenF1
from tests.factories import exactly
from tests.metrics.support import draws, rows_of

BIO = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]
ANY = [*BIO, "E-PER", "S-PER", "E-LOC", "S-LOC", "B", "I", "I-A-B"]


def rows(pairs, metric=None):
    return rows_of([(metric or TokenF1()).row(*pair) for pair in pairs])


def sentences(tags):
    token = st.sampled_from(tags)
    return st.lists(st.lists(st.tuples(token, token), max_size=8), min_size=1, max_size=5)


def of_entities(pairs):
    """seqeval's figure, NaN without entities."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if all(tag == "O" for pair in pairs for side in pair for tag in side):
            return np.nan
        return entity_reference([list(real) for _, real in pairs], [list(found) for found, _ in pairs])


@pytest.mark.parametrize("tags", [BIO, ANY], ids=["BIO", "any scheme"])
def test_entities_are_read_as_by_seqeval(tags):
    @given(sentences(tags))
    def check(drawn):
        pairs = [([found for found, _ in own], [real for _, real in own]) for own in drawn]
        assert TokenF1().value(rows(pairs)) == pytest.approx(of_entities(pairs), nan_ok=True)

    check()


def test_draws_are_seqevals_too():
    rng = np.random.default_rng(0)
    pairs = [tuple(rng.choice(BIO, (2, n)).tolist()) for n in rng.integers(1, 12, 20)]
    known = rows(pairs)
    for drawn in draws(20):
        assert TokenF1().value(known[drawn]) == pytest.approx(of_entities([pairs[i] for i in drawn]))


@pytest.mark.parametrize("outside", [0, 2])
def test_ids_are_scikit_learns_micro_average_without_the_outside(outside):
    rng = np.random.default_rng(outside)
    pairs = [tuple(rng.integers(5, size=(2, n))) for n in rng.integers(1, 12, 20)]
    metric = TokenF1(outside=outside)
    known = rows(pairs, metric)
    inside = [c for c in range(5) if c != outside]
    for drawn in draws(20):
        found, real = (np.concatenate([pairs[i][side] for i in drawn]) for side in (0, 1))
        expected = token_reference(real, found, labels=inside, average="micro")
        assert metric.value(known[drawn]) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("found", "real", "row"),
    [
        (["B-PER", "I-PER", "O"], ["B-PER", "I-PER", "O"], [1, 0, 0]),
        (["B-PER", "O", "O"], ["B-PER", "I-PER", "O"], [0, 1, 1]),
        (["B-LOC", "I-LOC", "O"], ["B-PER", "I-PER", "O"], [0, 1, 1]),
        (["B-PER", "B-PER"], ["B-PER", "I-PER"], [0, 2, 1]),
        (["O", "I-PER"], ["O", "B-PER"], [1, 0, 0]),
        (["O"], ["O"], [0, 0, 0]),
        ([], [], [0, 0, 0]),
        ([1, 0, 2, 2], [1, 1, 2, 0], [2, 1, 1]),
        ([2], [1], [0, 1, 1]),
    ],
)
def test_a_row_counts_what_is_right_false_and_missed(found, real, row):
    assert TokenF1().row(found, real) == row
    assert TokenF1().row(np.array(found), np.array(real)) == row


def test_of_scores_the_highest_counts():
    scores = np.random.default_rng(1).random((6, 4))
    assert TokenF1().row(scores, [0, 1, 2, 3, 0, 1]) == TokenF1().row(scores.argmax(1), [0, 1, 2, 3, 0, 1])


def test_ignored_tokens_do_not_count_and_do_not_part_entities():
    assert TokenF1().row([9, 1, 9, 2], [-100, 1, -100, 2]) == [2, 0, 0]
    assert TokenF1().row(["O", "B-PER", "O", "I-PER"], [-100, "B-PER", -100, "I-PER"]) == [1, 0, 0]
    assert TokenF1(ignore=7).row([1, 1], [7, 1]) == [1, 0, 0]


def test_labelled_tokens_beyond_the_output_are_missed():
    assert TokenF1().row([1], [1, 2, 0, 3]) == [1, 0, 2]
    assert TokenF1().row(["B-PER"], ["B-PER", "O", "B-LOC"]) == [1, 0, 1]


def test_an_output_longer_than_the_label_is_an_error():
    fault = (
        "the output has 3 tokens, the label 2; take special and padded tokens off in the recipe's `postprocess`, or "
        "label them -100"
    )
    with pytest.raises(DataError, match=exactly(fault)):
        TokenF1().row([0, 1, 2], [0, 1])


@pytest.mark.parametrize(("found", "real"), [([0, 1], ["O", "B-PER"]), (["O", "B-PER"], [0, 1])])
def test_ids_against_tags_are_an_error(found, real):
    fault = "the output holds tag ids and the label tags, or the other way round; name the tags of both, or of none"
    with pytest.raises(DataError, match=exactly(fault)):
        TokenF1().row(found, real)


def test_without_entities_there_is_no_value():
    assert np.isnan(TokenF1().value(rows([(["O"], ["O"]), ([0], [0])])))
    assert np.isnan(TokenF1().value(rows_of([])))
    assert TokenF1().value(rows([(["B-PER"], ["O"])])) == 0


def test_a_label_is_a_sequence_of_tags_or_ids():
    for label in (["O", "B-PER"], [0, -100], np.array([0, 1]), ("O",), [], np.array(["O"])):
        TokenF1().check(label, [], "s#0")
    for label in ("O", 3, [[0]], [0.5], np.zeros((2, 2), int), np.array([0.5]), None):
        fault = "s#0: the label is no sequence of tags or of tag ids, which token_f1 needs"
        with pytest.raises(DataError, match=exactly(fault)):
            TokenF1().check(label, [], "s#0")
