from __future__ import annotations

import multiprocessing
import os
import signal
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from ovopt.bench.mapped_tensors import write_samples
from ovopt.bench.protocol import (
    Audit,
    Contents,
    Inputs,
    Load,
    Open,
    Output,
    Take,
    TakeLatency,
    TakeProcessorTime,
    TakeThroughput,
)
from ovopt.bench.workers import ArmPlan, Crew, wait_at_most
from ovopt.contracts import Placement, Session, Tensors
from ovopt.errors import ArmLostError, DataError, SettingsError
from ovopt.model.files.locate import describe
from ovopt.records import Turn
from tests.cli import run
from tests.models import adding_model, saved

PROPERTIES = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}
LIMIT_S = 10.0
"""Long enough for a worker to import OpenVINO on a busy machine, short enough to wait for."""


class AsIs:
    """Content that is the model's input already."""

    def decode(self, content: np.ndarray) -> np.ndarray:
        return content

    def preprocess(self, content: np.ndarray) -> tuple[Tensors, ...]:
        return ((content,),)


def plan(name: str, role: Any, model: Path, samples: Path) -> ArmPlan:
    load = Load("openvino", Placement(model, {}, (0,), "CPU"), samples)
    return ArmPlan(name, role, describe(model), load, Contents((), AsIs()), PROPERTIES)


@pytest.fixture(scope="module")
def plans(tmp_path_factory: pytest.TempPathFactory) -> list[ArmPlan]:
    folder = tmp_path_factory.mktemp("crew")
    model = run.write_ir(folder / "tiny.xml")
    inputs, _ = run.inputs_and_labels(8)
    write_samples(folder / "samples", ((row[None],) for row in inputs))
    samples = folder / "samples"
    return [plan("original", "baseline", model, samples), plan("int8", "candidate", model, samples)]


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        if psutil.pid_exists(pid):
            os.kill(pid, signal.SIGCONT)


def test_a_worker_compiles_measures_and_evaluates_on_command(plans: list[ArmPlan]) -> None:
    inputs, _ = run.inputs_and_labels(8)
    outputs: dict[int, np.ndarray] = {}

    def keep(output: Output) -> None:
        assert output.part == 0
        (outputs[output.index],) = output.values

    with Crew(plans[:1]) as crew:
        opened = crew.ask("original", Open(PROPERTIES))
        assert opened.effective.device == "CPU"
        assert opened.inference_s > 0
        times = crew.ask("original", TakeLatency(0.01, 0))
        assert len(times) >= 3
        assert all(isinstance(time, int) and time > 0 for time in times)
        turn = crew.ask("original", TakeThroughput(0.01, 0))
        assert isinstance(turn, Turn)
        assert turn.samples > 0
        assert turn.elapsed_ns > 0
        processed = crew.ask("original", TakeProcessorTime(0.01, 0))
        assert isinstance(processed, Turn)
        assert processed.samples >= 3
        assert processed.elapsed_ns > 0
        crew.evaluate("original", PROPERTIES, (Inputs(i, 0, (row[None],)) for i, row in enumerate(inputs)), keep)
        assert sum(crew.ask("original", Audit(PROPERTIES)).ops_by_precision.values()) > 0
        assert crew.lost == {}
    assert sorted(outputs) == list(range(8))
    for index, row in enumerate(inputs):
        np.testing.assert_allclose(outputs[index], run.scores(row[None])[0], rtol=1e-4, atol=1e-4)


def test_the_first_arm_is_the_baseline(plans: list[ArmPlan]) -> None:
    assert Crew(plans).baseline == "original"


def test_no_worker_outlives_the_crew(plans: list[ArmPlan]) -> None:
    with Crew(plans) as crew:
        pids = [crew.pid(name) for name in crew.arms]
        assert all(map(psutil.pid_exists, pids))
    assert not any(map(psutil.pid_exists, pids))


def test_no_worker_outlives_an_error(plans: list[ArmPlan]) -> None:
    pids: list[int] = []

    def fail() -> None:
        with Crew(plans) as crew:
            pids.extend(crew.pid(name) for name in crew.arms)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert len(pids) == 2
    assert not any(map(psutil.pid_exists, pids))


def test_a_killed_worker_costs_its_arm_alone(plans: list[ArmPlan]) -> None:
    with Crew(plans) as crew:
        os.kill(crew.pid("int8"), signal.SIGKILL)
        assert crew.ask("int8", Open(PROPERTIES)) is None
        assert crew.ask("original", Open(PROPERTIES)) is not None
        assert crew.present == ["original"]
        assert crew.lost == {
            "int8": "its worker was ended by SIGKILL; the system may have run out of memory (during Open)"
        }


def test_a_lost_arm_is_asked_nothing_more(plans: list[ArmPlan]) -> None:
    with Crew(plans) as crew:
        os.kill(crew.pid("int8"), signal.SIGSEGV)
        assert crew.ask("int8", Open(PROPERTIES)) is None
        reason = crew.lost["int8"]
        assert crew.ask("int8", Audit(PROPERTIES)) is None
        assert crew.lost["int8"] == reason == "its worker was ended by SIGSEGV (during Open)"


