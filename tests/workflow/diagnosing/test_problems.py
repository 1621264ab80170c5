"""Problems from figures, with fixes from a stand-in that knows what each set of layers gives back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops

from ovopt.errors import ArmLostError, StepError
from ovopt.model.inspect.ignored_scope import Scope, recipe_lines
from ovopt.records import Quality, QualityDelta
from ovopt.records.diagnosis import Blame, Executed, LayerDiagnosis, LayerError
from ovopt.time_budget import TimeBudget
from ovopt.workflow.diagnosing import fixes
from ovopt.workflow.diagnosing.fixes import FixSearch, FixTarget
from ovopt.workflow.diagnosing.precision_loss import PrecisionCase, precision_problems
from ovopt.workflow.diagnosing.problems import Case, both, find_problems, quantized_around, ranked_by_blame
from tests.factories import metric_named

NAMES = ("a", "b", "c", "d")
COSTS = {"a": 0.08, "b": 0.01, "c": 0.02, "d": 0.0}
"""What each quantized layer loses of top-1."""


def quality(drop: float, value: float = 0.9) -> QualityDelta:
    return QualityDelta(
        baseline=value,
        candidate=value - drop,
        delta=-drop,
        low=-drop - 0.01,
        high=-drop + 0.01,
        unit="share",
        n=100,
        higher_is_better=True,
        kind="accuracy",
        flips=None,
        minimum_detectable_drop=None,
        verdict="lower",
    )


def executed(us: float, precision: str = "int8") -> Executed:
    return Executed(precision=precision, primitive="FullyConnected|jit", us=us, reorders=0, reorders_us=0)


def layer(name: str, alone: float = 0.0, before: float = 100, after: float = 50, **more: Any) -> LayerDiagnosis:
    known: dict[str, Any] = {"quantized": True, "original": executed(before, "f32"), "optimized": executed(after)}
    known["blame"] = Blame(alone=alone, gain=None)
    return LayerDiagnosis(name=name, kind="MatMul", **(known | more))


class Watched:
    """Progress that keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    @contextmanager
    def task(self, name: str, total: float | None = None) -> Any:
        yield lambda amount=1, note="": None

    def say(self, message: str) -> None:
        self.told.append(message)


def quantizing(*names: str) -> ov.Model:
    """A model that holds a ReLU for each quantized layer."""
    node = given = ops.parameter([1, 4], np.float32)
    for name in names:
        node = ops.relu(node, name=name)
    return ov.Model([ops.exp(node)], [given], "m")


def left(model: ov.Model) -> set[str]:
    return {op.get_friendly_name() for op in model.get_ordered_ops() if op.get_type_name() == "Relu"}


