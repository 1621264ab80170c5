"""Advice that an error gives works on the very command that gave it."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ovopt.spelling import OPTION
from tests.cli import run

NAMES = "abcdefghij"[: run.CLASSES]
EVALUATE = ("evaluate", "tiny.xml", "-r", "classification", "-q", "--data")


def with_a_sample_that_is_not_finite(folder: Path) -> None:
    inputs, labels = run.inputs_and_labels()
    inputs[3] = np.nan
    run.write_data(folder / "bad.npz", inputs=inputs, labels=labels)


def with_names_of_classes(folder: Path) -> None:
    inputs, labels = run.inputs_and_labels()
    run.write_data(folder / "names.npz", inputs=inputs, labels=np.array(list(NAMES))[labels])


def with_a_bundle(folder: Path) -> None:
    (folder / "out").mkdir()
    (folder / "out" / "ovopt.json").write_text("{}")


@pytest.mark.parametrize(
    ("prepare", "words", "advice"),
    [
        (with_a_sample_that_is_not_finite, (*EVALUATE, "bad.npz"), ["--on-bad-sample", "skip"]),
        (with_names_of_classes, (*EVALUATE, "names.npz"), ["--set", f"data.classes=[{', '.join(NAMES)}]"]),
        (with_a_bundle, ("simplify", "tiny.xml", "-q", "-o", "out"), ["--force"]),
    ],
    ids=["a bad sample", "names of classes", "an output that exists"],
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
