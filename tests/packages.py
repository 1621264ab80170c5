"""Packages outside ovopt, laid down as an installer does."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent


def lay_down(folder: Path, name: str, entries: Mapping[str, str], **modules: str) -> None:
    """A package in `folder`: its modules by name, and its entry points, `group: name` -> value."""
    info = folder / f"{name.replace('-', '_')}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    lines: dict[str, list[str]] = {}
    for entry, value in entries.items():
        group, _, word = entry.partition(": ")
        lines.setdefault(group, [f"[{group}]"]).append(f"{word} = {value}")
    (info / "entry_points.txt").write_text("\n".join(line for group in lines.values() for line in group) + "\n")
    for module, text in modules.items():
        (folder / f"{module}.py").write_text(dedent(text))
