"""Arguments that every use case takes: what each may be, and what is said of anything else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

import ovopt
from ovopt.errors import UsageError
from ovopt.loss import WANTED
from ovopt.workflow.beginning.options import as_path, check_number, options_of
from tests.factories import comparison, exactly


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"seed": "7"}, "seed: '7' is not a whole number"),
        ({"seed": True}, "seed: True is not a whole number"),
        ({"force": 1}, "force: 1 is not True or False"),
        ({"trust": "yes"}, "trust: 'yes' is not True or False"),
        ({"progress": "bar"}, "progress: 'bar' is not True, False or an object with `task` and `say`"),
        (
            {"settings": "data.splits.gate=500"},
            "settings: 'data.splits.gate=500' is not a mapping such as {\"data.splits.gate\": 500}, or a list of "
            "KEY=VALUE",
        ),
        (
            {"settings": [3]},
            'settings: [3] is not a mapping such as {"data.splits.gate": 500}, or a list of KEY=VALUE',
        ),
    ],
)
def test_an_argument_of_a_wrong_type_is_named(given: Mapping[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=exactly(said)):
        options_of(**given)


def test_settings_may_be_a_mapping() -> None:
    made = options_of(settings={"data.splits.gate": 500, "metrics": ["top1"]})
    recipe = ovopt.load_recipe("classification", overrides=made.overrides)
    assert recipe.data.splits.gate == 500
    assert [metric.label for metric in recipe.metrics] == ["top1"]


def test_a_setting_of_a_mapping_is_named_as_it_was_given() -> None:
    made = options_of(settings={"data.splitz": 1})
    with pytest.raises(ovopt.RecipeError, match=r"^settings\['data\.splitz'\]: .*splitz"):
        ovopt.load_recipe("classification", overrides=made.overrides)


@pytest.mark.parametrize("value", ["abc", True, float("nan"), float("inf"), -1.0])
def test_a_number_that_is_none_is_named(value: object) -> None:
    with pytest.raises(UsageError, match=exactly(f"time_budget_s: {value!r} is not a number of at least 0")):
        check_number("time_budget_s", value)


def test_an_output_is_a_path() -> None:
    assert as_path("output", "int8") == Path("int8")
    with pytest.raises(UsageError, match=exactly("output: None is not a path")):
        as_path("output", None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"max_drop": "0.01"}, f"max_drop: '0.01' is no loss: give {WANTED}"),
        ({"time_budget_s": "60"}, "time_budget_s: '60' is not a number of at least 1"),
        ({"time_budget_s": 0}, "time_budget_s: 0 is not a number of at least 1"),
        ({"recipe": 3}, "recipe: 3 is not a name, a file or a Recipe"),
    ],
)
def test_a_use_case_names_the_argument_before_any_work(given: Mapping[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=exactly(said)):
        ovopt.quantize("none.onnx", "int8", **given)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"scenarios": "latency"}, "Plan.scenarios: 'latency' is not a tuple of names"),
        ({"time_budget_s": "5"}, "Plan.time_budget_s: '5' is not a number of at least 1"),
        ({"time_budget_s": 0}, "Plan.time_budget_s: 0 is not a number of at least 1"),
        ({"precision": 0}, "Plan.precision: 0 is not a number of at least 0.001"),
        ({"answer_limit_s": 0.5}, "Plan.answer_limit_s: 0.5 is not a number of at least 1"),
        ({"demand": 3}, "Plan.demand: 3 is not a Demand"),
        ({"vary": ["x"]}, "Plan.vary: ['x'] is not a mapping of properties to values"),
    ],
)
def test_a_plan_names_its_field(given: Mapping[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=exactly(said)):
        ovopt.Plan(**given)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: ovopt.read_comparison(3), "path: 3 is not a path"),
        (lambda: ovopt.load_recipe(3), "recipe: 3 is not a name or a file"),
        (lambda: ovopt.load_suite(3), "suite: 3 is not a path or an ovopt.Suite"),
        (lambda: ovopt.sweep(3, "out"), "suite: 3 is not a path or an ovopt.Suite"),
        (lambda: ovopt.write_card(3), "bundle: 3 is not a path"),
        (lambda: ovopt.rebuild(None, "out"), "bundle: None is not a path"),
        (lambda: ovopt.write_card("int8", 3), "int8: not a bundle; give the folder that an ovopt command wrote"),
        (lambda: ovopt.History(3), "path: 3 is not a path"),
        (lambda: ovopt.render("c.json"), "comparison: 'c.json' is not an ovopt.Comparison"),
        (lambda: ovopt.write_report("c.json", "html", "c.html"), "comparison: 'c.json' is not an ovopt.Comparison"),
        (lambda: ovopt.judge_again("c.json", []), "comparison: 'c.json' is not an ovopt.Comparison"),
        (
            lambda: ovopt.judge_again(comparison(), "latency.min_speedup=2"),
            "budgets: 'latency.min_speedup=2' is not a list of KEY=VALUE, such as ['latency.min_speedup=1.2']",
        ),
    ],
)
def test_what_reads_or_shows_refuses_other_things(
    call: Callable[[], object], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=exactly(said)):
        call()
    assert not list(tmp_path.iterdir())
