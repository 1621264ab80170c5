"""Stored comparisons: read, refused where they are broken or edited, judged again."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

import ovopt
from ovopt.bench.request_loops import Demand, Served
from ovopt.bench.scenarios.served_load import ServedLoadScenario
from ovopt.errors import UsageError
from ovopt.gate import decide
from ovopt.recipe import parse_recipe
from ovopt.records import Budgets, Comparison, Decision
from ovopt.reports.decision import reason
from ovopt.workflow.stored.comparison_file import judge_again, parse_comparison, read_comparison
from ovopt.workflow.stored.history import History
from ovopt.workflow.stored.recompute import check_unchanged
from tests.factories import comparison, exactly

RUN = comparison({"int8": 0.55})
TEXT = RUN.model_dump_json(by_alias=True)
NOT = "c.json: not a comparison of this version of ovopt: "
CHANGED = "the file was changed after the measurement: take the original one, or measure again"


def edited(*path: Any, value: Any) -> str:
    """The comparison's file with another value in one place; `...` takes the value away."""
    whole = json.loads(TEXT)
    node = whole
    for key in path[:-1]:
        node = node[key]
    if value is ...:
        del node[path[-1]]
    else:
        node[path[-1]] = value
    return json.dumps(whole)


def fault(text: str) -> str:
    with pytest.raises(UsageError) as told:
        parse_comparison(text.encode(), "c.json")
    return str(told.value)


def test_a_file_that_is_whole_is_read_as_it_was_written(tmp_path: Path) -> None:
    (tmp_path / "c.json").write_text(TEXT)
    assert read_comparison(tmp_path / "c.json") == RUN


def test_an_empty_file_is_one_that_was_not_written() -> None:
    assert fault(" \n") == f"{NOT}the file is empty; measure again with `ovopt compare ... -o FILE`"


@pytest.mark.parametrize("share", [0.01, 0.3, 0.7, 0.999])
def test_a_truncated_file_is_said_to_end_in_the_middle(share: float) -> None:
    message = fault(TEXT[: int(share * len(TEXT))])
    assert message.startswith(f"{NOT}it ends in the middle, so it was cut off (EOF while parsing ")
    assert message.endswith("; take the file as ovopt wrote it, or measure again")


def test_what_is_no_json_is_said_to_be_none() -> None:
    assert fault("verdict: pass").startswith(f"{NOT}it is not valid JSON (expected value at line 1 column 1)")


def test_a_newer_schema_asks_for_a_newer_ovopt() -> None:
    assert fault(edited("schema", value="ovopt.comparison/3").replace('"0.1.0"', '"9.0"')) == (
        f"{NOT}schema ovopt.comparison/3, written by ovopt 9.0; this is {ovopt.__version__}: update ovopt"
    )


def test_an_older_schema_asks_to_measure_again() -> None:
    assert fault(edited("schema", value="ovopt.comparison/0")).endswith(": measure again")


@pytest.mark.parametrize("schema", ["ovopt.bundle/1", None, 3, ...])
def test_another_schema_is_named(schema: Any) -> None:
    found = None if schema is ... else schema
    assert fault(edited("schema", value=schema)) == (
        f"{NOT}schema: must begin with 'ovopt.comparison/', is {found!r}; `ovopt compare ... -o FILE` writes one"
    )


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("arms", 0, "latency", "raw_ns"), ..., "arms.0.latency.raw_ns: field required"),
        (("machine", "cores"), "two", "machine.cores: input should be a valid integer, unable to parse"),
        (("pairs", 0, "size", "ratio"), float("nan"), "pairs.0.size.ratio: input should be a finite number"),
        (("pairs", 0, "speed"), 3, "pairs.0.speed: extra inputs are not permitted"),
        (("pairs", 0, "baseline"), "nobody", "pairs: there is no arm 'nobody'"),
        (("arms",), [], "arms: nothing was measured"),
        (("arms", 0, "latency", "raw_ns", 0, 0, 0), 10**400, "arms.0.latency.raw_ns.0.0.0: input should be less than "),
        (("arms", 0, "latency", "raw_ns", 0, 0, 0), 0, "arms.0.latency.raw_ns.0.0.0: input should be greater than 0"),
        (("arms", 0, "throughput", "raw", 0, 0, "samples"), -1, "arms.0.throughput.raw.0.0.samples: input should be "),
        (("arms", 0, "model", "size_bytes"), 0, "arms.0.model.size_bytes: input should be greater than 0"),
        (("machine", "memory_bytes"), 1e300, "machine.memory_bytes: unable to parse input string as an integer"),
        (("arms", 0, "accuracy", "top1", "rows", 0), "a", "arms.original.accuracy.top1.rows: not all numbers"),
        (("arms", 0, "accuracy", "top1", "rows", 0), {}, "arms.original.accuracy.top1.rows: not all numbers"),
        (("arms", 0, "accuracy", "top1", "rows", 0), 10**400, "arms.original.accuracy.top1.rows: not all numbers"),
    ],
)
def test_an_edited_file_has_its_place_named(path: tuple[Any, ...], value: Any, said: str) -> None:
    message = fault(edited(*path, value=value))
    assert message.startswith(NOT + said)
    assert message.endswith("the file was changed after ovopt wrote it: take the original one, or measure again")
    assert len(message) < 500