def test_a_worker_that_hangs_is_reported_by_name_and_ended(plans: list[ArmPlan]) -> None:
    with Crew(plans, LIMIT_S) as crew:
        pid = crew.pid("int8")
        with stopped(pid):
            assert crew.ask("int8", Open(PROPERTIES)) is None
        assert crew.lost == {"int8": "its worker gave no answer within 10 s (--answer-limit) (during Open)"}
        assert not psutil.pid_exists(pid)
        assert crew.ask("original", Open(PROPERTIES)) is not None


class Torn(Take):
    """A turn whose answer stops in the middle."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __call__(self, session: Session) -> Any:
        descriptor = int(sys.argv[1])
        os.write(descriptor, struct.pack("!i", 1 << 20) + b"half")
        os.kill(os.getpid(), self.number)


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (signal.SIGSTOP, "its worker gave no answer within 10 s (--answer-limit) (during Torn)"),
        (signal.SIGTERM, "its worker was ended by SIGTERM (during Torn)"),
    ],
    ids=["stopped", "ended"],
)
def test_a_worker_that_stops_in_the_middle_of_its_answer_is_not_waited_for(
    plans: list[ArmPlan], number: int, told: str
) -> None:
    with Crew(plans[:1], LIMIT_S) as crew:
        assert crew.ask("original", Open(PROPERTIES)) is not None
        pid = crew.pid("original")
        assert crew.ask("original", Torn(number)) is None
        assert crew.lost == {"original": told}
        assert not psutil.pid_exists(pid)


def test_neither_side_of_a_socket_is_waited_for_without_end() -> None:
    """A worker that takes no command, gives no answer, or half of one."""
    ours, theirs = multiprocessing.Pipe()
    with ours, theirs:
        wait_at_most(ours.fileno(), 0.05)
        with pytest.raises(BlockingIOError):
            ours.recv()
        os.write(theirs.fileno(), struct.pack("!i", 100) + b"half")
        with pytest.raises(BlockingIOError):
            ours.recv()
        with pytest.raises(BlockingIOError):
            ours.send(bytes(1 << 24))


def test_a_setting_that_the_device_refuses_is_the_callers_to_mend(plans: list[ArmPlan]) -> None:
    with Crew(plans[:1]) as crew:
        with pytest.raises(SettingsError, match=r"\Adevice CPU refuses the properties NONSENSE=1: .*NONSENSE"):
            crew.ask("original", Open({"NONSENSE": "1"}))
        assert crew.lost == {}


def test_a_worker_that_cannot_read_its_model_says_why(plans: list[ArmPlan], tmp_path: Path) -> None:
    model = run.write_ir(tmp_path / "tiny.xml")
    broken = plan("original", "baseline", model, tmp_path / "nowhere")
    with Crew([broken, plans[1]]) as crew:
        assert crew.present == ["int8"]
        assert crew.lost["original"].startswith("FileNotFoundError: ")
        assert crew.lost["original"].endswith(" (during Load)")


def inputs_of(count: int) -> Iterator[Inputs]:
    rows, _ = run.inputs_and_labels(count)
    return (Inputs(index, 0, (row[None],)) for index, row in enumerate(rows))


def nothing(output: Output) -> None:
    pass


def test_what_goes_wrong_in_making_an_input_is_raised_and_costs_no_arm(plans: list[ArmPlan]) -> None:
    def torn() -> Iterator[Inputs]:
        yield from inputs_of(5)
        raise DataError("sample 5 is torn")

    taken: list[int] = []
    with Crew(plans[:1]) as crew:
        with pytest.raises(DataError, match=r"\Asample 5 is torn\Z"):
            crew.evaluate("original", PROPERTIES, torn(), lambda output: taken.append(output.index))
        assert crew.lost == {}
        assert sorted(taken) == list(range(5)), "what came before it is answered"
        crew.evaluate("original", PROPERTIES, inputs_of(3), nothing)
        assert crew.ask("original", Open(PROPERTIES)) is not None


def test_an_arm_whose_answer_is_not_taken_for_good_is_lost(plans: list[ArmPlan]) -> None:
    def refuse(output: Output) -> None:
        raise ArmLostError("not finite")

    with Crew(plans) as crew:
        crew.evaluate("int8", PROPERTIES, inputs_of(500), refuse)
        assert crew.lost == {"int8": "not finite (during Evaluate)"}
        crew.evaluate("int8", PROPERTIES, inputs_of(5), refuse)
        assert crew.ask("original", Open(PROPERTIES)) is not None


def test_a_worker_that_is_killed_while_it_evaluates_costs_its_arm_alone(plans: list[ArmPlan]) -> None:
    with Crew(plans) as crew:

        def kill(output: Output) -> None:
            os.kill(crew.pid("int8"), signal.SIGKILL)

        crew.evaluate("int8", PROPERTIES, inputs_of(5000), kill)
        assert crew.lost == {
            "int8": "its worker was ended by SIGKILL; the system may have run out of memory (during Evaluate)"
        }
        assert crew.present == ["original"]


def test_a_worker_that_hangs_while_it_evaluates_is_ended(plans: list[ArmPlan]) -> None:
    with Crew(plans[1:], LIMIT_S) as crew:
        pid = crew.pid("int8")
        with stopped(pid):
            crew.evaluate("int8", PROPERTIES, inputs_of(5), nothing)
        assert crew.lost == {"int8": "its worker gave no answer within 10 s (--answer-limit) (during Evaluate)"}
        assert not psutil.pid_exists(pid)


def test_without_an_input_there_is_no_output(plans: list[ArmPlan]) -> None:
    with Crew(plans[:1]) as crew:
        crew.evaluate("original", PROPERTIES, iter(()), nothing)
        assert crew.lost == {}


def test_renewed_workers_are_new_processes_that_know_the_model(plans: list[ArmPlan]) -> None:
    with Crew(plans, LIMIT_S * 6) as crew:
        os.kill(crew.pid("int8"), signal.SIGKILL)
        assert crew.ask("int8", Open(PROPERTIES, None)) is None
        before = crew.pid("original")
        crew.renew()
        assert crew.pid("original") != before
        assert not psutil.pid_exists(before)
        assert crew.present == ["original"], "what is lost stays lost"
        assert crew.ask("original", Open(PROPERTIES, None)) is not None
        after = crew.pid("original")
    assert not psutil.pid_exists(after)


@pytest.mark.parametrize("scale", [1, 1 << 14], ids=["socket", "shared memory"])
def test_the_sample_that_a_model_fails_on_is_named_with_its_shapes(tmp_path: Path, scale: int) -> None:
    """Such as a text of more tokens than the model has positions."""
    model = saved(adding_model(("x", (1, -1), np.float32), ("y", (1, -1), np.float32)), tmp_path)
    write_samples(tmp_path / "samples", [(np.zeros((1, 4), np.float32),) * 2])

    def inputs() -> Iterator[Inputs]:
        for index in range(30):
            widths = (3 * scale, 2 * scale) if index == 20 else (4 * scale, 4 * scale)
            yield Inputs(index, 0, tuple(np.zeros((1, width), np.float32) for width in widths), f"set#{index}")

    with Crew([plan("original", "baseline", model, tmp_path / "samples")], LIMIT_S * 6) as crew:
        crew.evaluate("original", PROPERTIES, inputs(), nothing)
        told = f"fails on set#20, float32 [1, {3 * scale}] and float32 [1, {2 * scale}]: "
        assert crew.lost["original"].startswith(told)


def test_inputs_of_all_sizes_come_through_whole_and_again(tmp_path: Path) -> None:
    """Through the socket where they are small, larger than the first large one, or too many at a time."""
    model = saved(adding_model(("x", (1, -1), np.float32)), tmp_path)
    write_samples(tmp_path / "samples", [(np.zeros((1, 4), np.float32),)])
    sizes = [(4, 1 << 15, 1 << 16, 1 << 14)[i % 4] for i in range(200)]
    found: dict[int, tuple[int, float, float]] = {}

    def keep(output: Output) -> None:
        (value,) = output.values
        found[output.index] = (value.size, float(value.min()), float(value.max()))

    with Crew([plan("original", "baseline", model, tmp_path / "samples")], LIMIT_S * 6) as crew:
        for _ in range(2):
            found.clear()
            tensors = (Inputs(i, 0, (np.full((1, size), i, np.float32),)) for i, size in enumerate(sizes))
            crew.evaluate("original", {"INFERENCE_PRECISION_HINT": "f32"}, tensors, keep)
            assert crew.lost == {}
            assert found == {i: (size, i + 1, i + 1) for i, size in enumerate(sizes)}


def test_inputs_and_outputs_larger_than_the_socket_do_not_wait_for_each_other(tmp_path: Path) -> None:
    """Both sides would send and neither receive, were they not in threads of their own."""
    size, count = 1 << 19, 24
    model = saved(adding_model(("x", (1, size), np.float32)), tmp_path)
    write_samples(tmp_path / "samples", [(np.zeros((1, size), np.float32),)])
    sums: dict[int, tuple[float, float]] = {}

    def keep(output: Output) -> None:
        (value,) = output.values
        sums[output.index] = (float(value.min()), float(value.max()))

    with Crew([plan("original", "baseline", model, tmp_path / "samples")], LIMIT_S * 6) as crew:
        tensors = (Inputs(i, 0, (np.full((1, size), i, np.float32),)) for i in range(count))
        crew.evaluate("original", {"INFERENCE_PRECISION_HINT": "f32"}, tensors, keep)
        assert crew.lost == {}
    assert sums == {i: (i + 1, i + 1) for i in range(count)}
