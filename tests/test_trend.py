"""A model's figures over runs."""

from typing import Any

import pytest

from ovopt.figures import KEYED
from ovopt.records import Comparison
from ovopt.trend import Point, changed, lines, machine_name, points_of, sparkline
from tests.factories import comparison

RUN = comparison({"int8": 0.55})


def later(day: int, **machine: Any) -> Comparison:
    """The same run on another day, and what else differs."""
    return RUN.model_copy(
        update={
            "created": f"2026-01-{day:02}T00:00:00+00:00",
            "machine": RUN.machine.model_copy(update=machine),
        }
    )


def of(points: list[Point], figure: str, arm: str = "int8") -> list[Point]:
    return [point for point in points if (point.figure, point.arm) == (figure, arm)]


def test_every_arm_but_the_control_has_its_figures() -> None:
    points = points_of(RUN, 7)
    assert {point.arm for point in points} == {"original", "int8"}
    assert {point.run for point in points} == {7}
    own = {"latency.p50", "latency.p99", "throughput", "size", "accuracy.top1"}
    assert {point.figure for point in of_arm(points, "original")} == own
    assert {point.figure for point in of_arm(points, "int8")} == own | {
        "latency.speedup",
        "throughput.speedup",
        "size.ratio",
    }


def of_arm(points: list[Point], arm: str) -> list[Point]:
    return [point for point in points if point.arm == arm]


def test_a_point_holds_the_figure_of_the_comparison_with_its_interval() -> None:
    points = points_of(RUN)
    (p50,), (speedup,), (top1,), (size,) = (
        of(points, name) for name in ("latency.p50", "latency.speedup", "accuracy.top1", "size")
    )
    arm, pair = RUN.arms[2], RUN.pairs[0]
    spread = KEYED["latency.p50"].spread(arm)
    assert (p50.value, p50.low, p50.high, p50.unit) == (spread.estimate, spread.low, spread.high, "ms")
    assert (speedup.value, speedup.low, speedup.unit) == (pair.latency.estimate, pair.latency.low, "x")
    assert (top1.value, top1.high, top1.unit) == (arm.accuracy["top1"].value, arm.accuracy["top1"].high, "share")
    assert (size.value, size.low) == (arm.model.size_bytes, None)


def test_lost_arms_have_no_points() -> None:
    assert {point.arm for point in points_of(comparison({"int8": 0.5}, lost={"int4": "killed"}))} == {
        "original",
        "int8",
    }


@pytest.mark.parametrize(
    ("figure", "said"), [("size", "2.60 MB"), ("latency.p50", "0.550 ms"), ("accuracy.top1", "93.7 %")]
)
def test_a_point_is_said_with_its_unit(figure: str, said: str) -> None:
    (point,) = of(points_of(RUN), figure)
    assert point.said() == said


def test_a_line_is_in_the_order_of_time_whatever_the_order_of_adding() -> None:
    points = [p for run, day in ((1, 9), (2, 3), (3, 5)) for p in of(points_of(later(day), run), "latency.p50")]
    (line,) = lines(points)
    assert [point.run for point in line.points] == [2, 3, 1]


def test_unlike_machines_stand_apart_unless_they_are_what_is_looked_at() -> None:
    points = [p for run, cores in ((1, 2), (2, 64)) for p in of(points_of(later(run, cores=cores), run), "latency.p50")]
    assert [len(line.points) for line in lines(points)] == [1, 1]
    assert [len(line.points) for line in lines(points, "machine")] == [2]


def test_unlike_settings_stand_apart() -> None:
    other = RUN.model_copy(update={"settings": RUN.settings.model_copy(update={"hint": "LATENCY"})})
    points = of(points_of(RUN, 1), "latency.p50") + of(points_of(other, 2), "latency.p50")
    assert len(lines(points)) == 2
    assert len(lines(points, "settings")) == 1


@pytest.mark.parametrize(("figure", "count"), [("accuracy.top1", 2), ("latency.p50", 1)])
def test_other_samples_part_accuracy_and_nothing_else(figure: str, count: int) -> None:
    other = RUN.model_copy(update={"data": RUN.data.model_copy(update={"fingerprint": "1" * 64})})
    points = of(points_of(RUN, 1), figure) + of(points_of(other, 2), figure)
    assert len(lines(points)) == count


def test_another_version_of_software_stays_in_the_line_and_is_named() -> None:
    points = [
        point
        for run, version in ((1, "2026.4.1"), (2, "2026.5.0"))
        for point in of(points_of(later(run, versions={"openvino": version}), run), "latency.p50")
    ]
    (line,) = lines(points)
    assert changed(*line.points) == ["openvino"]


def test_budgets_are_no_part_of_the_recipe_that_counts() -> None:
    judged = RUN.model_copy(update={"recipe": {**RUN.recipe, "budgets": {"size": {"max_ratio": 1}}}})
    (one,), (other,) = (of(points_of(run), "size") for run in (RUN, judged))
    assert one.recipe == other.recipe
    assert one.recipe.startswith("example ")


@pytest.mark.parametrize(
    ("values", "bars"),
    [([], ""), ([3.0], "▄"), ([2.0, 2.0], "▄▄"), ([0.0, 7.0], "▁█"), ([0.0, 1, 2, 3, 4, 5, 6, 7], "▁▂▃▄▅▆▇█")],
)
def test_a_sparkline_goes_from_the_lowest_to_the_highest(values: list[float], bars: str) -> None:
    assert sparkline(values) == bars


def test_a_machine_is_named_by_what_tells_it_apart() -> None:
    assert machine_name(RUN.machine) == "Example processor, 2 cores, 8.00 GiB"
    assert machine_name(RUN.machine.model_copy(update={"virtual": True})).endswith(", virtual")
