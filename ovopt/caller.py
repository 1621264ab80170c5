"""Isolation of the caller's process: its environment, loggers, warning filters and modules are left as they were."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

TELEMETRY = "openvino_telemetry"
SENDERS = {
    "nncf.telemetry.decorator": "telemetry",
    "openvino.tools.ovc.convert_impl": "tm",
    "openvino.tools.ovc.telemetry_utils": "tm",
}
"""Modules that the caller may have imported with their telemetry, and the name that they send by."""


@contextmanager
def untouched_caller() -> Iterator[None]:
    """Undoes what is done to the caller's process inside the block; decorates a function, too.

    Modules that are imported inside stay: openvino and nncf without their telemetry.
    """
    environment, loggers = dict(os.environ), [_LoggerState(one) for one in _loggers()]
    try:
        with warnings.catch_warnings(), telemetry_off():
            yield
    finally:
        for logger in loggers:
            logger.restore()
        for name in os.environ.keys() - environment.keys():
            del os.environ[name]
        os.environ.update(environment)


@contextmanager
def telemetry_off() -> Iterator[None]:
    """Keeps openvino and nncf from reporting usage inside the block, whoever imported them. They do so at import, and
    take a missing telemetry package as a no."""
    modules: dict[str, Any] = sys.modules
    before = {TELEMETRY: modules[TELEMETRY]} if TELEMETRY in modules else {}
    senders = [(modules[name], word) for name, word in SENDERS.items() if hasattr(modules.get(name), word)]
    own = [(module, word, getattr(module, word)) for module, word in senders]
    modules[TELEMETRY] = None
    for module, word in senders:
        setattr(module, word, _Mute())
    try:
        yield
    finally:
        for module, word, sender in own:
            setattr(module, word, sender)
        del modules[TELEMETRY]
        modules.update(before)


class _Mute:
    """Stands for any module or object that sends."""

    def __call__(self, *given: Any, **named: Any) -> _Mute:
        return self

    def __getattr__(self, name: str) -> _Mute:
        return self


class _LoggerState:
    """A logger's own settings."""

    def __init__(self, logger: logging.Logger) -> None:
        self._logger, self._level, self._handlers = logger, logger.level, [*logger.handlers]
        self._propagate, self._disabled = logger.propagate, logger.disabled

    def restore(self) -> None:
        self._logger.setLevel(self._level)
        self._logger.handlers[:] = self._handlers
        self._logger.propagate, self._logger.disabled = self._propagate, self._disabled


def _loggers() -> list[logging.Logger]:
    known = logging.Logger.manager.loggerDict.values()
    return [logging.getLogger(), *(one for one in known if isinstance(one, logging.Logger))]
