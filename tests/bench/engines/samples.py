"""Samples for engines, and what the classifier of `tests.cli.run` makes of them."""

from __future__ import annotations

import numpy as np

from ovopt.contracts import Session, Tensors
from tests.cli import run

COUNT = 8
ARRIVALS_S = tuple(k / 500 for k in range(25))


def samples(batch: int = 1, count: int = COUNT) -> list[Tensors]:
    inputs, _ = run.inputs_and_labels(count * batch)
    return [(rows,) for rows in np.split(inputs, count)]


def check_outputs(session: Session, given: list[Tensors]) -> None:
    """Every sample's output is the classifier's, by `outputs` as by `run` and `result`."""
    found = dict(session.outputs())
    assert sorted(found) == list(range(len(given)))
    for index, (rows,) in enumerate(given):
        session.run((rows,))
        for output in (found[index], np.squeeze(session.result())):
            np.testing.assert_allclose(output, np.squeeze(run.scores(rows)), rtol=1e-3, atol=1e-3)


def check_timing(session: Session, given: list[Tensors], requests: int) -> None:
    """Every way of running answers each sample once."""
    assert session.infer_once(0) > 0
    assert session.infer_once(len(given) + 3) > 0, "samples come round again"
    done, elapsed_ns = session.infer_for(0.02, first=5)
    assert done >= requests
    assert elapsed_ns >= 20_000_000
    assert session.infer_for(0, first=0)[0] >= requests, "no time is enough for one inference each"


def check_answers(session: Session, given: list[Tensors]) -> None:
    for number in (0, 1, 13):
        assert session.answer_all(given[i % len(given)] for i in range(number)) == number


def check_serving(session: Session) -> None:
    """Every request gets an answer, later than its arrival; the clock's own step is the least that may be."""
    waits = session.serve(ARRIVALS_S, first=3)
    assert len(waits) == len(ARRIVALS_S)
    assert min(waits) > 0