@pytest.mark.parametrize("rows", [[0.5, [1, 2]], [[1, [2]], [3]], [None, 1], [True, False], [1e300]])
def test_rows_may_be_lists_of_numbers_however_deep(rows: list[Any]) -> None:
    found = parse_comparison(edited("arms", 0, "accuracy", "top1", "rows", value=rows).encode(), "c.json")
    assert json.loads(found.model_dump_json())["arms"][0]["accuracy"]["top1"]["rows"] == rows


def test_what_no_figure_follows_from_is_said_so() -> None:
    text = edited("arms", 0, "latency", "raw_ns", value=[[[2**63 - 1]] * 5] * 6)
    assert changed(text).startswith("c.json: arms.original.latency.")
    assert fault(f'{{"recipe": {"[" * 10_000}').startswith(f"{NOT}it is not valid JSON (recursion limit exceeded")


def test_a_key_that_another_version_wrote_is_laid_to_the_version() -> None:
    text = edited("pairs", 0, "energy", value=3).replace('"ovopt": "0.1.0"', '"ovopt": "0.9.0"')
    assert fault(text) == (
        f"{NOT}pairs.0.energy: extra inputs are not permitted; it was written by ovopt 0.9.0, this is "
        f"{ovopt.__version__}: use the newer one, or measure again"
    )


# figures that do not follow from their raw values ---------------------------------------------------------------------


def changed(text: str) -> str:
    with pytest.raises(UsageError) as told:
        check_unchanged(parse_comparison(text.encode(), "c.json"), "c.json")
    return str(told.value)


def test_figures_that_follow_from_their_raw_values_are_believed() -> None:
    check_unchanged(RUN, "c.json")


@pytest.mark.parametrize(
    ("path", "value", "where"),
    [
        (("arms", 2, "latency", "p50_ms"), 0.1, "arms.int8.latency.p50_ms is 0.1, its raw values give 0.5"),
        (("arms", 0, "throughput", "n"), 7, "arms.original.throughput.n is 7, its raw values give "),
        (("arms", 2, "latency", "raw_ns", 0, 0), [1, 1, 1], "arms.int8.latency.m"),
        (("arms", 2, "model", "size_bytes"), 1, "pairs.int8.size.ratio is 0.265306, its raw values give 1.02"),
        (("pairs", 0, "latency", "estimate"), 9.5, "pairs.int8.latency.estimate is 9.5, its raw values give 1.9"),
        (("pairs", 0, "throughput", "low"), 9.5, "pairs.int8.throughput.low is 9.5, its raw values give 1.8"),
        (
            ("pairs", 0, "latency", "verdict"),
            "slower",
            "pairs.int8.latency.verdict is 'slower', its raw values give 'f",
        ),
        (("pairs", 0, "accuracy", "top1", "low"), 0.0, "pairs.int8.accuracy.top1.low is 0, its raw values give -0.0"),
        (("pairs", 0, "accuracy", "top1", "delta"), 0.1, "pairs.int8.accuracy.top1.delta is 0.1, its raw values give"),
        (("arms", 2, "accuracy", "top1", "value"), 0.99, "pairs.int8.accuracy.top1.candidate is 0.937, its raw values"),
        (("arms", 2, "accuracy", "top1", "rows"), [], "arms.int8.accuracy.top1: 0 rows of 1000 samples"),
        (("arms", 2, "throughput"), None, "pairs.int8.throughput: the figures that it is about are missing"),
    ],
)
def test_a_figure_that_was_edited_is_named(path: tuple[Any, ...], value: Any, where: str) -> None:
    message = changed(edited(*path, value=value))
    assert message.startswith(f"c.json: {where}")
    assert message.endswith(CHANGED)


