"""Samples for engines, and what the classifier of `tests.cli.run` makes of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ovopt.bench.request_loops import LEAST_CYCLES
from ovopt.contracts import Key, Session, Tensors
from tests.cli import run

COUNT = 8
ARRIVALS_S = tuple(k / 500 for k in range(25))


def samples(batch: int = 1, count: int = COUNT) -> list[Tensors]:
    inputs, _ = run.inputs_and_labels(count * batch)
    return [(rows,) for rows in np.split(inputs, count)]


def check_outputs(session: Session, given: list[Tensors]) -> None:
    """Every sample's output is the classifier's, by `answer_each` as by `run` and `result`."""
    found = answers(session, [((index, 0), tensors) for index, tensors in enumerate(given)])
    for index, (rows,) in enumerate(given):
        session.run((rows,))
        (answer,) = found[index, 0]
        for output in (answer, np.squeeze(session.result())):
            np.testing.assert_allclose(output, np.squeeze(run.scores(rows)), rtol=1e-3, atol=1e-3)


def answers(session: Session, items: Sequence[tuple[Key, Tensors]]) -> dict[Key, Tensors]:
    """What `answer_each` gives, every key once and in order."""
    found = list(session.answer_each(iter(items)))
    assert [key for key, _ in found] == [key for key, _ in items]
    return dict(found)


def check_latest(session: Session, given: list[Tensors]) -> None:
    """What the timing computed is there to be looked at, each output under its sample's index."""
    for time in (lambda: session.infer_once(len(given) + 1), lambda: session.infer_for(0.01, first=2)):
        time()
        found = dict(session.latest())
        assert found
        for index, output in found.items():
            (rows,) = given[index]
            np.testing.assert_allclose(np.squeeze(output), np.squeeze(run.scores(rows)), rtol=1e-3, atol=1e-3)
    assert 1 in found, "a sample that was timed before is not forgotten"


def check_timing(session: Session, given: list[Tensors], requests: int) -> None:
    """Every way of running answers each sample once."""
    assert session.infer_once(0) > 0
    assert session.infer_once(len(given) + 3) > 0, "samples come round again"
    found = session.infer_for(0.02, first=5)
    assert found.inferences % requests == 0
    assert found.elapsed_ns >= 20_000_000
    assert session.infer_for(0, first=0).inferences == LEAST_CYCLES * requests, "whatever the time"


def check_answers(session: Session, given: list[Tensors]) -> None:
    """Everything that comes is taken, to the last."""
    for number in (0, 1, 13):
        taken = iter([given[i % len(given)] for i in range(number)])
        session.answer_all(taken)
        assert next(taken, None) is None


def check_serving(session: Session) -> None:
    """Every request gets an answer, later than its arrival; the clock's own step is the least that may be."""
    waits = session.serve(ARRIVALS_S, first=3)
    assert len(waits) == len(ARRIVALS_S)
    assert min(waits) > 0
