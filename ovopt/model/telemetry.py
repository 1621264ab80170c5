"""Telemetry of openvino and nncf, kept off while ovopt works."""

from __future__ import annotations

import sys
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
