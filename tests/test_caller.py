"""The caller's process is left as it was, whatever happens inside."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from types import ModuleType

import pytest

import ovopt
from ovopt.caller import TELEMETRY, telemetry_off, untouched_caller
from tests.factories import exactly


class FaultError(Exception):
    """Ends a block."""


def disturb() -> None:
    os.environ["OVOPT_TEST_NEW"] = "1"
    os.environ["OVOPT_TEST_OLD"] = "changed"
    del os.environ["OVOPT_TEST_GONE"]
    logger = logging.getLogger("ovopt.test.known")
    logger.setLevel(logging.CRITICAL)
    logger.addHandler(logging.NullHandler())
    logger.propagate = False
    warnings.simplefilter("ignore")
    raise FaultError


def test_environment_loggers_and_filters_are_restored_even_behind_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OVOPT_TEST_OLD", "old")
    monkeypatch.setenv("OVOPT_TEST_GONE", "here")
    logger = logging.getLogger("ovopt.test.known")
    before = (dict(os.environ), logger.level, [*logger.handlers], logger.propagate, [*warnings.filters])
    with pytest.raises(FaultError), untouched_caller():
        disturb()
    assert (dict(os.environ), logger.level, logger.handlers, logger.propagate, warnings.filters) == before


def test_a_use_case_that_fails_leaves_no_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, TELEMETRY)
    before = dict(os.environ)
    with pytest.raises(ovopt.ModelError, match=exactly("none.onnx: no such model file")):
        ovopt.evaluate("none.onnx", recipe="classification")
    assert dict(os.environ) == before
    assert TELEMETRY not in sys.modules


def test_telemetry_that_was_not_imported_cannot_be_and_may_be_behind_the_block(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, TELEMETRY)
    with telemetry_off(), pytest.raises(ImportError):
        __import__(TELEMETRY)
    assert TELEMETRY not in sys.modules


def test_what_the_caller_imported_with_its_telemetry_sends_nothing_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []
    sender, own = ModuleType("nncf.telemetry.decorator"), ModuleType(TELEMETRY)
    sender.telemetry = type("Sender", (), {"send_event": lambda self, name: sent.append(name)})()
    monkeypatch.setitem(sys.modules, sender.__name__, sender)
    monkeypatch.setitem(sys.modules, TELEMETRY, own)
    with telemetry_off():
        sender.telemetry.send_event("inside")
        sender.telemetry.Telemetry(tid="x").start_session("y")
        assert sys.modules[TELEMETRY] is None
    sender.telemetry.send_event("outside")
    assert sent == ["outside"]
    assert sys.modules[TELEMETRY] is own
