"""What `ovopt diagnose` prints."""

from __future__ import annotations

import pytest
import yaml

from ovopt.contracts import View
from ovopt.records.diagnosis import Blame, Diagnosis, Problem
from ovopt.reports.diagnosis import TOP, render, worst_first
from tests.reports.diagnosed import FIX, LONG, PROBLEM, diagnosis, layer


def shown(whole: Diagnosis, width: int = 140, top: int = TOP) -> str:
    return render(whole, View(width, False), top)


def test_the_first_line_says_what_was_lost_and_gained() -> None:
    assert shown(diagnosis(problems=(PROBLEM,))).splitlines()[1].strip() == (
        "top1 90.0 % -> 79.0 % (-11.0 points [-12.0, -10.0], 100 tuning samples), 2.00 ms -> 1.00 ms (2.00x), "
        "reorders 2 -> 2"
    )


@pytest.mark.parametrize("width", [60, 80, 140])
def test_the_lines_of_the_recipe_can_be_copied_whatever_the_width(width: int) -> None:
    lines = shown(diagnosis(problems=(PROBLEM,)), width).splitlines()
    start = next(i for i, line in enumerate(lines) if line.strip() == "optimize:")
    end = next(i for i in range(start, len(lines)) if not lines[i].strip())
    assert yaml.safe_load("\n".join(line[5:] for line in lines[start:end])) == yaml.safe_load(FIX.recipe)


def test_a_problem_says_how_its_fix_was_checked() -> None:
    text = shown(diagnosis(problems=(PROBLEM,)), 200)
    assert "1. accuracy: 2 layers cost 10.0 of the 11.0 points" in text
    assert (
        "checked: reverted, -1.0 points [-2.0, +0.0] against the original, 0.90x the speed of the optimized model"
        in text
    )


def test_a_fix_that_does_not_pay_is_not_proposed() -> None:
    idle = Problem(kind="speed", layers=("a",), said="does not pay", fix=FIX.model_copy(update={"pays": False}))
    text = shown(diagnosis(problems=(idle,)))
    assert "1. speed: does not pay" in text
    assert "optimize:" not in text


def test_the_worst_layers_come_first_and_top_says_how_many() -> None:
    layers = [layer("quiet", 0.001), layer("own", 0.02), layer("loud", 0.01, alone=0.5)]
    assert [one.name for one in worst_first(layers)] == ["loud", "own", "quiet"]
    text = shown(diagnosis(*layers), top=2)
    assert "2 of 3 layers, the worst first; --top shows more" in text
    assert "quiet" not in text


def test_without_errors_the_slowest_come_first() -> None:
    assert [one.name for one in worst_first([layer("a", us=1), layer("b", us=3), layer("c", us=2)])] == ["b", "c", "a"]


def test_a_layer_has_its_errors_and_below_what_is_executed() -> None:
    text = shown(
        diagnosis(layer("one", 0.02, alone=0.5), layer("two", timed_with="one", original=None, optimized=None))
    )
    (row,) = (line.split() for line in text.splitlines() if line.startswith(" one "))
    assert row == ["one", "MatMul", "21.5", "0.9870", "2.0", "%", "1.0", "%", "50.0", "%", "25.0", "%"]
    assert "f32 jit_f32 -> int8 jit_I8, 10 us, reorders 0 -> 1" in text
    assert "with one" in text


@pytest.mark.parametrize("width", [60, 80, 103, 104, 120, 200])
def test_no_figure_is_cut_off(width: int) -> None:
    text = shown(diagnosis(layer(LONG, 0.02, alone=123.456), problems=()), width)
    assert "12,345.6 %" in text
    assert "25.0 %" in text
    assert all(len(line) <= max(76, width) for line in text.splitlines())


def test_a_gain_that_is_a_great_loss_is_not_spelled_out() -> None:
    worse = layer("a", 0.1, alone=0.1).model_copy(update={"blame": Blame(alone=0.1, gain=-1e9)})
    assert "< -1,000 %" in shown(diagnosis(worse))


def test_no_problem_is_said_where_it_was_looked_for() -> None:
    assert "No problem found." in shown(diagnosis(layer("a", 0.1)))
    assert "No problem found." not in shown(diagnosis(layer("a")))


def test_layers_without_a_partner_are_named() -> None:
    text = shown(diagnosis(gone=tuple("abcdefg"), new=("x",), reshaped=("y",)), 200)
    assert "7 layers only in the original: a, b, c, d, e and 2 more" in text
    assert "1 layer only in the optimized model: x" in text
    assert "1 layer of another shape than in the original: y" in text
