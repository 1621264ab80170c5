"""A rough speed-up in a moment: right to a factor, and no more is asked of it."""

from __future__ import annotations

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops

from ovopt.bench import quick_speedup as module
from ovopt.bench.quick_speedup import quick_speedup
from ovopt.turns import QUICK_TURN, Length
from tests.models import accumulating_model, conv_model

WIDTH = 256
SAMPLE = (np.ones((1, WIDTH), np.float32),)


def dense(layers: int) -> ov.Model:
    """So many products of a vector with a square matrix."""
    weights = np.random.default_rng(0).standard_normal((WIDTH, WIDTH)).astype(np.float32) / WIDTH
    given = ops.parameter([1, WIDTH], np.float32, name="x")
    node = given
    for _ in range(layers):
        node = ops.relu(ops.matmul(node, weights, False, False))
    return ov.Model([node], [given], "dense")


class Unknown(ov.Op):
    """An operation that no device has."""

    def __init__(self, inputs=None):
        super().__init__(self, inputs)

    def validate_and_infer_types(self):
        self.set_output_type(0, self.get_input_element_type(0), self.get_input_partial_shape(0))

    def clone_with_new_inputs(self, new_inputs):
        return Unknown(new_inputs)


def uncompilable() -> ov.Model:
    given = ops.parameter([1, WIDTH], np.float32, name="x")
    return ov.Model([Unknown([given])], [given], "uncompilable")


def test_a_model_is_about_as_fast_as_itself() -> None:
    model = dense(8)
    found = quick_speedup(model, model, SAMPLE)
    assert found is not None
    assert 0.4 < found < 2.5


def test_a_model_that_does_a_fraction_of_the_work_is_faster_and_the_other_way_round() -> None:
    heavy, light = dense(40), dense(2)
    there, back = quick_speedup(heavy, light, SAMPLE), quick_speedup(light, heavy, SAMPLE)
    assert there is not None
    assert back is not None
    assert there > 1 > back


@pytest.mark.parametrize(("least", "pairs"), [(0.0, 3), (1.0, 3), (2.12, 3), (2.17, 2), (2.25, 1), (np.inf, 1)])
def test_the_more_clearly_it_is_below_the_wanted_the_earlier_it_ends(
    monkeypatch: pytest.MonkeyPatch, least: float, pairs: int
) -> None:
    asked: list[bool] = []

    def pair(*_: object, swapped: bool) -> module._Pair:
        asked.append(swapped)
        return module._Pair(2.0, busy=False)

    monkeypatch.setattr(module, "_pair", pair)
    assert quick_speedup(dense(1), dense(1), SAMPLE, least=least) == pytest.approx(2)
    assert asked == [False, True, False, True][:pairs]


def test_instances_of_the_baseline_are_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    of = module.Running.of

    def counted(model: ov.Model, *others: object) -> module.Running:
        made.append(len(model.get_ops()))
        return of(model, *others)

    monkeypatch.setattr(module.Running, "of", counted)
    heavy, light, kept = dense(3), dense(1), list[module.Running]()
    for _ in range(2):
        assert quick_speedup(heavy, light, SAMPLE, "CPU", 0.0, kept) is not None
    assert len(kept) == made.count(len(heavy.get_ops())) == module.KEPT
    assert made.count(len(light.get_ops())) == 2 * module.REPLICAS


class Counting:
    """A request that answers at once."""

    latency = 0.0
    count = 0

    def infer(self, *_: object, **__: object) -> None:
        self.count += 1


@pytest.mark.parametrize(
    ("slow", "inputs", "least"), [(True, 1, 1), (True, 2, 2), (False, 1, 1 + QUICK_TURN.least), (False, 2, 3)]
)
def test_of_a_slow_model_every_inference_counts(slow: bool, inputs: int, least: int) -> None:
    request = Counting()
    module.Running(request, [SAMPLE] * inputs, slow).turn(Length(0.0))
    assert request.count == least


@pytest.mark.parametrize(
    ("slow", "inputs", "turns"),
    [(False, 1, module.TURNS), (True, 1, module.TURNS), (False, 2, module.TURNS), (True, 2, 1)],
)
def test_of_several_inputs_of_a_slow_model_one_turn_is_enough(
    monkeypatch: pytest.MonkeyPatch, slow: bool, inputs: int, turns: int
) -> None:
    taken: list[object] = []

    def turn(running: object) -> module.Pace:
        taken.append(running)
        return module.Pace(1.0, 1.0, 0.0)

    monkeypatch.setattr(module.Running, "turn", turn)
    before, after = (module.Running(Counting(), [SAMPLE] * inputs, each) for each in (slow, False))
    assert module._pair(before, after, swapped=False).ratio == 1
    assert len(taken) == 2 * turns


