"""Advice that an error gives works on the very command that gave it."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ovopt.spelling import OPTION
from tests.cli import run

EVALUATE = ("evaluate", "tiny.xml", "-r", "classification", "-q", "--data")


def with_a_sample_that_is_not_finite(folder: Path) -> None:
    inputs, labels = run.inputs_and_labels()
    inputs[3] = np.nan
    run.write_data(folder / "bad.npz", inputs=inputs, labels=labels)


def with_two_splits(folder: Path) -> None:
    inputs, labels = run.inputs_and_labels()
    test = {"x_test": inputs[:100], "y_test": labels[:100]}
    run.write_data(folder / "splits.npz", x_train=inputs, y_train=labels, **test)


def with_a_bundle(folder: Path) -> None:
    (folder / "out").mkdir()
    (folder / "out" / "ovopt.json").write_text("{}")


@pytest.mark.parametrize(
    ("prepare", "words", "advice"),
    [
        (with_a_sample_that_is_not_finite, (*EVALUATE, "bad.npz"), ["--on-bad-sample", "skip"]),
        (with_two_splits, (*EVALUATE, "splits.npz"),
         ["--set", "data.source.inputs=x_test", "--set", "data.source.labels=y_test"]),
        (with_a_bundle, ("simplify", "tiny.xml", "-q", "-o", "out"), ["--force"]),
    ],
    ids=["a bad sample", "two splits", "an output that exists"],
)  # fmt: skip
def test_the_advice_of_an_error_works_on_the_command_that_gave_it(
    work: Path, prepare: Callable[[Path], None], words: tuple[str, ...], advice: list[str]
) -> None:
    prepare(work)
    refused = run.ovopt(*words, cwd=work)
    assert refused.code == 2
    named = [found[0].removeprefix("-o/--output") for found in OPTION.finditer(refused.message) if found["name"]]
    assert [word for option in named for word in shlex.split(option)] == advice
    again = run.ovopt(*words, *advice, cwd=work)
    assert (again.code, again.message) == (0, "")
