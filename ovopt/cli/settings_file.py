"""Runtime settings in the JSON form of OpenVINO's benchmark_app: `{"CPU": {"NUM_STREAMS": "2", ...}}`."""

from __future__ import annotations

import json
from pathlib import Path

from ovopt.errors import SettingsError
from ovopt.records import Settings


def read_settings(file: Path, device: str) -> dict[str, str]:
    """The properties of one device; SettingsError where the file holds none."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise SettingsError(f"{file}: not a JSON file of settings: {error}") from None
    if not isinstance(found, dict) or not isinstance(found.get(device), dict):
        raise SettingsError(f'{file}: holds no settings for {device}; the form is {{"{device}": {{"KEY": "VALUE"}}}}')
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in found[device].items()}


def write_settings(file: Path, settings: Settings) -> None:
    """The properties that a run was asked for, its hint among them."""
    hint = {"PERFORMANCE_HINT": settings.hint} if settings.hint and settings.hint != "NONE" else {}
    text = json.dumps({settings.device: {**hint, **settings.properties}}, indent=4)
    file.write_text(text + "\n", encoding="utf-8")