def under_load(demand: Demand) -> Comparison:
    """The original serves 10 samples/s within 5 ms, int8 25."""
    scenario, ms = ServedLoadScenario(), 10**6
    before = Served(demand, [(10.0, [ms]), (25.0, [9 * ms])])
    after = Served(demand, [(10.0, [ms]), (25.0, [4 * ms])])
    first, control, second = RUN.arms
    arms = (
        first.model_copy(update={"served_load": scenario.figures(before)}),
        control,
        second.model_copy(update={"served_load": scenario.figures(after)}),
    )
    one = RUN.pairs[0].model_copy(update={"served_load": scenario.pair(before, after, None)})
    return RUN.model_copy(update={"arms": arms, "pairs": (one,)})


@pytest.mark.parametrize(
    "demand",
    [Demand(), Demand(rates=(10.0, 25.0)), Demand(limit_ms=5, share=0.9), Demand(rates=(10.0, 25.0), limit_ms=5)],
)
def test_figures_of_served_load_follow_from_what_was_asked_for(demand: Demand) -> None:
    run = under_load(demand)
    check_unchanged(run, "c.json")
    assert run.pairs[0].served_load is not None
    assert run.pairs[0].served_load.highest_rate == (2.5 if demand.limit_ms else None)


def test_an_edited_highest_rate_is_named() -> None:
    whole = json.loads(under_load(Demand(limit_ms=5)).model_dump_json(by_alias=True))
    whole["arms"][0]["served_load"]["within"]["highest_rate_per_s"] = 25.0
    message = changed(json.dumps(whole))
    assert message.startswith(
        "c.json: arms.original.served_load.within.highest_rate_per_s is 25, its raw values give 10"
    )


@pytest.mark.parametrize("path", [("arms", 2, "latency", "raw_ns"), ("arms", 0, "throughput", "raw")])
@pytest.mark.parametrize("empty", [[], [[]]])
def test_raw_values_that_are_missing_are_asked_for(path: tuple[Any, ...], empty: list[Any]) -> None:
    name = "int8" if path[1] == 2 else "original"
    assert changed(edited(*path, value=empty)) == (
        f"c.json: arms.{name}.{path[2]}: raw values are missing, from which the figures follow; take the file as ovopt "
        "wrote it, or measure again"
    )


def test_pairs_of_another_version_are_not_computed_again() -> None:
    text = edited("pairs", 0, "latency", "estimate", value=9.5).replace('"ovopt": "0.1.0"', '"ovopt": "0.0.9"')
    check_unchanged(parse_comparison(text.encode(), "c.json"), "c.json")


# judged again ---------------------------------------------------------------------------------------------------------


def test_budgets_come_beside_those_of_the_recipe() -> None:
    run = RUN.model_copy(update={"recipe": {**RUN.recipe, "budgets": {"size": {"max_ratio": 0.5}}}})
    judged = judge_again(run, ["latency.min_speedup=1.5"])
    assert {check.budget for check in judged.gate.checks} == {"size.max_ratio", "latency.min_speedup"}
    assert judged.recipe["budgets"] == {"size": {"max_ratio": 0.5}, "latency": {"min_speedup": 1.5}}
    wanted = parse_recipe(judged.recipe, "a test").budgets
    assert judged.gate == decide(RUN, wanted).model_copy(update={"reason": reason(judged)})


def test_the_recipes_plug_ins_need_not_be_known() -> None:
    run = RUN.model_copy(update={"recipe": {**RUN.recipe, "optimize": [{"a_step_of_tomorrow": {}}]}})
    assert judge_again(run, ["size.max_ratio=0.5"]).gate.verdict == "pass"


@pytest.mark.parametrize(
    ("budget", "said"),
    [
        ("latncy.min_speedup=2", "--budget latncy.min_speedup=2: budgets.latncy: unknown key; did you mean 'latency'?"),
        (
            "latency.p99.min_ms=2",
            "--budget latency.p99.min_ms=2: budgets.latency.p99.min_ms: unknown key; did you mean 'max_ms'?",
        ),
        ("latency", "--budget latency: write KEY=VALUE"),
        (
            "latency.min_speedup=fast",
            "--budget latency.min_speedup=fast: budgets.latency.min_speedup: input should be a valid number, unable to "
            "parse string as a number, not 'fast'",
        ),
        (
            "latency.min_speedup=.inf",
            "--budget latency.min_speedup=.inf: budgets.latency.min_speedup: input should be a finite number, not inf",
        ),
        (
            "accuracy.top2.max_drop=0.1",
            "c.json: budgets.accuracy.top2: this metric was not measured; did you mean 'top1'?",
        ),
        ("memory.max_ratio=1", "c.json: budgets.memory: it was not measured; add --scenario memory"),
    ],
)
def test_a_budget_that_cannot_be_judged_is_laid_to_the_option_or_the_file(budget: str, said: str) -> None:
    with pytest.raises(UsageError, match=exactly(said)):
        judge_again(RUN, [budget], "c.json")


