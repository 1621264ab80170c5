"""Compression under a budget: what the search tries, and what comes of it from a model file to a bundle."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import openvino as ov
import pytest

from ovopt.bundle import read_manifest
from ovopt.errors import BudgetMissedError, DataError, RecipeError, UsageError
from ovopt.model.files.read import read_model
from ovopt.model.inspect.layers import weights
from ovopt.model.ports.facts import facts
from ovopt.records import Manifest
from ovopt.records.search import Trial
from ovopt.steps.compress import Compress
from ovopt.workflow.applying import work
from ovopt.workflow.optimizing import pipeline
from ovopt.workflow.optimizing.steps import compress
from ovopt.workflow.searching import compress as module
from ovopt.workflow.searching.compress import HOPELESS, SHAPES, CompressSearch
from ovopt.workflow.searching.search import Candidate, Goal, journal_file, state_of, winner
from tests.workflow.searching.compressed import FEW, write_network, write_samples

SIZES = list(SHAPES)
BUDGET = 0.01


class Table:
    """A contest whose figures are known beforehand: the drop of each candidate, and the speed of each size."""

    def __init__(
        self, drops: Mapping[str, float], aim: Any = "size", speeds: Mapping[str, float] | None = None
    ) -> None:
        self.goal, self.max_drop = Goal(BUDGET, aim=aim), BUDGET
        self.trials: list[Trial] = []
        self.timed: list[str] = []
        self._drops, self._speeds = drops, speeds or {}

    @property
    def best(self) -> Trial | None:
        return winner(self.trials, BUDGET, self.goal.aim)

    @property
    def tried(self) -> list[str]:
        return [trial.name for trial in self.trials]

    def acceptable(self, trial: Trial | None) -> bool:
        return trial is not None and trial.acceptable(BUDGET)

    def judge(self, candidate: Candidate) -> Trial:
        name = candidate.name
        size = name if name in SHAPES else name.rpartition(", ")[0]
        place = SIZES.index(size) if size in SHAPES else len(SIZES)
        drop = self._drops.get(name, 1.0)
        trial = Trial(
            name=name, drop=drop, low=drop, high=drop, n=100, state=state_of(drop, drop, BUDGET),
            speedup=self._speeds.get(size, 1.0), seconds=1, size_ratio=0.1 + 0.01 * place,
        )  # fmt: skip
        self.trials.append(trial)
        return trial

    def judge_if_faster(self, candidate: Candidate) -> Trial | None:
        name = candidate.name
        self.timed.append(name)
        best = self.best.speedup if self.best else 1.0
        return self.judge(candidate) if self._speeds.get(name, 1.0) > (best or 1.0) else None


def searched(table: Table, own: Compress | None = None) -> Table:
    CompressSearch(table, own or Compress(mode="int8_sym")).run()  # type: ignore[arg-type]
    return table


@pytest.mark.parametrize("first", range(len(SIZES)))
def test_the_smallest_size_that_keeps_the_budget_is_found_in_few_looks(first: int) -> None:
    table = searched(Table({"recipe": 0.0, **dict.fromkeys(SIZES[first:], 0.0)}))
    assert table.tried[:2] == ["recipe", "int8"]
    assert table.best is not None
    assert table.best.name == SIZES[first]
    assert len(table.trials) <= 2 + 4


def test_where_a_size_alone_loses_too_much_algorithms_may_save_it() -> None:
    size = SIZES[3]
    drops = {"recipe": 0.0, **dict.fromkeys(SIZES[3:], 0.0), size: 0.02, f"{size}, gptq": 0.004}
    table = searched(Table(drops))
    assert table.best is not None
    assert table.best.name == f"{size}, gptq"
    algorithms = [name for name in table.tried if name.startswith(size)]
    assert algorithms == [size, *(f"{size}, {algorithm}" for algorithm in module.ALGORITHMS)]


def test_algorithms_are_spared_where_a_size_is_hopeless() -> None:
    drops = dict.fromkeys(SIZES[:-1], HOPELESS * BUDGET + 0.001)
    table = searched(Table({"recipe": 0.0, "int8": 0.0, **drops}))
    assert not any(", awq" in name or ", gptq" in name for name in table.tried)
    assert table.best is not None
    assert table.best.name == "int8"


def test_what_the_recipe_says_is_not_tried_twice() -> None:
    table = searched(Table({"recipe": 0.0}), Compress())
    assert table.tried.count("recipe") == 1
    assert "int8" not in table.tried


def test_for_speed_only_what_runs_faster_is_judged() -> None:
    fast = SIZES[4]
    drops = {"recipe": 0.0, "int8": 0.0, fast: 0.0}
    table = searched(Table(drops, "speed", {fast: 1.5, "int8": 1.2, SIZES[5]: 1.4}))
    assert table.timed == SIZES[:-1]
    assert table.tried == ["recipe", "int8", fast]
    assert table.best is not None
    assert table.best.name == fast


def test_for_speed_algorithms_make_up_for_the_loss_of_what_is_fast() -> None:
    fast, saved = SIZES[4], f"{SIZES[4]}, scale estimation"
    table = searched(Table({"recipe": 0.0, "int8": 0.0, fast: 0.03, saved: 0.0}, "speed", {fast: 1.5}))
    assert table.best is not None
    assert table.best.name == saved


# From a model file to a bundle


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    write_network(folder / "words.xml")
    write_samples(folder / "words.npz")
    return folder


@pytest.fixture
def timed(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[..., float | None]], None]:
    """Put something in the place of the measured speed."""

    def put(speed: Callable[..., float | None]) -> None:
        monkeypatch.setattr(work, "quick_speedup", speed)

    few = {name: SHAPES[name] for name in ("int4, groups of 32", "int8")}
    monkeypatch.setattr(module, "SHAPES", few)
    put(lambda before, after, *others: 0.9)
    return put


@pytest.fixture
def run(made: Path, tmp_path: Path, timed: Any) -> Callable[..., Manifest]:
    def act(goal: Goal | None = None, more: Sequence[str] = ()) -> Manifest:
        return compress(
            made / "words.xml",
            tmp_path / "small",
            recipe="classification",
            data=made / "words.npz",
            settings=[*FEW, *more],
            simplify=False,
            max_drop=goal and goal.max_drop,
            aim=goal and goal.aim,
            resume=bool(goal and goal.resume),
            time_budget_s=goal.time_budget_s if goal else None,
        )

    return act


def bits(folder: Path) -> list[int]:
    return sorted({w.bits for w in weights(read_model(folder))})


def test_without_a_goal_the_recipes_step_is_applied(run: Any, tmp_path: Path) -> None:
    manifest = run(more=("optimize.compress.mode=int4_asym", "optimize.compress.group_size=32"))
    assert [step.name for step in manifest.steps] == ["compress"]
    assert read_manifest(tmp_path / "small") == manifest
    assert bits(tmp_path / "small") == [4, 8, 32]


def test_no_data_are_needed_where_no_algorithm_looks_at_activations(made: Path, tmp_path: Path) -> None:
    compress(made / "words.xml", tmp_path / "small")
    assert bits(tmp_path / "small") == [8, 32]


def test_random_data_are_refused_where_an_algorithm_looks_at_activations(made: Path, tmp_path: Path) -> None:
    options = ("optimize.compress={mode: int4_asym, group_size: 32, awq: true}",)
    with pytest.raises(DataError, match="calibration needs real samples"):
        compress(made / "words.xml", tmp_path / "small", settings=options)


def test_under_a_wide_budget_the_smallest_wins_and_its_settings_are_told(run: Any, tmp_path: Path) -> None:
    manifest = run(Goal(0.5, aim="size"))
    step = manifest.steps[-1]
    assert (step.name, step.parameters["max_drop"]) == ("compress", 0.5)
    assert step.made_by is not None
    assert (step.made_by.name, step.made_by.step) == ("int4, groups of 32", "compress")
    assert Compress.model_validate(step.made_by.settings).mode == "int4_asym"
    assert bits(tmp_path / "small") == [4, 8, 32]
    found = facts(read_model(tmp_path / "small"))
    assert step.effect["constant_bytes"] == pytest.approx(sum(found.precisions.values()), rel=0.01)
    assert step.effect["size_ratio"] == pytest.approx(
        step.effect["constant_bytes"] / step.effect["constant_bytes_before"], abs=1e-3
    )


def test_the_recipes_step_may_ask_for_the_search_itself(run: Any) -> None:
    asked = ("optimize.compress.max_drop=0.5", "optimize.compress.aim=size")
    step = run(more=asked).steps[-1]
    assert (step.parameters["max_drop"], step.made_by.name) == (0.5, "int4, groups of 32")
    assert step.made_by.settings["max_drop"] is None


def test_a_step_under_a_budget_is_searched_for_in_the_midst_of_others(made: Path, tmp_path: Path, timed: Any) -> None:
    steps = "optimize=[simplify, {compress: {max_drop: 0.5, subset_size: 20}}]"
    few = tuple(setting for setting in FEW if "optimize" not in setting)
    optimize = partial(
        pipeline.optimize,
        made / "words.xml",
        tmp_path / "small",
        recipe="classification",
        data=made / "words.npz",
        settings=[*few, steps, "optimize.simplify.allow_no_effect=true"],
    )
    manifest = optimize()
    assert [step.name for step in manifest.steps] == ["simplify", "compress"]
    assert manifest.steps[-1].made_by.name == "int4, groups of 32"
    assert bits(tmp_path / "small") == [4, 8, 32]
    again = optimize(resume=True)
    assert again.model.sha256 == manifest.model.sha256


def test_a_step_whose_budget_nothing_keeps_may_be_left_out(made: Path, tmp_path: Path, timed: Any) -> None:
    steps = "optimize=[{compress: {max_drop: 0.5, aim: speed, subset_size: 20, allow_no_effect: true}}]"
    few = tuple(setting for setting in FEW if "optimize" not in setting)
    manifest = pipeline.optimize(
        made / "words.xml",
        tmp_path / "same",
        recipe="classification",
        data=made / "words.npz",
        settings=[*few, steps],
    )
    (step,) = manifest.steps
    assert step.notes[0].startswith("ship the original: none of 1 candidates is faster")
    assert bits(tmp_path / "same") == [32]


def test_random_data_are_refused_for_a_search(made: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="calibration needs real samples"):
        compress(made / "words.xml", tmp_path / "small", max_drop=0.5, aim="size")


def test_what_was_left_out_and_a_loss_of_speed_are_noted(run: Any) -> None:
    notes = run(Goal(0.5, aim="size")).steps[-1].notes
    assert "2 weights of LSTMSequence (131 kB) stay in floating point: NNCF compresses no recurrent layers" in notes
    assert "smaller, and slower than the original: 0.90x" in notes


def test_under_a_narrow_budget_8_bits_stay(run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    coarse = {"int2": {"mode": "int2_sym", "group_size": 32}, "int8": {"mode": "int8_asym"}}
    monkeypatch.setattr(module, "SHAPES", coarse)
    run(Goal(0.01, aim="size"))
    assert bits(tmp_path / "small") == [8, 32]


def test_where_nothing_is_faster_the_smallest_is_offered(run: Any, tmp_path: Path) -> None:
    with pytest.raises(BudgetMissedError) as refused:
        run(Goal(0.5, aim="speed"))
    first, tried, *offers = str(refused.value).splitlines()
    assert first.startswith("ship the original: none of 1 candidates is faster and keeps top1 within 50.0 points on 60")
    assert tried.startswith("  recipe: ")
    assert offers[0] == "next best:"
    assert offers[1].startswith("  recipe: 0.71x the size, ")
    assert offers[1].endswith(", 0.90x; `ovopt compress --max-drop 0.5` looks for the smallest")
    assert not (tmp_path / "small").exists()


def test_the_fastest_wins_where_speed_is_aimed_at(run: Any, timed: Any, tmp_path: Path) -> None:
    timed(lambda before, after, *others: 1.5 if any(w.bits == 4 for w in weights(after)) else 1.2)
    manifest = run(Goal(0.5, aim="speed"))
    assert manifest.steps[-1].made_by.name == "int4, groups of 32"
    assert manifest.steps[-1].speedup == 1.5


def test_an_interrupted_search_keeps_the_best_and_goes_on(run: Any, timed: Any, tmp_path: Path) -> None:
    looks: list[int] = []

    def stops(before: ov.Model, after: ov.Model, *others: Any) -> float:
        looks.append(1)
        if len(looks) == 2:
            raise KeyboardInterrupt
        return 1.0

    timed(stops)
    with pytest.raises(KeyboardInterrupt):
        run(Goal(0.5, aim="size"))
    assert bits(tmp_path / "small") == [8, 32]
    assert len(journal_file(tmp_path / "small").read_text().splitlines()) == 2
    run(Goal(0.5, resume=True, aim="size"))
    assert bits(tmp_path / "small") == [4, 8, 32]


def test_a_journal_of_another_aim_is_not_gone_on_with(run: Any) -> None:
    run(Goal(0.5, aim="size"))
    with pytest.raises(UsageError, match="of another model, data, recipe or budget"):
        run(Goal(0.5, resume=True, aim="speed"))


def test_what_nncf_does_not_know_is_found_before_anything_is_read(tmp_path: Path) -> None:
    options = ("optimize.compress.mode=int4_asm",)
    (tmp_path / "none.npz").touch()
    with pytest.raises(RecipeError, match=r"\Aoptimize\.compress\.mode: 'int4_asm'; did you mean 'int4_asym'"):
        compress(
            tmp_path / "none.xml",
            tmp_path / "small",
            recipe="classification",
            data=tmp_path / "none.npz",
            settings=options,
        )


def test_own_settings_that_nncf_refuses_are_an_error_of_the_user(run: Any) -> None:
    with pytest.raises(UsageError, match=r"INT8 modes do not support awq"):
        run(Goal(0.5, aim="size"), more=("optimize.compress.awq=true",))
