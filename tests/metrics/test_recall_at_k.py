"""Recall at k of a retrieval."""

import numpy as np
import pytest
from sklearn.metrics import top_k_accuracy_score
from sklearn.metrics.pairwise import cosine_similarity

from ovopt.errors import DataError
from ovopt.metrics import recall_at_k
from ovopt.metrics.recall_at_k import RecallAtK
from tests.factories import exactly
from tests.metrics.support import draws, rows_of


def random_pairs(seed, n=50, d=8, noise=1.5):
    documents = np.random.default_rng(seed).normal(size=(n, d))
    queries = documents + noise * np.random.default_rng(seed + 1).normal(size=(n, d))
    return np.stack([queries, documents * np.arange(1, n + 1)[:, None]], axis=1)


def ranks(pairs, metric=None):
    metric = metric or RecallAtK(k=1)
    return metric.gather([metric.row(pair, None) for pair in pairs])


@pytest.mark.parametrize("k", [1, 5, 10])
def test_recall_is_scikit_learns_top_k_accuracy_over_all_documents(k):
    pairs = random_pairs(k)
    alike = cosine_similarity(pairs[:, 0], pairs[:, 1])
    rows = rows_of(ranks(pairs))
    for drawn in draws(50, count=4):
        expected = top_k_accuracy_score(drawn, alike[drawn], k=k, labels=range(50))
        assert RecallAtK(k=k).value(rows[drawn]) == pytest.approx(expected)


def test_a_rank_counts_the_documents_that_are_more_alike():
    pairs = random_pairs(3)
    alike = cosine_similarity(pairs[:, 0], pairs[:, 1])
    assert ranks(pairs) == [1 + int(np.sum(alike[i] > alike[i, i])) for i in range(50)]


def test_ranks_do_not_depend_on_how_many_are_searched_at_once(monkeypatch):
    pairs = random_pairs(4)
    expected = ranks(pairs)
    for block in (1, 7, 50):
        monkeypatch.setattr(recall_at_k, "BLOCK", block)
        assert ranks(pairs) == expected


def test_of_equal_documents_the_earlier_comes_first():
    pairs = random_pairs(5, n=6, noise=0)
    pairs[4] = pairs[1]
    assert ranks(pairs) == [1, 1, 1, 1, 2, 1]


def test_a_model_that_gives_every_text_the_same_embedding_finds_one_document():
    assert ranks(np.ones((5, 2, 3))) == [1, 2, 3, 4, 5]
    assert ranks(np.zeros((5, 2, 3))) == [1, 2, 3, 4, 5]


def test_a_pair_may_be_an_array_or_two_vectors_of_any_shape_and_precision():
    query, document = np.float32([0.5, 0.25]), np.float32([[1, 2]])
    expected = [[0.5, 0.25], [1.0, 2.0]]
    assert RecallAtK(k=1).row([query, document], None) == expected
    assert RecallAtK(k=1).row((query, document), None) == expected
    assert RecallAtK(k=1).row(np.stack([query, document[0]]), None) == expected
    assert rows_of([expected, expected]).shape == (2, 2, 2)


@pytest.mark.parametrize("output", [np.zeros((3, 2)), [np.zeros(2), np.zeros(3)], [np.zeros(2)]])
def test_an_output_that_is_no_pair_of_embeddings_is_an_error(output):
    fault = (
        "recall_at_5 needs the embeddings of a query and of its document, two vectors of one length, not "
        f"{[np.shape(side) for side in output]}; give both texts of a pair as parts of one sample"
    )
    with pytest.raises(DataError, match=exactly(fault)):
        RecallAtK(k=5).row(output, None)


def test_no_samples_have_no_value():
    assert RecallAtK(k=1).gather([]) == []
    assert np.isnan(RecallAtK(k=1).value(rows_of([])))


def test_the_presets_carry_their_k_in_their_names():
    assert {name: RecallAtK(**fields).label for name, fields in RecallAtK.presets.items()} == {
        f"recall_at_{k}": f"recall_at_{k}" for k in (1, 5, 10)
    }


def test_a_whole_number_as_label_is_no_class():
    assert RecallAtK(k=1).by_class(rows_of([1, 2]), [0, 1]) == {}
