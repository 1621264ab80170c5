"""Isolation of the caller's process: its environment, loggers, warning filters and modules are left as they were."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from ovopt.model.telemetry import telemetry_off


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
