"""Models with a state, through worker processes: kept from part to part, new with every sample."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import openvino as ov
import pytest

from ovopt.bench.mapped_tensors import write_samples
from ovopt.bench.protocol import Contents, Inputs, Load, Open, Output, TakeLatency, TakeProcessorTime, TakeThroughput
from ovopt.bench.workers import ArmPlan, Crew
from ovopt.contracts import Placement, Tensors
from ovopt.model.files.locate import describe
from tests.bench.crews import AsIs
from tests.models import accumulating_model, recurrent_model, saved

F32 = {"INFERENCE_PRECISION_HINT": "f32"}
LENGTHS = (3, 1, 5, 2, 4)
WIDTH = 2


def sequences(seed: int = 0) -> list[np.ndarray]:
    """Samples of several parts, [parts, width] each."""
    rng = np.random.default_rng(seed)
    return [rng.standard_normal((length, WIDTH)).astype(np.float32) for length in LENGTHS]


def arm(folder: Path, model: ov.Model, sample: Tensors, outputs: Sequence[int] = (0,), **more: object) -> ArmPlan:
    file = saved(model, folder)
    write_samples(folder / "timed", [sample, tuple(2 * tensor for tensor in sample)])
    placement = Placement(file, {}, tuple(outputs), "CPU", **more)  # type: ignore[arg-type]
    load = Load("openvino", placement, folder / "timed")
    return ArmPlan("original", "baseline", describe(file), load, Contents((), AsIs()), F32)


def evaluated(crew: Crew, items: Iterator[Inputs], properties: Mapping[str, str] = F32) -> dict[int, list[Tensors]]:
    """The outputs of every sample, part by part."""
    found: dict[tuple[int, int], Tensors] = {}

    def keep(output: Output) -> None:
        assert (output.index, output.part) not in found
        found[output.index, output.part] = output.values

    crew.evaluate("original", properties, items, keep)
    assert crew.lost == {}
    return {index: [found[key] for key in sorted(found) if key[0] == index] for index, _ in sorted(found)}


def one(values: Sequence[float] = (1, 2)) -> np.ndarray:
    return np.array([values], np.float32)


@pytest.fixture
def accumulating(tmp_path: Path) -> ArmPlan:
    return arm(tmp_path, accumulating_model(WIDTH), (one(),))


def parts_of(samples: Sequence[np.ndarray]) -> Iterator[Inputs]:
    for index, rows in enumerate(samples):
        for part, row in enumerate(rows):
            yield Inputs(index, part, (row[None],))


def test_a_models_own_state_lives_from_the_first_part_of_a_sample_to_the_last(accumulating: ArmPlan) -> None:
    samples = sequences()
    with Crew([accumulating]) as crew:
        found = evaluated(crew, parts_of(samples))
    assert [len(found[index]) for index in range(len(samples))] == list(LENGTHS)
    for index, rows in enumerate(samples):
        answers = np.array([values[0] for values in found[index]])
        np.testing.assert_allclose(answers, 2 * np.cumsum(rows, axis=0), rtol=1e-5, atol=1e-5)


def test_the_second_evaluation_starts_without_the_state_of_the_first(accumulating: ArmPlan) -> None:
    samples = sequences()
    with Crew([accumulating]) as crew:
        first, second = (evaluated(crew, parts_of(samples)) for _ in range(2))
    np.testing.assert_array_equal(np.concatenate(list(first.values())), np.concatenate(list(second.values())))


def test_many_streams_do_not_share_a_state(accumulating: ArmPlan) -> None:
    samples = sequences() * 4
    with Crew([accumulating]) as crew:
        found = evaluated(crew, parts_of(samples), {**F32, "PERFORMANCE_HINT": "THROUGHPUT", "NUM_STREAMS": "2"})
    for index, rows in enumerate(samples):
        np.testing.assert_allclose(found[index][-1][0], 2 * rows.sum(axis=0), rtol=1e-4, atol=1e-4)


def recurrent(samples: Sequence[np.ndarray], first: np.ndarray | None = None) -> Iterator[Inputs]:
    """The state's input goes with every part: what is handed on takes its place but for the first."""
    for item in parts_of(samples):
        yield Inputs(
            item.index, item.part, (*item.tensors, np.zeros((1, WIDTH), np.float32) if first is None else first)
        )


def expected(rows: np.ndarray, first: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    found, state = [], first[0]
    for row in rows:
        state = state / 2 + row
        found.append((row - state, state))
    return found


STATE = {"h": "h_next"}


@pytest.mark.parametrize("outputs", [(0, 1), (1, 0), (0,), (1,)], ids=str)
@pytest.mark.parametrize("first", [(0.0, 0.0), (4.0, -8.0)], ids=["from zero", "from a state that was given"])
def test_an_output_is_handed_on_to_the_input_that_the_recipe_names(
    tmp_path: Path, outputs: tuple[int, ...], first: tuple[float, float]
) -> None:
    samples, start = sequences(1), one(first)
    with Crew([arm(tmp_path, recurrent_model(WIDTH), (one(), one((0, 0))), outputs, state=STATE)]) as crew:
        found = evaluated(crew, recurrent(samples, start))
    for index, rows in enumerate(samples):
        for values, wanted in zip(found[index], expected(rows, start), strict=True):
            assert len(values) == len(outputs)
            for value, place in zip(values, outputs, strict=True):
                np.testing.assert_allclose(value, wanted[place], rtol=1e-5, atol=1e-5)


def test_without_a_state_in_the_recipe_every_part_stands_alone(tmp_path: Path) -> None:
    samples = sequences(2)
    with Crew([arm(tmp_path, recurrent_model(WIDTH), (one(), one((0, 0))), (1,))]) as crew:
        found = evaluated(crew, recurrent(samples))
    for index, rows in enumerate(samples):
        np.testing.assert_allclose(np.array([values[0] for values in found[index]]), rows, rtol=1e-6)


TURNS = (TakeLatency(0.01, 0), TakeThroughput(0.01, 0), TakeProcessorTime(0.01, 0), TakeLatency(0.01, 1))


def timed(plan: ArmPlan) -> dict[str, str]:
    """Take every kind of turn, twice; what was lost on the way."""
    with Crew([plan]) as crew:
        for command in (Open(F32), *TURNS, *TURNS):
            if crew.ask("original", command) is None:
                break
        return dict(crew.lost)


def test_a_model_whose_state_the_recipe_hands_on_can_be_timed(tmp_path: Path) -> None:
    plan = arm(tmp_path, recurrent_model(WIDTH), (one(), one((0, 0))), state=STATE)
    assert timed(plan) == {}


def test_a_model_with_a_state_of_its_own_can_be_timed(accumulating: ArmPlan) -> None:
    assert timed(accumulating) == {}
