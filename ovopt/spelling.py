"""Options that messages name, spelled as their reader gives them: on a command line that may lack some of them, or as
arguments in Python."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping

KEYS: Mapping[str, str] = {
    "device": "runtime.device", "hint": "runtime.hint", "batch": "model.batch", "on-bad-sample": "data.on_bad_sample",
    "requests": "runtime.requests", "streams": "runtime.properties.NUM_STREAMS",
    "threads": "runtime.properties.INFERENCE_NUM_THREADS",
}  # fmt: skip
"""Options that stand for a key of the recipe."""
BELOW: Mapping[str, str] = {
    "set": "", "property": "runtime.properties.", "budget": "budgets.", "shape": "model.shapes.",
}  # fmt: skip
"""Options whose value is KEY=VALUE, and where in the recipe the key lies."""
FLAGS = ("force", "trust", "resume", "fine-tune", "nncf-defaults", "postprocess")
ARGUMENTS: Mapping[str, str] = {
    "time-budget": "time_budget_s", "answer-limit": "answer_limit_s", "scenario": "scenarios",
    "reference": "references", "split": "part", "save-predictions": "predictions",
}  # fmt: skip
"""Arguments in Python that are called otherwise than their option."""
OPTION = re.compile(
    r"`(?!--)[^`]*`"  # a command, which stays as it is
    r"|(?<![\w-])(?:-o/)?--(?P<name>[a-z][a-z-]*)"
    r"""(?:[ ](?P<value>[\w.]+=\.\.\.|"[^"]*=[^"]*"|'[^']*=[^']*'|[^\s;`'"]+=[^\s;`]*[^\s;`,.:)]|\d[\d.]*\d|\d|skip\b"""
    r"""|(?<=--device )\w+|(?<=--scenario )\w+))?"""
)


def in_python(text: str) -> str:
    """A message whose options are arguments: `settings=["data.source.kind=npz"]`, `force=True`, `data`."""
    return _respelled(text, _argument)


def on_command(text: str, options: Collection[str]) -> str:
    """A message for a command with these options: what it lacks is a `--set`, a key of the recipe, or an option of
    `ovopt compare`."""

    def spelled(name: str, value: str) -> str:
        if f"--{name}" in options:
            return ""
        setting = _setting(name, value)
        if setting is None:
            return f"--{name}{' ' * bool(value)}{value} (of `ovopt compare`)"
        if "--set" in options and "=" in setting:
            return f"--set {_quoted(setting)}"
        return f"{setting} in the recipe"

    return _respelled(text, spelled)


def _respelled(text: str, spelled: Callable[[str, str], str]) -> str:
    """A text with options in other words; none for one that stays."""

    def other(found: re.Match[str]) -> str:
        name, value = found["name"], (found["value"] or "").strip("\"'")
        return (spelled(name, value) if name else "") or found[0]

    return OPTION.sub(other, text)


def _argument(name: str, value: str) -> str:
    setting = _setting(name, value)
    if setting is not None:
        return f"settings=[{_quoted(setting)}]" if "=" in setting else setting
    argument = ARGUMENTS.get(name, name.replace("-", "_"))
    given = "True" if name in FLAGS else value
    return f"{argument}={given}" if given else argument


def _setting(name: str, value: str) -> str | None:
    """The setting of the recipe that an option stands for, as far as the message says it; None where it is none."""
    if name in KEYS:
        return f"{KEYS[name]}={value}" if value else KEYS[name]
    if name not in BELOW:
        return None
    key, equals, given = value.partition("=")
    given = f"[{given}]" if name == "shape" else given
    return f"{BELOW[name]}{key}{equals}{given}" if value else BELOW[name].rstrip(".") or "settings"


def _quoted(setting: str) -> str:
    return f"'{setting}'" if '"' in setting else f'"{setting}"'
