"""What `ovopt evaluate` prints."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ovopt.comparison import quality_delta, quality_of
from ovopt.contracts import View
from ovopt.records import Arm, Comparison, DataFacts, Decision, Gate, Quality
from ovopt.reports.evaluation import SHOWN, Evaluation
from tests.factories import ERROR, TOP1, arm, comparison, rows

NOTHING: dict[str, Any] = {"latency": None, "throughput": None, "execution": None, "effective": {}}
GATE = Gate(decision=Decision(kind="evaluated"))


def quality(wrong: int = 60, **more: Any) -> Quality:
    return quality_of(rows(1000, range(wrong)), TOP1, 0).model_copy(update=more)


def evaluation(*arms: Arm, **more: Any) -> Comparison:
    return comparison({}, arms=arms, control=None, pairs=(), gate=GATE, **more)


def evaluated(name: str = "original", role: Any = "baseline", **accuracy: Quality) -> Arm:
    return arm(name, role, accuracy=accuracy, **NOTHING)


def render(whole: Comparison, width: int = 120, colour: bool = False) -> str:
    return Evaluation().render(whole, View(width, colour))


def block(text: str, title: str) -> list[list[str]]:
    """The rows below a title, up to the next empty line."""
    lines = text.splitlines()
    at = next(i for i, line in enumerate(lines) if title in line)
    found = []
    for line in lines[at + 1 :]:
        if not line.strip():
            break
        found.append(re.split(r"\s{2,}", line.strip()))
    return found


BY_CLASS = {f"class{i}": i / 10 for i in range(9, -1, -1)}
WORST = {f"set#{i}": 0.1 * i for i in range(10)}


def test_every_metric_of_every_model_stands_with_its_interval() -> None:
    text = render(
        evaluation(
            evaluated(top1=quality(60), top5=quality(10)),
            evaluated("int8", "candidate", top1=quality(70), top5=quality(10)),
        )
    )
    lines = [re.split(r"\s{2,}", line.strip()) for line in text.splitlines() if line.strip()]
    assert lines[0] == ["original", "int8"]
    for line, name, wrong in ((lines[1], "top1", (60, 70)), (lines[2], "top5", (10, 10))):
        found = [quality(count) for count in wrong]
        said = [f"{100 * q.value:.1f} %  [{100 * q.low:.1f} %, {100 * q.high:.1f} %]".split("  ") for q in found]
        assert line == [name, *said[0], *said[1]]


def test_each_other_model_is_held_against_the_first_sample_by_sample() -> None:
    first, other = quality(60), quality(70)
    delta = quality_delta(first.rows, other.rows, TOP1, 0)
    arms = evaluated(top1=first), evaluated("int8", "candidate", top1=other), evaluated("lost", "candidate")
    text = render(evaluation(*arms, changes={"int8": {"top1": delta}}))
    assert next(line.split() for line in text.splitlines() if line.startswith("   change")) == [
        "change", "-1.0", f"[{100 * delta.low:+.1f},", f"{100 * delta.high:+.1f}],", "lower"
    ]  # fmt: skip


def test_the_weakest_classes_of_the_first_model_come_first() -> None:
    first, other = quality(by_class=BY_CLASS), quality(by_class={"other": 0.0, "another": 0.1})
    text = render(evaluation(evaluated(top1=first), evaluated("int8", "candidate", top1=other)))
    assert block(text, "weakest classes of original") == [[f"class{i}", f"{10 * i:.1f} %"] for i in range(SHOWN)]
    assert "another" not in text


def test_where_less_is_better_the_weakest_classes_are_those_with_most() -> None:
    found = quality_of([1.0, 2.0], ERROR, 0).model_copy(update={"by_class": BY_CLASS})
    shown = block(render(evaluation(evaluated(error=found))), "weakest classes of original")
    assert [row[0] for row in shown] == [f"class{i}" for i in range(9, 9 - SHOWN, -1)]


def test_one_class_alone_is_not_the_weakest() -> None:
    assert "weakest" not in render(evaluation(evaluated(top1=quality(by_class={"only": 0.5}))))


def test_the_worst_samples_keep_their_order() -> None:
    shown = block(render(evaluation(evaluated(top1=quality(worst=WORST)))), "worst samples of original")
    assert [row[0] for row in shown] == [f"set#{i}" for i in range(SHOWN)]


def test_the_details_are_those_of_the_first_metric_that_has_any() -> None:
    text = render(evaluation(evaluated(top1=quality(), top5=quality(by_class=BY_CLASS, worst=WORST))))
    (title,) = [line for line in text.splitlines() if "weakest classes" in line]
    assert title.split()[-1] == "top5"


def test_without_details_there_is_one_table() -> None:
    text = render(evaluation(evaluated(top1=quality())))
    assert "weakest" not in text
    assert "worst" not in text


def test_a_lost_model_says_why_and_leaves_the_figures_of_the_others() -> None:
    lost = arm("int8", "candidate", lost="its worker was ended by SIGKILL", **NOTHING)
    text = render(evaluation(evaluated(top1=quality()), lost))
    assert "its worker was ended by SIGKILL" in text
    assert "94.0 %" in text


def test_the_samples_are_counted_and_those_left_out_are_named() -> None:
    facts = DataFacts(
        source="photos",
        fingerprint="0" * 64,
        seed=0,
        splits={},
        left_out={"a.jpg": "a.jpg: torn", "b.jpg": "b.jpg: no"},
    )
    text = render(evaluation(evaluated(top1=quality()), data=facts, notes=("the labels look shifted",)))
    lines = [line.strip() for line in text.splitlines()]
    assert lines[-3:] == ["1,000 samples of photos", "2 left out, for example a.jpg: torn", "the labels look shifted"]


@pytest.mark.parametrize("width", [40, 60, 120])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    whole = evaluation(
        evaluated(top1=quality(by_class={**BY_CLASS, "a-very-long-name-" * 9: 0.0}, worst=WORST)),
        notes=("a note " * 40,),
    )
    lines = render(whole, width).splitlines()
    assert max(map(len, lines)) <= width
    assert all(line == line.rstrip() for line in lines)


def test_names_of_classes_are_no_markup() -> None:
    text = render(evaluation(evaluated(top1=quality(by_class={"[bold]": 0.1, "[/x]": 0.2}))))
    assert "[bold]" in text
    assert "[/x]" in text


def test_without_colour_the_text_is_plain_and_with_it_the_words_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    whole = evaluation(evaluated(top1=quality(by_class=BY_CLASS)))
    plain, coloured = render(whole), render(whole, colour=True)
    assert "\x1b" not in plain
    assert "\x1b" in coloured
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured).split() == plain.split()