@pytest.fixture(autouse=True)
def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reverting takes the layers out; each quantized layer but `d` makes the model 10 % faster, `d` 20 % slower."""

    def speed(model: ov.Model) -> float:
        return 1.1 ** len(left(model) - {"d"}) * 0.8 ** ("d" in left(model))

    monkeypatch.setattr(fixes, "reverted", lambda model, source, names: quantizing(*sorted(left(model) - set(names))))
    monkeypatch.setattr(fixes, "quick_speedup", lambda before, after, *rest: speed(after) / speed(before))


def search(
    costs: Mapping[str, float] = COSTS,
    judge: Callable[[ov.Model], QualityDelta] | None = None,
    remake: Callable[[Scope], ov.Model] | None = None,
    time_budget_s: float = 60,
    progress: Watched | None = None,
) -> FixSearch:
    target = FixTarget(
        optimized=quantizing(*NAMES),
        source=quantizing(),
        wall_ms=2.0,
        sample=(),
        device="CPU",
        judge=judge or (lambda model: quality(sum(costs[name] for name in left(model)))),
        scope=lambda layers: Scope(frozenset(layers), tuple(layers)),
        lines=lambda scope: recipe_lines("quantize", {}, scope),
        remake=remake,
        remake_s=0.0,
    )
    return FixSearch(target, TimeBudget(time_budget_s), progress or Watched())


def case(layers: Sequence[LayerDiagnosis], drop: float = 0.11, max_drop: float | None = 0.01, **more: Any) -> Case:
    known: dict[str, Any] = {"search": search(), "revertible": frozenset(NAMES), "readers": {}, "original_ms": 4.0}
    return Case(layers, quality(drop), max_drop, wall_ms=2.0, **(known | more))


BLAMED = [layer("a", 0.5), layer("b", 0.1), layer("c", 0.3), layer("d")]


# Accuracy


def test_the_fewest_layers_that_cost_most_of_the_drop_are_named() -> None:
    (first,) = find_problems(case(BLAMED, max_drop=0.02))
    assert first.layers == ("a", "c")
    assert first.said == "2 layers cost 10.0 of the 11.0 points; revert them: +0.420 ms"
    assert first.fix is not None
    assert first.fix.recipe == recipe_lines("quantize", {}, Scope(names=("a", "c")))


def test_what_is_left_beyond_the_budget_is_a_problem_of_its_own() -> None:
    first, second = find_problems(case(BLAMED, max_drop=0.005))
    assert first.layers == ("a", "c")
    assert second.layers == ("a", "c", "b")
    assert second.said.startswith("what is left is beyond 0.5 points; 3 layers cost all but 0.0 points; revert them: ")


def test_a_fix_that_makes_the_model_slower_than_the_original_does_not_pay() -> None:
    _, second = find_problems(case(BLAMED, max_drop=0.005, original_ms=2.2))
    assert second.fix is not None
    assert not second.fix.pays
    assert second.said.endswith("revert them: +0.662 ms, which does not pay: 0.83x the speed of the original")


def test_a_drop_within_the_budget_is_no_problem() -> None:
    assert find_problems(case(BLAMED, drop=0.009)) == []


def test_without_a_budget_a_hundredth_of_the_metric_is_allowed() -> None:
    assert find_problems(case(BLAMED, drop=0.0089, max_drop=None)) == []
    assert find_problems(case(BLAMED, drop=0.02, max_drop=None))


def test_where_reverting_gives_nothing_back_it_is_said() -> None:
    helpless = search(judge=lambda model: quality(0.11))
    (problem,) = find_problems(case(BLAMED, search=helpless))
    assert problem.fix is None
    assert problem.said == (
        "the optimization costs -11.0 points [-12.0, -10.0], and no quantized layer gives any of it back when it is "
        "reverted"
    )


def test_layers_that_cannot_be_reverted_are_named_all_the_same() -> None:
    (problem,) = find_problems(case(BLAMED, revertible=frozenset()))
    assert problem.layers == ("a", "c", "b")
    assert "the error comes in at a, c, b; no layer can be reverted by itself" in problem.said


def test_without_blame_the_own_error_ranks() -> None:
    def known(own: float) -> LayerError:
        return LayerError(sqnr_db=10, cosine=1, error=0.1, own=own)

    layers = [
        layer("a", blame=None, error=known(0.1)),
        layer("b", blame=None, error=known(0.2)),
        layer("c", blame=None),
    ]
    assert ranked_by_blame(layers) == ["b", "a"]


def test_a_fix_that_works_is_checked_again_on_a_model_made_anew() -> None:
    asked: list[Scope] = []

    def remake(scope: Scope) -> ov.Model:
        asked.append(scope)
        return quantizing("b", "d")

    first, *_ = find_problems(case(BLAMED, search=search(remake=remake)))
    assert first.fix is not None
    assert [check.how for check in first.fix.checks] == ["reverted", "made again"]
    assert asked[0].names == ("a", "c")
    assert first.said.startswith("2 layers cost 10.0 of the 11.0 points; made again without them: ")


def test_a_model_that_cannot_be_made_again_is_said() -> None:
    progress = Watched()

    def remake(scope: Scope) -> ov.Model:
        raise StepError("nncf.quantize failed")

    first, *_ = find_problems(case(BLAMED, search=search(remake=remake, progress=progress)))
    assert first.fix is not None
    assert len(first.fix.checks) == 1
    assert progress.told[0] == "the model cannot be made again with these lines: nncf.quantize failed"


def test_a_candidate_that_does_not_run_is_no_fix() -> None:
    def judge(model: ov.Model) -> QualityDelta:
        if "c" not in left(model):
            raise ArmLostError("cannot be compiled")
        return quality(sum(COSTS[name] for name in left(model)))

    found = find_problems(case(BLAMED, search=search(judge=judge)))
    assert found[0].fix is None


def test_without_time_there_is_no_fix() -> None:
    progress = Watched()
    (problem,) = find_problems(case(BLAMED, search=search(time_budget_s=-1, progress=progress)))
    assert problem.fix is None
    assert progress.told == ["the time for checks has ended; the best fix so far counts"]


# Speed


def test_layers_that_got_slower_are_reverted_where_that_pays() -> None:
    slow = layer("d", before=100, after=400)
    (problem,) = find_problems(case([layer("a"), slow], drop=0))
    assert problem.kind == "speed"
    assert problem.said == "d is slower than in the original: +0.300 ms; revert it: 1.25x the speed, -0.400 ms"
    assert problem.fix is not None
    assert problem.fix.pays


def test_as_many_slow_layers_are_reverted_as_is_fastest() -> None:
    slow = [layer("d", before=100, after=400), layer("a", before=100, after=200)]
    (problem,) = find_problems(case(slow, drop=0))
    assert problem.layers == ("d", "a")
    assert problem.fix is not None
    assert problem.fix.layers == ("d",)


def test_a_fix_that_does_not_pay_is_said_to_be_none() -> None:
    (problem,) = find_problems(case([layer("a", before=100, after=400)], drop=0))
    assert problem.said.endswith("reverting it does not pay: 0.91x")
    assert problem.fix is not None
    assert not problem.fix.pays


def test_slower_layers_that_are_not_in_int8_are_counted() -> None:
    slow = layer("d", before=100, after=400, optimized=executed(400, "f32"), quantized=False)
    (problem,) = find_problems(case([slow], drop=0))
    assert problem.said == (
        "d is slower than in the original: +0.300 ms; 1 of them do not run in int8; none of them is quantized"
    )


def test_a_quantizer_behind_a_slow_layer_is_taken_out_with_what_reads_it() -> None:
    slow = layer("d", quantized=False)
    fused = layer("b", timed_with="d", original=None, optimized=None)
    around = case([layer("a"), fused, slow], readers={"d": frozenset({"a"})})
    assert quantized_around(around, "d") == ["a", "b"]


@pytest.mark.parametrize("after", [101, 109, 120])
def test_a_little_slower_is_no_problem(after: float) -> None:
    assert find_problems(case([layer("a", before=100, after=after)], drop=0)) == []


def test_fixes_that_pay_are_tried_together() -> None:
    layers = [*BLAMED[:3], layer("d", before=100, after=400)]
    whole = case(layers)
    found = find_problems(whole)
    together = both(found, whole)
    assert together is not None
    assert together.layers == ("a", "c", "d")
    assert together.pays
    assert both(found[:1], whole) is None


# Precision


def precision(exact: float, running: float, simplified: float = 0.9) -> PrecisionCase:
    def scored(share: float) -> Quality:
        right = round(100 * share)
        return Quality(
            value=share, low=share, high=share, unit="share", n=100, rows=(1.0,) * right + (0.0,) * (100 - right)
        )

    return PrecisionCase(
        model=quantizing("a"),
        device="CPU",
        name="bf16",
        wall_ms=1.0,
        exact_wall_ms=3.0,
        metric=metric_named("top1"),
        exact=scored(exact),
        running=scored(running),
        score=lambda model: scored(simplified),
        samples=[(np.zeros((1, 4), np.float32),)],
        seed=0,
    )


def test_a_precision_that_loses_is_mended_by_f32_or_a_steadier_graph() -> None:
    own = LayerError(sqnr_db=10, cosine=1, error=0.1, own=0.1)
    in_f32, simplified = precision_problems(precision(0.94, 0.9, 0.94), [layer("a", error=own), layer("b")])
    assert in_f32.kind == "precision"
    assert in_f32.layers == ("a",)
    assert in_f32.said.startswith("bf16 alone costs -4.0 points [")
    assert in_f32.said.endswith("the error comes in at a; in f32: +0.0 points, 0.33x the speed")
    assert in_f32.fix is not None
    assert in_f32.fix.recipe == "runtime:\n  properties:\n    INFERENCE_PRECISION_HINT: f32\n"
    assert simplified.fix is not None
    assert simplified.fix.pays
    assert simplified.fix.recipe == "optimize:\n- simplify: {}\n"


def test_a_precision_that_loses_nothing_is_no_problem() -> None:
    assert precision_problems(precision(0.94, 0.935), []) == []