@pytest.mark.parametrize(
    ("waited", "ratio"),
    [
        ((0.02, 0.02), 13.0),
        ((0.02, 0.5), 4.0),
        ((0.5, 0.02), 4.0),
    ],
    ids=["quiet", "busy while the second runs", "busy while the first runs"],
)
def test_on_a_busy_machine_processor_time_tells_and_not_the_clock(
    monkeypatch: pytest.MonkeyPatch, waited: tuple[float, float], ratio: float
) -> None:
    """The longer inference is interrupted more often than the shorter one."""
    before, after = (module.Running(Counting(), [SAMPLE]) for _ in range(2))
    paces = {id(before): module.Pace(13.0, 4.0, waited[0]), id(after): module.Pace(1.0, 1.0, waited[1])}
    monkeypatch.setattr(module.Running, "turn", lambda running: paces[id(running)])
    assert module._pair(before, after, swapped=False) == module._Pair(ratio, busy=max(waited) > 0.1)


def test_one_disturbed_turn_of_three_is_left_to_the_median(monkeypatch: pytest.MonkeyPatch) -> None:
    before, after = (module.Running(Counting(), [SAMPLE]) for _ in range(2))
    waited = iter([0.9, 0.9, 0.0, 0.0, 0.0, 0.0])

    def turn(running: module.Running) -> module.Pace:
        return module.Pace(3.0 if running is before else 1.0, 1.0, next(waited))

    monkeypatch.setattr(module.Running, "turn", turn)
    assert module._pair(before, after, swapped=False) == module._Pair(3.0, busy=False)


@pytest.mark.parametrize(
    ("busy", "off"),
    [((False, False, False), 1.1 ** (1 / 3**0.5)), ((False, True, False), 1.5)],
    ids=["quiet", "busy"],
)
def test_the_bounds_are_those_of_all_pairs_and_of_what_they_are_off_by(
    monkeypatch: pytest.MonkeyPatch, busy: tuple[bool, ...], off: float
) -> None:
    pairs = iter(map(module._Pair, (2.0, 4.0, 1.0), busy))
    monkeypatch.setattr(module, "_pair", lambda *_, **__: next(pairs))
    found = quick_speedup(dense(1), dense(1), SAMPLE)
    assert found == pytest.approx(2)
    assert found is not None
    assert (found.low, found.high) == pytest.approx((1 / off, 4 * off))


def test_a_turn_tells_processor_time_and_the_share_of_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    used, waited = iter([5_000_000, 11_000_000]), iter([1_000_000, 3_000_000])
    monkeypatch.setattr(module.time, "process_time_ns", lambda: next(used))
    monkeypatch.setattr(module, "waited_ns", lambda: next(waited))
    assert module.Running(Counting(), [SAMPLE]).turn(Length(0.0)) == module.Pace(0.0, 2.0, 0.25)


def test_waiting_says_nothing_of_a_device_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    waited = iter([0, 10**9])
    monkeypatch.setattr(module, "waited_ns", lambda: next(waited))
    assert module.Running(Counting(), [SAMPLE], on_processor=False).turn(Length(0.0)).waited == 0.0


@pytest.mark.parametrize(("limit", "slow"), [(0.0, True), (np.inf, False)])
def test_the_first_inferences_tell_whether_a_model_is_slow(
    monkeypatch: pytest.MonkeyPatch, limit: float, slow: bool
) -> None:
    monkeypatch.setattr(module, "SLOW_S", limit)
    assert module.Running.of(dense(1), module.Feed([SAMPLE]), "CPU").slow is slow


@pytest.mark.parametrize(("within", "used"), [(0.0, 1), (np.inf, 3)])
def test_of_a_slow_model_both_run_as_many_inputs_as_the_first_instance_answers_in_time(
    monkeypatch: pytest.MonkeyPatch, within: float, used: int
) -> None:
    seen: list[int] = []

    def pair(before: module.Running, after: module.Running, **_: bool) -> module._Pair:
        seen.extend([len(before.inputs), len(after.inputs)])
        return module._Pair(1.0, busy=False)

    monkeypatch.setattr(module, "WARM_S", within)
    monkeypatch.setattr(module, "_pair", pair)
    assert quick_speedup(dense(1), dense(1), (module.Feed([SAMPLE] * 3), module.Feed([SAMPLE] * 3))) == 1
    assert seen == [used] * (2 * module.REPLICAS)


@pytest.mark.parametrize("place", ["before", "after"])
def test_a_model_that_does_not_compile_has_none(place: str) -> None:
    pair = (uncompilable(), dense(1)) if place == "before" else (dense(1), uncompilable())
    assert quick_speedup(*pair, SAMPLE) is None


def test_a_sample_that_does_not_fit_gives_none() -> None:
    assert quick_speedup(dense(1), dense(1), (np.ones((1, WIDTH + 1), np.float32),)) is None


def test_a_device_that_is_not_there_gives_none() -> None:
    assert quick_speedup(dense(1), dense(1), SAMPLE, "NOSUCHDEVICE") is None


def test_models_with_a_state_are_measured_too() -> None:
    found = quick_speedup(accumulating_model(), accumulating_model(), (np.ones((1, 2), np.float32),))
    assert found is not None
    assert np.isfinite(found)


def test_the_models_are_not_changed() -> None:
    model = conv_model()
    before = [(op.get_type_name(), op.get_friendly_name()) for op in model.get_ordered_ops()]
    quick_speedup(model, model, (np.ones((1, 3, 8, 8), np.float32),))
    assert [(op.get_type_name(), op.get_friendly_name()) for op in model.get_ordered_ops()] == before
