"""Replicas, rounds and stopping, held against workers whose times are known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import numpy as np
import pytest

from ovopt.bench import protocol
from ovopt.bench.machine import ProcessorTicks
from ovopt.bench.scenario import Effort, Found
from ovopt.bench.scenarios.latency import LatencyScenario
from ovopt.bench.workers import ArmPlan
from ovopt.records import Measured
from ovopt.turns import LEAST_REPLICAS, MOST_REPLICAS, MOST_ROUNDS
from tests.bench.crews import INFERENCES, Clock, FakeCrew, Watcher, plan

NAMES = ("original", "control", "int8")
STEADY = {"original": lambda _: 0.002, "control": lambda _: 0.002, "int8": lambda _: 0.001}
LONG, SHORT = Effort(60, 0.02, seed=0), Effort(4, 0.02, seed=0)


class Plain(LatencyScenario):
    """Latency without its look at repeated inputs, which would add turns to those that are counted here."""

    def look_closer(self, crew: Any, found: Found) -> None:
        pass


@pytest.fixture
def clock() -> Clock:
    return Clock()


def crew_of(clock: Clock, seconds: Mapping[str, Callable[[int], float]] = STEADY, **more: Any) -> FakeCrew:
    return FakeCrew([plan(name) for name in seconds], seconds, clock, **more)


def measure(crew: FakeCrew, effort: Effort = LONG) -> Found:
    return Plain().measure(crew, effort, Watcher())  # type: ignore[arg-type]


def measured(found: Found) -> Measured:
    assert found.measured is not None
    return found.measured


def taking_turns(crew: FakeCrew) -> list[str]:
    return [name for name, what in crew.log if isinstance(what, protocol.TakeLatency)]


def test_every_arm_is_opened_once_per_replica_forwards_and_backwards_in_turn(clock: Clock) -> None:
    crew = crew_of(clock)
    replicas = measured(measure(crew)).replicas
    opened = [name for name, what in crew.log if isinstance(what, protocol.Open)]
    looked, opened = opened[: len(NAMES)], opened[len(NAMES) :]
    assert looked == list(NAMES), "once before, to see the settings that the runtime picks"
    blocks = [opened[i : i + len(NAMES)] for i in range(0, len(opened), len(NAMES))]
    assert blocks == [list(NAMES)[:: 1 if i % 2 == 0 else -1] for i in range(replicas)]


def test_every_round_holds_each_arm_once_from_the_same_sample_on(clock: Clock) -> None:
    crew = crew_of(clock)
    rounds = measured(measure(crew)).rounds
    order = taking_turns(crew)
    blocks = [order[i : i + len(NAMES)] for i in range(0, len(order), len(NAMES))]
    assert len(blocks) == rounds
    assert all(sorted(block) == sorted(NAMES) for block in blocks)
    assert len(set(map(tuple, blocks))) > 1, "in random order"
    firsts = [what.first for _, what in crew.log if isinstance(what, protocol.TakeLatency)]
    of_rounds = np.reshape(firsts, (rounds, len(NAMES)))
    assert (of_rounds == of_rounds[:, :1]).all()
    assert len(set(of_rounds[:, 0])) == rounds


def test_the_seed_decides_the_order(clock: Clock) -> None:
    orders = []
    for seed in (1, 1, 2):
        crew = crew_of(clock)
        measure(crew, Effort(60, 0.02, seed))
        orders.append(taking_turns(crew))
    assert orders[0] == orders[1] != orders[2]


def test_raw_values_stand_by_replica_and_round(clock: Clock) -> None:
    """The first open is the look at the settings, so that replica r is the open number r + 2."""
    crew = crew_of(clock, {name: lambda opened: opened / 1e3 for name in NAMES})
    found = measure(crew)
    replicas, rounds = measured(found).replicas, measured(found).rounds
    expected = np.broadcast_to(
        (np.arange(replicas) + 2)[:, None, None] * 10**6, (replicas, rounds // replicas, INFERENCES)
    )
    for name in NAMES:
        np.testing.assert_array_equal(found.raw[name], expected)


def test_every_replica_but_the_first_has_new_processes(clock: Clock) -> None:
    crew = crew_of(clock, loading_s=1.0)
    replicas = measured(measure(crew)).replicas
    assert len(crew.renewed) == replicas - 1
    opening = [at for at, (_, what) in enumerate(crew.log) if isinstance(what, protocol.Open)]
    firsts = opening[len(NAMES) :: len(NAMES)]
    assert crew.renewed == firsts[1:], "before its arms are opened"


@pytest.mark.parametrize(("loading_s", "renewed"), [(2.9, True), (3.1, False)])
def test_processes_that_take_long_to_start_are_kept(clock: Clock, loading_s: float, renewed: bool) -> None:
    """Six times 3 s would be more than three tenths of 60 s."""
    crew = crew_of(clock, loading_s=loading_s)
    assert measured(measure(crew)).replicas >= LEAST_REPLICAS
    assert bool(crew.renewed) is renewed


def test_it_stops_as_soon_as_the_intervals_are_narrow_enough(clock: Clock) -> None:
    found = measure(crew_of(clock))
    assert (measured(found).replicas, measured(found).stopped) == (LEAST_REPLICAS, "precision reached")
    assert measured(found).seconds == round(clock.now, 1)


def test_it_stops_at_the_budget_where_the_replicas_disagree(clock: Clock) -> None:
    noisy = {**STEADY, "int8": lambda opened: 0.001 * (1 + 0.3 * (opened % 2))}
    found = measure(crew_of(clock, noisy), SHORT)
    assert measured(found).stopped == "time budget"
    assert clock.now <= SHORT.time_budget_s


def test_a_noisy_comparison_with_time_to_spare_ends_at_enough_replicas(clock: Clock) -> None:
    noisy = {**STEADY, "int8": lambda opened: 0.001 * (1 + 0.5 * (opened % 2))}
    found = measure(crew_of(clock, noisy), Effort(10_000, 0.02, 0))
    assert (measured(found).replicas, measured(found).stopped) == (MOST_REPLICAS, f"{MOST_REPLICAS} replicas")


def test_progress_ends_where_its_total_is(clock: Clock) -> None:
    watcher = Watcher()
    noisy = {**STEADY, "int8": lambda opened: 0.001 * (1 + 0.3 * (opened % 2))}
    Plain().measure(crew_of(clock, noisy), SHORT, watcher)  # type: ignore[arg-type]
    assert watcher.tasks == ["measure latency"]
    assert watcher.amount >= SHORT.time_budget_s


@pytest.mark.parametrize("turn", [0, 7], ids=["at once", "in the middle of a block"])
def test_an_arm_that_is_lost_loses_its_values_and_the_others_keep_theirs(clock: Clock, turn: int) -> None:
    crew = crew_of(clock, dies={"int8": turn})
    found = measure(crew)
    assert crew.lost == {"int8": "it died"}
    assert set(found.raw) == {"original", "control"}
    assert measured(found).replicas == LEAST_REPLICAS
    shapes = {np.shape(found.raw[name]) for name in ("original", "control")}
    assert shapes == {(LEAST_REPLICAS, measured(found).rounds // LEAST_REPLICAS, INFERENCES)}
    assert crew.taken("int8") == turn + 1, "nothing is asked of it any more"


def test_without_its_baseline_a_scenario_ends(clock: Clock) -> None:
    crew = crew_of(clock, dies={"original": 2 * MOST_ROUNDS + 1})
    found = measure(crew)
    assert measured(found).stopped == "the baseline was lost"
    assert measured(found).replicas == 3
    assert "original" not in found.raw
    assert measured(found).drift == 1.0


def test_a_baseline_lost_before_leaves_nothing_to_measure(clock: Clock) -> None:
    crew = crew_of(clock, lost={"original": "before"})
    found = measure(crew)
    assert (measured(found).stopped, measured(found).replicas, found.raw) == ("the baseline was lost", 0, {})
    assert taking_turns(crew) == []


def test_one_model_alone_is_measured_too(clock: Clock) -> None:
    found = measure(crew_of(clock, {"original": lambda _: 0.002}), SHORT)
    assert set(found.raw) == {"original"}
    assert measured(found).stopped in ("time budget", f"{MOST_REPLICAS} replicas")


def test_where_the_runtime_picks_other_streams_every_arm_runs_with_the_originals(clock: Clock) -> None:
    crew = crew_of(clock, defaults={"int8": {"streams": 2, "threads": 4, "requests": 2}})
    found = measure(crew)
    assert found.notes == [
        "latency: every arm runs with the original's 1 stream, 2 threads, 1 request; "
        "left alone, the runtime picks int8 2 streams, 4 threads, 2 requests"
    ]
    pinned = {"NUM_STREAMS": "1", "INFERENCE_NUM_THREADS": "2", "PERFORMANCE_HINT": "LATENCY"}
    for name in NAMES:
        settings = found.effective[name]
        assert (settings.streams, settings.threads, settings.requests) == (1, 2, 1)
        assert all(opened.properties == pinned and opened.requests == 1 for opened in crew.opens(name)[1:])


def test_where_the_runtime_picks_the_same_nothing_is_pinned(clock: Clock) -> None:
    crew = crew_of(clock)
    found = measure(crew)
    assert found.notes == []
    assert {tuple(opened.properties) for name in NAMES for opened in crew.opens(name)} == {("PERFORMANCE_HINT",)}


def test_what_the_device_makes_less_of_is_said(clock: Clock) -> None:
    asked = {"NUM_STREAMS": "8", "INFERENCE_NUM_THREADS": "2"}
    few, plain = (
        with_plans(clock, *(plan(name, properties=one) for name in NAMES), most_streams=4) for one in (asked, {})
    )
    assert measure(few).notes == ["latency: of 8 streams the device makes 4"]
    assert measure(plain).notes == []


def test_it_is_said_of_whom_where_arms_differ(clock: Clock) -> None:
    own = [plan(name, properties={"NUM_STREAMS": n}, own_settings=True) for name, n in zip(NAMES, "294", strict=False)]
    assert measure(with_plans(clock, *own, most_streams=4)).notes == [
        f"latency: of 9 streams the device makes 4 for {NAMES[1]}"
    ]


class OnOneThread(Plain):
    """As processor time is measured."""

    forced: ClassVar[Mapping[str, str]] = {"NUM_STREAMS": "1", "INFERENCE_NUM_THREADS": "1"}


def test_what_a_scenario_forces_wins_over_what_the_user_set(clock: Clock) -> None:
    properties = {"NUM_STREAMS": "4", "ENABLE_CPU_PINNING": "NO"}
    crew = with_plans(clock, *(plan(name, properties=properties) for name in NAMES))
    found = OnOneThread().measure(crew, SHORT, Watcher())  # type: ignore[arg-type]
    wanted = {"PERFORMANCE_HINT": "LATENCY", "ENABLE_CPU_PINNING": "NO", **OnOneThread.forced}
    assert all(opened.properties == wanted for name in NAMES for opened in crew.opens(name))
    assert {(e.streams, e.threads) for e in found.effective.values()} == {(1, 1)}


def with_plans(clock: Clock, *plans: ArmPlan, **more: Any) -> FakeCrew:
    return FakeCrew(plans, {one.name: lambda _: 0.001 for one in plans}, clock, **more)


def test_arms_that_are_about_settings_keep_their_own(clock: Clock) -> None:
    varied = [plan(f"NUM_STREAMS={n}", properties={"NUM_STREAMS": str(n)}, own_settings=True) for n in (1, 2)]
    found = measure(with_plans(clock, *varied))
    assert [found.effective[one.name].streams for one in varied] == [1, 2]
    assert found.notes == []


def test_what_the_user_set_wins_over_the_scenarios_hint(clock: Clock) -> None:
    crew = with_plans(clock, plan("original", properties={"PERFORMANCE_HINT": "THROUGHPUT"}, requests=3))
    measure(crew, SHORT)
    opened = crew.opens("original")[-1]
    assert (opened.properties, opened.requests) == ({"PERFORMANCE_HINT": "THROUGHPUT"}, 3)


@pytest.mark.parametrize(("hint", "asked"), [(None, "LATENCY"), ("THROUGHPUT", "THROUGHPUT"), ("NONE", None)])
def test_the_hint_is_the_scenarios_unless_another_or_none_is_asked_for(clock: Clock, hint: Any, asked: Any) -> None:
    crew = crew_of(clock)
    measure(crew, Effort(4, 0.02, 0, hint))
    assert crew.opens("int8")[-1].properties.get("PERFORMANCE_HINT") == asked


def test_a_native_engine_gets_the_baselines_threads_and_requests_and_no_hint(clock: Clock) -> None:
    arms = (plan("original"), plan("onnxruntime", "onnxruntime", properties={"CACHE_MODE": "OPTIMIZE_SPEED"}))
    crew = with_plans(clock, *arms, defaults={"original": {"threads": 6, "requests": 3}})
    measure(crew)
    assert {(tuple(o.properties.items()), o.requests) for o in crew.opens("onnxruntime")} == {
        ((("INFERENCE_NUM_THREADS", "6"),), 3)
    }


class Stolen:
    """/proc/stat as it would look if a hypervisor took a share of every second turn's time."""

    def __init__(self, share: float) -> None:
        self._share, self._calls = share, 0
        self._steal = self._whole = 0

    def __call__(self) -> ProcessorTicks:
        if self._calls % 2 == 1:
            self._whole += 1000
            self._steal += int(1000 * self._share) if self._calls % 4 == 3 else 0
        self._calls += 1
        return ProcessorTicks(steal=self._steal, whole=self._whole)


