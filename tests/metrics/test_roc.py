"""Area under the ROC curve, and equal error rate."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.interpolate import interp1d
from scipy.optimize import brentq
from scipy.special import softmax
from sklearn.metrics import roc_auc_score, roc_curve

from ovopt.errors import DataError
from ovopt.metrics.class_labels import REMEDY
from ovopt.metrics.roc import Auroc, Eer, TarAtFar
from ovopt.records import Port
from tests.factories import exactly
from tests.metrics.support import draws, rows_of

PORT = Port(name="scores", shape=(None, 3), dtype="f32")
KINDS = {"distinct": 10**9, "tied": 4}


def reference_eer(labels, scores):
    passed, found, _ = roc_curve(labels, scores, drop_intermediate=False)
    return brentq(lambda x: 1 - x - interp1d(passed, found)(x), 0, 1, xtol=1e-14)


def reference_area(labels, scores):
    """Of every pair of a positive and a negative."""
    pairs = [np.sign(p - n) for p in scores[labels == 1] for n in scores[labels == 0]]
    return np.mean(np.array(pairs) / 2 + 0.5)


def of_samples(metric, outputs, targets):
    return rows_of([metric.row(*sample) for sample in zip(outputs, targets, strict=True)])


def mixed(labels):
    return 0 < np.sum(labels) < len(labels)


@pytest.mark.parametrize("levels", KINDS.values(), ids=KINDS)
def test_the_area_of_one_score_is_scikit_learns_on_all_samples_and_on_draws(levels):
    rng = np.random.default_rng(1)
    labels = rng.integers(2, size=40)
    scores = rng.integers(levels, size=40) / levels + labels * 0.25
    rows = of_samples(Auroc(), scores[:, None], labels)
    for drawn in draws(40):
        assert Auroc().value(rows[drawn]) == pytest.approx(roc_auc_score(labels[drawn], scores[drawn]), abs=1e-12)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 1)), min_size=2, max_size=12))
def test_the_area_is_the_share_of_pairs_in_order(pairs):
    scores, labels = np.array(pairs).T
    value = Auroc().value(of_samples(Auroc(), scores, labels))
    if mixed(labels):
        assert value == pytest.approx(reference_area(labels, scores))
    else:
        assert np.isnan(value)


@pytest.mark.parametrize("scale", [1, 200], ids=["usual logits", "logits that saturate"])
def test_two_logits_are_ordered_by_their_difference(scale):
    rng = np.random.default_rng(2)
    logits, labels = rng.normal(size=(50, 2)) * scale, rng.integers(2, size=50)
    expected = roc_auc_score(labels, logits[:, 1] - logits[:, 0])
    assert Auroc().value(of_samples(Auroc(), logits, labels)) == pytest.approx(expected, abs=1e-12)


def test_of_two_probabilities_the_second_is_the_score():
    rng = np.random.default_rng(3)
    p, labels = rng.choice([1e-30, 1e-20, 0.5, 1.0], size=50), rng.integers(2, size=50)
    rows = of_samples(Auroc(), np.stack([1 - p, p], axis=1), labels)
    assert Auroc().value(rows) == pytest.approx(roc_auc_score(labels, p), abs=1e-12)


@pytest.mark.parametrize("logits", [False, True])
@pytest.mark.parametrize("classes", [3, 7])
def test_several_classes_are_scikit_learns_one_against_the_rest(logits, classes):
    rng = np.random.default_rng(classes)
    scores, labels = rng.normal(size=(80, classes)) * 3, np.arange(80) % classes
    scores[np.arange(80), labels] += 2
    chances = softmax(scores, axis=1)
    rows = of_samples(Auroc(), scores if logits else chances, labels)
    for drawn in draws(80, count=5):
        own = labels[drawn]
        areas = {c: roc_auc_score(own == c, chances[drawn, c]) for c in np.unique(own)}
        assert Auroc().value(rows[drawn]) == pytest.approx(np.mean(list(areas.values())), abs=1e-12)
        assert dict(Auroc().by_class(rows[drawn], own.tolist())) == pytest.approx(areas, abs=1e-12)
    expected = roc_auc_score(labels, chances, multi_class="ovr", average="macro")
    assert Auroc().value(rows) == pytest.approx(expected, abs=1e-12)


def test_logits_too_far_apart_for_probabilities_are_still_told_apart():
    outputs = np.array([[900.0, 0, 0], [800.0, 0, 0], [0, 0, 700.0], [0, 600.0, 0]])
    areas = Auroc().by_class(of_samples(Auroc(), outputs, [0, 1, 2, 0]), [0, 1, 2, 0])
    margins = {0: [900, 800, -700, -600], 1: [-900, -800, -700, 600], 2: [-900, -800, 700, -600]}
    expected = {c: roc_auc_score(np.array([0, 1, 2, 0]) == c, own) for c, own in margins.items()}
    assert areas == pytest.approx(expected)


@pytest.mark.parametrize("labels", [[0, 0], [1, 1]])
def test_one_class_alone_has_no_area_and_no_error_rate(labels):
    for metric in (Auroc(), Eer()):
        assert np.isnan(metric.value(of_samples(metric, [0.1, 0.7], labels)))
        assert np.isnan(metric.value(rows_of([[[0.1, label] for label in labels], []])))
    assert np.isnan(Auroc().value(of_samples(Auroc(), np.eye(3)[:2], labels)))


def test_classes_of_only_one_kind_are_left_out():
    rows = of_samples(Auroc(), np.array([[0.7, 0.2, 0.1], [0.1, 0.7, 0.2], [0.6, 0.3, 0.1]]), [0, 1, 0])
    assert Auroc().by_class(rows, [0, 1, 0]) == {0: 1, 1: 1}
    assert Auroc().value(rows) == 1


def test_two_classes_have_one_area_between_them():
    assert Auroc().by_class(of_samples(Auroc(), [0.2, 0.7], [0, 1]), [0, 1]) == {}
    assert Auroc().by_class(of_samples(Auroc(), [[0.2, 0.8], [0.7, 0.3]], [0, 1]), [0, 1]) == {}
    assert Eer().by_class(of_samples(Eer(), [0.2, 0.7], [0, 1]), [0, 1]) == {}


@pytest.mark.parametrize("levels", KINDS.values(), ids=KINDS)
def test_the_equal_error_rate_is_where_the_roc_curve_meets_the_diagonal(levels):
    rng = np.random.default_rng(4)
    labels = rng.integers(2, size=60)
    scores = rng.integers(levels, size=60) / levels + labels * 0.25
    rows = of_samples(Eer(), scores, labels)
    for drawn in draws(60):
        assert Eer().value(rows[drawn]) == pytest.approx(reference_eer(labels[drawn], scores[drawn]), abs=1e-9)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 1)), min_size=2, max_size=12))
def test_the_equal_error_rate_of_any_ties_is_the_references(pairs):
    scores, labels = np.array(pairs).T
    value = Eer().value(of_samples(Eer(), scores, labels))
    if mixed(labels):
        assert value == pytest.approx(reference_eer(labels, scores), abs=1e-9)
    else:
        assert np.isnan(value)


@pytest.mark.parametrize("levels", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("far", [0, 0.01, 0.1, 0.5])
def test_what_passes_at_a_rate_of_false_accepts_is_scikit_learns(levels, far):
    rng = np.random.default_rng(8)
    labels = rng.integers(2, size=400)
    scores = rng.integers(levels, size=400) / levels + labels * 0.5
    metric = TarAtFar(far=far)
    rows = of_samples(metric, scores[:, None], labels)
    for drawn in draws(400, count=5):
        passed, found, _ = roc_curve(labels[drawn], scores[drawn], drop_intermediate=False)
        assert metric.value(rows[drawn]) == pytest.approx(found[passed <= far].max(), abs=1e-12)


def test_the_rate_is_in_the_name_and_one_kind_alone_has_no_figure():
    assert TarAtFar().label == "tar_at_far_1e-3"
    assert TarAtFar(far=0.015).label == "tar_at_far_1.5e-2"
    assert TarAtFar(far=1e-4).label == "tar_at_far_1e-4"
    assert np.isnan(TarAtFar().value(of_samples(TarAtFar(), [0.1, 0.2], [1, 1])))
    assert TarAtFar().guessed([], 10, None) == 0.001


def test_a_separation_without_fault_has_no_errors_and_one_the_wrong_way_round_only_errors():
    assert Eer().value(of_samples(Eer(), [0.1, 0.2, 0.8, 0.9], [0, 0, 1, 1])) == 0
    assert Eer().value(of_samples(Eer(), [0.1, 0.2, 0.8, 0.9], [1, 1, 0, 0])) == 1
    assert Eer().value(of_samples(Eer(), [0.5, 0.5], [0, 1])) == 0.5


def test_an_error_rate_of_two_scores_is_that_of_their_difference():
    scores = np.random.default_rng(5).normal(size=(40, 2))
    labels = np.arange(40) % 2
    expected = reference_eer(labels, scores[:, 1] - scores[:, 0])
    assert Eer().value(of_samples(Eer(), scores, labels)) == pytest.approx(expected)


@pytest.mark.parametrize("lengths", [[7, 3, 0, 12, 5], [6, 6, 6, 6, 6]], ids=["ragged", "alike"])
@pytest.mark.parametrize("levels", KINDS.values(), ids=KINDS)
def test_frames_of_all_drawn_samples_count_together(lengths, levels):
    rng = np.random.default_rng(6)
    outputs = [rng.integers(levels, size=(n, 1)) / levels for n in lengths]
    targets = [rng.integers(2, size=n) for n in lengths]
    for metric, reference in ((Auroc(), roc_auc_score), (Eer(), reference_eer)):
        rows = of_samples(metric, outputs, targets)
        for drawn in draws(5):
            scores = np.concatenate([outputs[i].ravel() for i in drawn])
            labels = np.concatenate([targets[i] for i in drawn])
            if mixed(labels):
                assert metric.value(rows[drawn]) == pytest.approx(reference(labels, scores), abs=1e-9)
            else:
                assert np.isnan(metric.value(rows[drawn]))


def test_each_sample_alone_has_the_value_of_its_frames():
    rng = np.random.default_rng(7)
    outputs, targets = [rng.random(n) for n in (5, 9, 7)], [np.arange(n) % 2 for n in (5, 9, 7)]
    for metric, reference in ((Auroc(), roc_auc_score), (Eer(), reference_eer)):
        rows = of_samples(metric, outputs, targets)
        metric.value(rows)
        alone = [metric.value(rows[i : i + 1]) for i in range(3)]
        assert alone == pytest.approx([reference(*pair) for pair in zip(targets, outputs, strict=True)])


def test_a_metric_that_was_used_is_equal_to_one_that_was_not():
    used = Auroc()
    used.value(of_samples(used, [[0.1, 0.9], [0.3]], [[0, 1], [1]]))
    assert used == Auroc()


def test_frames_that_do_not_fit_the_label_are_an_error():
    fault = (
        "the output has 3 scores, the label 2 frames; bring them to one frame rate in the recipe's `preprocess` or "
        "`postprocess`"
    )
    for metric in (Auroc(), Eer()):
        with pytest.raises(DataError, match=exactly(fault)):
            metric.row(np.zeros(3), [0, 1])


def test_an_error_rate_of_many_classes_is_an_error():
    fault = "eer needs one score, or those of classes 0 and 1; the output has 3"
    with pytest.raises(DataError, match=exactly(fault)):
        Eer().row(np.zeros(3), 1)


def test_labels_that_fit_pass():
    for metric in (Auroc(), Eer()):
        metric.check(1, [PORT], "s#0")
        metric.check(np.array([0, 1, 1]), [PORT], "s#0")
        metric.check([0, 1], [PORT], "s#0")
    Auroc().check(2, [PORT], "s#0")


@pytest.mark.parametrize(
    ("metric", "label", "fault"),
    [
        (Auroc(), 3, f"s#0: class 3 is outside the 3 classes of output 'scores' f32[?,3]; {REMEDY}"),
        (Auroc(), [0, 2], "s#0: the label of each frame must be 0 or 1"),
        (Eer(), np.array([0, 2]), "s#0: the label of each frame must be 0 or 1"),
        (Eer(), 2, "s#0: the label 2 is not 0 or 1, which eer needs"),
    ],
)
def test_labels_that_do_not_fit_are_errors(metric, label, fault):
    with pytest.raises(DataError, match=exactly(fault)):
        metric.check(label, [PORT], "s#0")
