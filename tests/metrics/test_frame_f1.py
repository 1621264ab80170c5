"""F1 score of events in time."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import f1_score

from ovopt.contracts import LabelFile
from ovopt.errors import DataError
from ovopt.metrics.sequence_f1 import FrameF1
from tests.factories import exactly
from tests.metrics.support import draws, rows_of


@pytest.mark.parametrize("threshold", [0.5, 0.2])
def test_the_value_is_scikit_learns_micro_average_over_all_frames_of_the_drawn_samples(threshold):
    rng = np.random.default_rng(0)
    outputs = [rng.random((n, 3)) for n in rng.integers(0, 20, 10)]
    targets = [(rng.random(own.shape) < 0.3).astype(int) for own in outputs]
    metric = FrameF1(threshold=threshold)
    rows = rows_of([metric.row(*pair) for pair in zip(outputs, targets, strict=True)])
    for drawn in draws(10):
        found = np.concatenate([outputs[i] for i in drawn]) >= threshold
        expected = f1_score(np.concatenate([targets[i] for i in drawn]), found, average="micro")
        assert metric.value(rows[drawn]) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("found", "real", "row"),
    [
        ([0.5, 0.4, 0.9], [1, 1, 0], [1, 1, 1]),
        ([[0.9, 0.1]], [[1, 1]], [1, 0, 1]),
        ([0.9], [1, 1], [1, 0, 1]),
        ([0.9, 0.9], [1], [1, 1, 0]),
        ([0.9, 0.1], [1], [1, 0, 0]),
        ([0.0], [0], [0, 0, 0]),
    ],
)
def test_a_row_counts_what_is_right_false_and_missed(found, real, row):
    assert FrameF1().row(np.array(found), np.array(real)) == row
    assert FrameF1().row(np.array(found), np.array(real, bool)) == row


@pytest.mark.parametrize("longer", ["output", "label"])
def test_a_little_more_on_one_side_is_false_or_missed_and_much_more_an_error(longer):
    for n, fits in ((11, True), (12, False)):
        frames = {"output": 10, "label": 10, longer: n}
        output, target = (np.ones((frames[side], 2)) for side in ("output", "label"))
        if fits:
            assert FrameF1().row(output, target) == [20, 2 * (frames["output"] - 10), 2 * (frames["label"] - 10)]
            continue
        fault = (
            f"the output has {frames['output']} frames, the label {frames['label']}; bring them to one frame rate, or "
            "raise frame_f1's `surplus`"
        )
        with pytest.raises(DataError, match=exactly(fault)):
            FrameF1().row(output, target)
        assert FrameF1(surplus=0.2).row(output, target)[0] == 20


def test_other_classes_are_an_error():
    fault = "frame_f1 needs output and label [frames, classes] with the same classes; they are (4, 2) and (4, 3)"
    with pytest.raises(DataError, match=exactly(fault)):
        FrameF1().row(np.zeros((4, 2)), np.zeros((4, 3)))


def test_where_nothing_is_active_there_is_no_value():
    assert np.isnan(FrameF1().value(rows_of([[0, 0, 0], [0, 0, 0]])))
    assert np.isnan(FrameF1().value(rows_of([])))


def test_a_label_holds_a_0_or_1_for_each_frame():
    for label in (np.zeros((3, 2)), [0, 1], np.array([True])):
        FrameF1().check(label, [], "s#0")
    FrameF1().check(LabelFile(Path("roll.png"), "image"), [], "s#0")
    for label in (1, np.zeros((1, 2, 3)), [0, 2], "speech"):
        fault = "s#0: the label is no array [frames, classes] of 0 and 1, which frame_f1 needs"
        with pytest.raises(DataError, match=exactly(fault)):
            FrameF1().check(label, [], "s#0")