def test_a_round_during_which_the_machine_was_taken_away_is_named_and_kept(clock: Clock) -> None:
    found = measure(crew_of(clock, ticks=Stolen(0.2)))
    rounds = measured(found).rounds // LEAST_REPLICAS
    assert rounds > 1
    places = [divmod(number, rounds) for number in range(measured(found).rounds)]
    assert measured(found).disturbed == tuple((*place, 0.2) for place in places[1::2])
    assert np.shape(found.raw["int8"]) == (LEAST_REPLICAS, rounds, INFERENCES)


def test_a_little_steal_is_not_worth_a_word(clock: Clock) -> None:
    assert measured(measure(crew_of(clock, ticks=Stolen(0.05)))).disturbed == ()


def test_drift_is_the_baselines_last_third_over_its_first(clock: Clock) -> None:
    growing = {name: lambda opened: 0.001 * opened for name in NAMES}
    found = measure(crew_of(clock, growing))
    flat = np.repeat(np.arange(2.0, 2 + LEAST_REPLICAS), measured(found).rounds // LEAST_REPLICAS)
    third = len(flat) // 3
    assert measured(found).drift == pytest.approx(np.median(flat[-third:]) / np.median(flat[:third]))


def test_a_steady_machine_does_not_drift(clock: Clock) -> None:
    assert measured(measure(crew_of(clock))).drift == 1.0


def test_an_input_that_would_look_faster_over_and_over_is_named(clock: Clock) -> None:
    class Caching(FakeCrew):
        def _answer(self, name: str, command: Any) -> Any:
            if isinstance(command, protocol.TakeLatency) and command.repeat:
                return [1_000_000] * INFERENCES
            return super()._answer(name, command)

    crew = Caching([plan(name) for name in NAMES], STEADY, clock)
    found = LatencyScenario().measure(crew, LONG, Watcher())  # type: ignore[arg-type]
    assert found.notes == [
        "latency: one input over and over would look 2.00x faster [2.00, 2.00]; "
        "real samples rotate, so the figures hold"
    ]


def test_an_input_that_makes_no_difference_is_not_mentioned(clock: Clock) -> None:
    assert LatencyScenario().measure(crew_of(clock), LONG, Watcher()).notes == []  # type: ignore[arg-type]
