"""Two stored comparisons side by side."""

import pytest

from ovopt import units
from ovopt.drift import drift, unlike
from ovopt.errors import UsageError
from tests.factories import comparison, exactly

THEN = comparison({"int8": 0.55})
NOW = comparison({"int8": 1.1})
ELSEWHERE = NOW.model_copy(update={"machine": NOW.machine.model_copy(update={"cores": 64})})


def test_runs_of_one_machine_and_the_same_settings_are_alike():
    assert unlike(THEN, NOW) == []


def test_what_moved_is_told_for_every_arm_of_both_runs():
    lines = drift(THEN, NOW, force=False)
    moved = NOW.arms[2].latency.p50_ms / THEN.arms[2].latency.p50_ms
    (line,) = [line for line in lines if line.startswith("int8: latency")]
    assert line.endswith(f"({moved:.2f}x)")
    assert any(line.startswith("original: throughput") for line in lines)
    top1 = units.share(NOW.arms[2].accuracy["top1"].value)
    assert f"int8: top1 {top1} -> {top1} (+0.0 points)" in lines


def test_unlike_machines_are_refused():
    message = (
        f"the two runs are not alike; --force shows them all the same:\n  machine: cores was {NOW.machine.cores}, is 64"
    )
    with pytest.raises(UsageError, match=exactly(message)):
        drift(NOW, ELSEWHERE, force=False)


def test_forced_unlike_machines_are_labelled():
    assert f"NOT ALIKE, machine: cores was {NOW.machine.cores}, is 64" in drift(NOW, ELSEWHERE, force=True)


def test_unlike_settings_are_refused():
    changed = NOW.settings.model_copy(update={"properties": {"NUM_STREAMS": "2"}})
    assert unlike(THEN, NOW.model_copy(update={"settings": changed})) == [
        "settings: properties was {}, is {'NUM_STREAMS': '2'}"
    ]
