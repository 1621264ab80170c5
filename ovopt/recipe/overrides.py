"""Settings of a recipe's keys from the command line: `path.to[0].key=value`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ovopt.contracts import plugins
from ovopt.documents import WRITTEN_BY_HAND, UnreadableError, ordinal, parse_yaml
from ovopt.errors import RecipeError, quoted, shortened
from ovopt.recipe.sections import SECTIONS


@dataclass(frozen=True)
class Override:
    """One setting of the recipe: `path.to[0].key=value`, the value in YAML, and the option that it came by.

    In a list of plug-ins, a name finds its entry: `optimize.quantize.preset=mixed`. Quotes keep dots together:
    `model.shapes."input.1"=[1,3,8,8]`.
    """

    text: str
    said: str
    """As the user wrote it, for messages."""

    @classmethod
    def of(cls, setting: Override | str) -> Override:
        """A plain text is what `--set` takes."""
        return setting if isinstance(setting, Override) else cls(setting, f"--set {shortened(setting)}")

    @property
    def keys(self) -> list[str]:
        """The path, part by part."""
        found = re.findall(r'"([^"]+)"|([^.\[\]"]+)', self.text.partition("=")[0])
        return [quoted or plain for quoted, plain in found]

    @property
    def value(self) -> Any:
        """The value to set. Raises RecipeError where the text is no setting."""
        if "=" not in self.text or not self.keys:
            raise RecipeError(f"{self.said}: write {'path.to.key=value' if '--set' in self.said else 'KEY=VALUE'}")
        if len(self.keys) > WRITTEN_BY_HAND.depth:
            raise RecipeError(f"{self.said}: more than {WRITTEN_BY_HAND.depth} keys below each other")
        try:
            return parse_yaml(self.text.partition("=")[2])
        except UnreadableError as error:
            raise RecipeError(f"{self.said}: the value is {error}") from None

    def is_about(self, path: str) -> bool:
        """True where a fault at this key path may be this setting's."""
        mine, theirs = ".".join(key for key in self.keys if ordinal(key) is None), re.sub(r"\[\d+\]", "", path)
        return mine == theirs or theirs.startswith(f"{mine}.") or mine.startswith(f"{theirs}.")


Overrides = Sequence[Override | str]


def budget_override(budget: str) -> Override:
    """`--budget accuracy.top1.max_drop=0.01` as a setting of the recipe."""
    return Override(f"budgets.{budget}", f"--budget {shortened(budget)}")


def with_overrides(raw: Mapping[str, Any], overrides: Overrides) -> dict[str, Any]:
    """A recipe's plain values with overrides applied one by one. Raises RecipeError where one has no place."""
    changed = dict(raw)
    for override in overrides:
        setting = Override.of(override)
        value = setting.value
        if setting.keys[0] in SECTIONS and len(setting.keys) > 1 and changed.get(setting.keys[0]) is None:
            changed[setting.keys[0]] = []
        if setting.keys[0] in SECTIONS and isinstance(changed.get(setting.keys[0]), list):
            changed[setting.keys[0]] = _spread(changed[setting.keys[0]], setting.keys)
        changed = _placed(changed, setting.keys, value, setting.said)
    return changed


def _spread(entries: Sequence[Any], keys: Sequence[str]) -> list[Any]:
    """The plug-ins of a section, where a value alone of the one that the path goes on below (`resize: 224`) is written
    with the field that it stands for."""
    name = next((key for key in keys[1:-1] if ordinal(key) is None), None)
    sole = name and getattr(plugins(*SECTIONS[keys[0]]).get(name), "sole", None)
    found = [(entry, *only_item(entry)) for entry in entries]
    return [
        {name: {sole: value}} if sole and key == name and not isinstance(value, Mapping | None) else entry
        for entry, key, value in found
    ]


def _placed(node: Any, keys: Sequence[str], value: Any, said: str) -> Any:
    if not keys:
        return value
    key, rest = keys[0], keys[1:]
    if isinstance(node, list):
        return _placed_in_list(node, key, rest, value, said)
    if node is not None and not isinstance(node, Mapping):
        raise RecipeError(f"{said}: {quoted(key)} is below a plain value")
    return {**(node or {}), key: _placed((node or {}).get(key), rest, value, said)}


def _placed_in_list(node: list[Any], key: str, rest: Sequence[str], value: Any, said: str) -> list[Any]:
    if (index := ordinal(key)) is not None:
        if index >= len(node):
            raise RecipeError(f"{said}: the list has {len(node)} entries, counted from 0")
        return [_placed(v, rest, value, said) if i == index else v for i, v in enumerate(node)]
    names = [entry if isinstance(entry, str) else only_item(entry)[0] for entry in node]
    if key not in names:
        return [*node, {key: _placed(None, rest, value, said)}]
    return [
        {key: _placed(entry[key] if isinstance(entry, dict) else None, rest, value, said)} if name == key else entry
        for name, entry in zip(names, node, strict=True)
    ]


def only_item(entry: Any) -> tuple[Any, Any]:
    """Key and value of a mapping of one; two times None for anything else."""
    if isinstance(entry, Mapping) and len(entry) == 1:
        return next(iter(entry.items()))
    return None, None