def test_no_budget_is_nothing_to_judge() -> None:
    message = "c.json: no budget to judge by; give one, for example --budget accuracy.top1.max_drop=0.01"
    with pytest.raises(UsageError, match=exactly(message)):
        judge_again(RUN, [], "c.json")


def test_what_was_only_measured_cannot_be_judged() -> None:
    measured = RUN.model_copy(update={"pairs": ()})
    message = "c.json: nothing was compared; `ovopt compare ... -o FILE` writes what a gate can judge"
    with pytest.raises(UsageError, match=exactly(message)):
        judge_again(measured, ["size.max_ratio=1"], "c.json")


def test_lost_candidates_are_inconclusive() -> None:
    run: Comparison = comparison({}, lost={"int8": "killed"})
    assert judge_again(run, ["size.max_ratio=1"]).gate.verdict == "inconclusive"
    assert decide(run, Budgets()).verdict is None


# files of version 1 ---------------------------------------------------------------------------------------------------

VERSION_1 = Path(__file__).parent / "version_1"


def test_a_comparison_of_version_1_is_read_with_the_decision_that_follows_from_its_pairs() -> None:
    found = read_comparison(VERSION_1 / "comparison.json")
    assert found.schema_ == "ovopt.comparison/2"
    [ground] = found.gate.decision.grounds
    assert (found.gate.decision.kind, ground.candidate, ground.checks) == ("ship", "other", ("accuracy.top1.max_drop",))
    wide = found.gate.reason.replace("not clearly faster", "not clearly faster (not measured long enough)")
    assert reason(found) == wide, "the sentence is the one that version 1 wrote, but for what it left unsaid"
    check_unchanged(found, "c.json")
    assert judge_again(found, ["size.max_ratio=0.5"]).gate.verdict == "pass"


def test_a_file_of_version_1_may_have_its_keys_in_any_order() -> None:
    written = json.loads((VERSION_1 / "comparison.json").read_bytes())
    text = json.dumps(dict(sorted(written.items())), indent=2)
    assert parse_comparison(text.encode(), "c.json") == read_comparison(VERSION_1 / "comparison.json")


def test_an_evaluation_of_version_1_decided_nothing() -> None:
    found = read_comparison(VERSION_1 / "evaluation.json")
    assert found.gate.decision == Decision(kind="evaluated")


def test_a_file_of_version_1_that_was_cut_off_says_so() -> None:
    assert fault((VERSION_1 / "comparison.json").read_text()[:-9]).startswith(f"{NOT}it ends in the middle")


def test_an_edited_file_of_version_1_has_its_place_named() -> None:
    text = (VERSION_1 / "comparison.json").read_text().replace('"ratio":', '"ratoi":')
    assert fault(text).startswith(f"{NOT}pairs.0.size.ratio: field required")


def test_a_history_of_version_1_is_read(tmp_path: Path) -> None:
    store = shutil.copy(VERSION_1 / "history.sqlite", tmp_path)
    [run] = History(store).runs()
    assert History(store).comparison(run.id) == read_comparison(VERSION_1 / "comparison.json")
    assert History(store).add([VERSION_1 / "comparison.json"])[0].new is False


def test_an_output_that_stands_for_all_and_does_not_have_their_figure_is_named() -> None:
    original, control, int8 = RUN.arms
    quality = int8.accuracy["top1"]
    better = quality.model_copy(update={"value": 0.99})
    whole = quality.model_copy(update={"output": "boxes", "outputs": {"boxes": quality, "classes": better}})
    pair = RUN.pairs[0]
    delta = pair.accuracy["top1"].model_copy(update={"output": "boxes"})
    run = RUN.model_copy(
        update={
            "arms": (original, control, int8.model_copy(update={"accuracy": {"top1": whole}})),
            "pairs": (pair.model_copy(update={"accuracy": {"top1": delta}}),),
        }
    )
    check_unchanged(run, "c.json")
    other = delta.model_copy(update={"output": "classes"})
    run = run.model_copy(update={"pairs": (pair.model_copy(update={"accuracy": {"top1": other}}),)})
    assert changed(run.model_dump_json(by_alias=True)).startswith(
        "c.json: arms.int8.accuracy.top1.value is 0.937, its raw values give 0.99; "
    )
