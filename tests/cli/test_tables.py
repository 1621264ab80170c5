"""Tables and arrays as people have them: from a path to figures, and from a question to its answer."""

import json

import numpy as np
import pytest

from tests.cli.run import WIDTH, WRONG_EVERY, inputs_and_labels, ovopt, write_ir

TASK = ("--set", "task=classification", "--format", "json")


def figures(ran):
    assert ran.code == 0, ran.stderr
    return {name: (one["value"], one["n"]) for name, one in json.loads(ran.stdout)["arms"][0]["accuracy"].items()}


def right(rows):
    return 1 - np.mean(rows % WRONG_EVERY == 0)


def written(file, rows, *more, separator=",", decimal="."):
    inputs, labels = inputs_and_labels()
    header = [*(f"c{place}" for place in range(WIDTH)), "kind", *(name for name, _ in more)]
    lines = [
        [*(f"{value:.6f}".replace(".", decimal) for value in inputs[row]), str(labels[row]), *(v[row] for _, v in more)]
        for row in rows
    ]
    file.write_text("\n".join(separator.join(line) for line in [header, *lines]))


@pytest.fixture
def work(tmp_path):
    write_ir(tmp_path / "m.xml")
    return tmp_path


def test_the_shards_of_a_folder_are_judged_by_their_own_test_split_and_how_they_are_written_is_said(work):
    (work / "set").mkdir()
    for name, rows in {"train-0": range(100), "train-1": range(100, 180), "test": range(180, 240)}.items():
        written(work / "set" / f"{name}.csv", rows, separator=";", decimal=",")
    ran = ovopt("evaluate", "m.xml", "--data", "set", *TASK, cwd=work)
    assert figures(ran) == {"top1": (pytest.approx(right(np.arange(180, 240))), 60)}
    assert "test.csv: read with semicolons between columns and a decimal comma" in ran.stderr


def test_a_label_that_cannot_be_told_is_asked_for_and_the_answer_works(work):
    speakers = [str(row // 8) for row in range(240)]
    written(work / "t.csv", range(240), ("speaker", speakers))
    ran = ovopt("evaluate", "m.xml", "--data", "t.csv", *TASK, cwd=work)
    assert (ran.code, ran.message) == (
        2,
        f"error: {work / 't.csv'}: which column is the label? the model takes 16 numbers, and 18 columns hold some; "
        "say it, as in --set data.source.label=speaker; or kind",
    )
    answered = ovopt("evaluate", "m.xml", "--data", "t.csv", "--set", "data.source.label=kind", *TASK, cwd=work)
    assert figures(answered) == {"top1": (pytest.approx(right(np.arange(240))), 240)}


def test_arrays_called_like_splits_calibrate_and_judge(work):
    inputs, labels = inputs_and_labels()
    np.savez(work / "d.npz", x_train=inputs[:150], y_train=labels[:150], x_test=inputs[150:], y_test=labels[150:])
    ran = ovopt("evaluate", "m.xml", "--data", "d.npz", *TASK, cwd=work)
    assert figures(ran) == {"top1": (pytest.approx(right(np.arange(150, 240))), 90)}
