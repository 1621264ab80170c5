"""A worker that dies in the middle of a comparison: its arm is lost, and says why; the others stand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

import ovopt
from ovopt.cli.show import exit_code
from ovopt.contracts import Advance, View
from ovopt.errors import ModelError
from ovopt.records import Arm, Comparison
from ovopt.reports.console import Console
from ovopt.reports.evaluation import Evaluation
from tests.cli import run

KILLED = "its worker was ended by SIGKILL; the system may have run out of memory"
CANDIDATES = ("first", "second")
Hook = Callable[[], None]


class Watch:
    """Progress that does something when a task starts, or when it first moves on."""

    def __init__(self, task: str, act: Hook, at_start: bool = True) -> None:
        self._task, self._act, self._at_start = task, act, at_start
        self._done = False

    @contextmanager
    def task(self, name: str, total: float | None = None) -> Iterator[Advance]:
        if name == self._task and self._at_start:
            self._once()
        yield lambda amount=1, note="": self._once() if name == self._task else None

    def say(self, message: str) -> None:
        pass

    def _once(self) -> None:
        if not self._done:
            self._done = True
            self._act()


def kill(*places: int) -> Hook:
    """Ends the workers at these places: they start in the order original, control, candidates."""

    def act() -> None:
        children = [child for child in psutil.Process().children() if "ovopt.bench.worker" in child.cmdline()]
        workers = sorted(children, key=lambda child: (child.create_time(), child.pid))
        for place in places:
            workers[place].kill()

    return act


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("faults")
    for name in ("tiny", *CANDIDATES):
        run.write_ir(folder / f"{name}.xml")
    run.write_data(folder / "data.npz")
    return folder


def compare(folder: Path, watch: Watch, scenarios: Sequence[str] = ("latency",), labelled: bool = True) -> Comparison:
    fixed = "runtime.properties.INFERENCE_PRECISION_HINT=f32"
    budget = "budgets.accuracy.top1.max_drop=0.2" if labelled else "budgets.latency.min_speedup=0.5"
    return ovopt.compare(
        folder / "tiny.xml",
        [folder / f"{name}.xml" for name in CANDIDATES],
        recipe="classification" if labelled else None,
        data=folder / "data.npz" if labelled else None,
        plan=ovopt.Plan(tuple(scenarios), time_budget_s=1.5 * len(scenarios)),
        settings=[fixed, budget],
        progress=watch,
    )


def by_name(result: Comparison) -> dict[str, Arm]:
    return {arm.name: arm for arm in result.arms}


def check_whole(result: Comparison) -> None:
    """Whatever was lost: it is stored, read, shown and judged again as any other comparison."""
    text = result.model_dump_json(by_alias=True)
    assert Comparison.model_validate_json(text) == result
    assert ovopt.judge_again(result, []).gate == result.gate
    shown = " ".join(Console().render(result, View(width=200, colour=False)).split())
    for arm in result.arms:
        if arm.lost and arm.role != "control":
            assert arm.lost in shown
    assert exit_code(result) == 1


@pytest.mark.parametrize("at_start", [True, False], ids=["as it starts", "in its middle"])
def test_a_candidate_is_lost_and_the_others_stand(folder: Path, at_start: bool) -> None:
    result = compare(folder, Watch("measure latency", kill(2), at_start))
    arms = by_name(result)
    assert arms["first"].lost == f"{KILLED} (during Open)"
    assert arms["first"].latency is None
    assert {name for name, arm in arms.items() if not arm.lost} == {"original", "control", "second"}
    assert [pair.candidate for pair in result.pairs] == ["second"]
    assert result.pairs[0].latency is not None
    assert result.pairs[0].latency.low is not None
    assert result.control is not None
    assert result.gate.candidates == {"first": "inconclusive", "second": "pass"}
    check_whole(result)


def test_a_candidate_lost_in_the_second_scenario_has_no_pair(folder: Path) -> None:
    result = compare(folder, Watch("measure throughput", kill(3)), ("latency", "throughput"))
    assert by_name(result)["second"].lost == f"{KILLED} (during Open)"
    assert [pair.candidate for pair in result.pairs] == ["first"]
    assert result.pairs[0].throughput is not None
    check_whole(result)


def test_a_candidate_lost_while_it_is_evaluated_has_no_accuracy(folder: Path) -> None:
    result = compare(folder, Watch("evaluate second", kill(3)))
    lost = by_name(result)["second"]
    assert lost.lost == f"{KILLED} (during Evaluate)"
    assert lost.accuracy == {}
    assert [pair.candidate for pair in result.pairs] == ["first"]
    check_whole(result)


def test_without_its_baseline_nothing_is_compared(folder: Path) -> None:
    result = compare(folder, Watch("measure latency", kill(0)))
    arms = by_name(result)
    assert arms["original"].lost == f"{KILLED} (during Open)"
    assert {name for name, arm in arms.items() if arm.lost} == {"original"}
    assert result.pairs == ()
    assert result.control is None
    assert result.gate.ship is None
    assert result.gate.reason == f"Nothing was compared. original: {KILLED} (during Open)"
    assert result.gate.verdict == "inconclusive"
    check_whole(result)


def test_a_baseline_lost_before_agreement_could_be_looked_at_is_reported(folder: Path) -> None:
    result = compare(folder, Watch("evaluate original", kill(0)), labelled=False)
    assert by_name(result)["original"].lost == f"{KILLED} (during Evaluate)"
    assert result.pairs == ()
    check_whole(result)


def test_without_the_control_the_noise_is_unknown_and_the_pairs_stand(folder: Path) -> None:
    result = compare(folder, Watch("measure latency", kill(1)))
    assert by_name(result)["control"].lost == f"{KILLED} (during Open)"
    assert result.control is None
    assert [pair.candidate for pair in result.pairs] == list(CANDIDATES)
    assert all(pair.latency and pair.latency.low is not None for pair in result.pairs)
    assert set(result.gate.candidates) == set(CANDIDATES)
    assert "control (A/A): lost" in Console().render(result, View(width=200, colour=False))
    check_whole(result)


@pytest.mark.parametrize("task", ["evaluate original", "measure latency"])
def test_when_every_worker_dies_every_arm_says_why(folder: Path, task: str) -> None:
    result = compare(folder, Watch(task, kill(0, 1, 2, 3)))
    assert all(arm.lost and arm.lost.startswith(KILLED) for arm in result.arms)
    assert result.pairs == ()
    assert result.gate.ship is None
    check_whole(result)


def test_no_worker_is_left_when_an_arm_was_lost(folder: Path) -> None:
    compare(folder, Watch("measure latency", kill(2)))
    assert [child for child in psutil.Process().children() if "ovopt.bench.worker" in child.cmdline()] == []


def evaluate(folder: Path, watch: Watch, others: Sequence[str] = CANDIDATES) -> Comparison:
    models = [folder / f"{name}.xml" for name in ("tiny", *others)]
    return ovopt.evaluate(models, recipe="classification", data=folder / "data.npz", progress=watch)


def test_a_model_lost_while_it_is_evaluated_leaves_the_figures_of_the_others(folder: Path) -> None:
    result = evaluate(folder, Watch("evaluate first", kill(1)))
    arms = by_name(result)
    assert list(arms) == ["original", *CANDIDATES]
    assert arms["first"].lost == f"{KILLED} (during Evaluate)"
    assert arms["first"].accuracy == {}
    assert arms["second"].accuracy["top1"] == arms["original"].accuracy["top1"]
    assert exit_code(result) == 1
    shown = " ".join(Evaluation().render(result, View(width=200, colour=False)).split())
    assert KILLED in shown


def test_where_the_only_model_is_lost_nothing_was_evaluated(folder: Path) -> None:
    with pytest.raises(ModelError, match=rf"\A{folder}/tiny\.xml: {KILLED} \(during Evaluate\)\Z"):
        evaluate(folder, Watch("evaluate original", kill(0)), [])


def test_where_the_first_of_several_models_is_lost_the_run_says_so(folder: Path) -> None:
    result = evaluate(folder, Watch("evaluate original", kill(0)))
    assert by_name(result)["original"].lost == f"{KILLED} (during Evaluate)"
    assert exit_code(result) == 1
    assert KILLED in " ".join(Evaluation().render(result, View(width=200, colour=False)).split())
