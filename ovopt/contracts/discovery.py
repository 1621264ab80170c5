"""Plug-ins: ovopt's own, and those that other installed packages bring.

A package names a class, or a module of classes, as an entry point of the kind's group: `ovopt.metrics`, `ovopt.data`,
`ovopt.transforms`, `ovopt.decoders`, `ovopt.steps`, `ovopt.rewrites`, `ovopt.reports`, `ovopt.engines`,
`ovopt.scenarios`. What cannot be taken is left out with a line of log; everything else works.
"""

from __future__ import annotations

import importlib
import inspect
import logging
import pkgutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from traceback import walk_tb
from types import ModuleType
from typing import Any

from ovopt.errors import did_you_mean
from ovopt.records import Record

LOG = logging.getLogger("ovopt")
KINDS = ("metrics", "data", "transforms", "decoders", "steps", "rewrites", "reports", "engines", "scenarios")
GROUPS = tuple(f"ovopt.{kind}" for kind in KINDS)
"""Groups of entry points, one for each kind of plug-in."""
ALIKE = 0.8
"""The likeness of a group's name to one of ovopt's, from which on it is taken for a typing error."""


class Brought(Record):
    """A plug-in that another package brings."""

    kind: str
    """`Metric`, `Report` ..."""
    name: str
    package: str
    """The package and its version."""


class LeftOut(Record):
    """An entry point that brings no plug-in, or one that cannot be taken."""

    package: str
    entry: str
    """As the package declares it: `ovopt.metrics: mean_error = mine.metrics`."""
    why: str

    def __str__(self) -> str:
        return f"{self.package} ({self.entry}): {self.why}"


@dataclass(frozen=True)
class Outside:
    """Plug-ins of one kind from other packages."""

    found: Mapping[str, type[Any]]
    brought: Sequence[Brought]
    left_out: Sequence[LeftOut]


@cache
def plugins(package: str, kind: Any) -> Mapping[str, type[Any]]:
    """The concrete subclasses of `kind` by name: those in the modules of ovopt's `package`, and those from outside."""
    return {**_built_in(package, kind), **outside(package, kind).found}


@cache
def plugin(package: str, kind: Any, name: str) -> type[Any]:
    """The plug-in of this name. Other packages are imported only where it is none of ovopt's own."""
    return _built_in(package, kind).get(name) or outside(package, kind).found[name]


@cache
def outside(package: str, kind: Any) -> Outside:
    """Imports the plug-ins that other packages bring beside those of ovopt's `package`, and logs what is left out."""
    group = f"ovopt.{package.rpartition('.')[2]}"
    owners = {name: "ovopt" for own in _built_in(package, kind).values() for name in _names(own)}
    found: dict[str, type[Any]] = {}
    left_out: list[LeftOut] = []
    misspelt()
    for entry in sorted(_installed().select(group=group), key=lambda entry: (_distribution(entry), entry.name)):
        for member, unfit in _members(entry, kind):
            if member in found.values():
                continue
            taken = (f"the name {name!r} is taken by {owners[name]}" for name in _names(member) if name in owners)
            if why := unfit or next(taken, ""):
                left_out.append(_left_out(entry, why))
            else:
                found[member.name] = member
                owners.update(dict.fromkeys(_names(member), _distribution(entry)))
    brought = [Brought(kind=kind.__name__, name=name, package=owners[name]) for name in found]
    return Outside(found, brought, left_out)


@cache
def misspelt() -> tuple[LeftOut, ...]:
    """Entry points of groups that are like ovopt's and none of them, and logs them."""
    groups = {
        group: get_close_matches(group.casefold(), GROUPS, n=1, cutoff=ALIKE) for group in sorted(_installed().groups)
    }
    return tuple(
        _left_out(entry, f"there is no group {group!r}; {did_you_mean(group.casefold(), GROUPS)}")
        for group, near in groups.items()
        if group not in GROUPS and (near or group.casefold().startswith("ovopt"))
        for entry in _installed().select(group=group)
    )


def blamed(error: BaseException) -> str:
    """The plug-in of another package in whose code an error was raised, with that package and the line; empty where
    there is none."""
    packages = {
        entry.module.partition(".")[0]: _distribution(entry)
        for group in GROUPS
        for entry in _installed().select(group=group)
    }
    for frame, line in reversed(list(walk_tb(error.__traceback__))):
        package = packages.get(str(frame.f_globals.get("__name__")).partition(".")[0])
        if package:
            owner: Any = frame.f_locals.get("self")
            name = f"the plug-in {owner.name!r} of " if isinstance(getattr(owner, "name", None), str) else ""
            return f"{name}the package {package} ({Path(frame.f_code.co_filename).name}:{line})"
    return ""


@cache
def _installed() -> Any:
    """Entry points of all installed packages."""
    return entry_points()


def _left_out(entry: EntryPoint, why: str) -> LeftOut:
    one = LeftOut(package=_distribution(entry), entry=f"{entry.group}: {entry.name} = {entry.value}", why=why)
    LOG.warning("plug-in left out: %s; mend the package or uninstall it", one)
    return one


@cache
def _built_in(package: str, kind: Any) -> Mapping[str, type[Any]]:
    root = importlib.import_module(package)
    modules = [importlib.import_module(f"{package}.{info.name}") for info in pkgutil.iter_modules(root.__path__)]
    return {member.name: member for module in modules for member in _concrete(module, kind)}


def _concrete(module: ModuleType, kind: Any) -> list[type[Any]]:
    """The subclasses that a module defines, abstract ones left out."""
    classes = [member for _, member in inspect.getmembers(module, inspect.isclass)]
    return [
        member
        for member in classes
        if issubclass(member, kind) and not inspect.isabstract(member) and member.__module__ == module.__name__
    ]


def _members(entry: EntryPoint, kind: Any) -> Iterable[tuple[Any, str]]:
    """Members that an entry point names, each with why it is no plug-in of this kind, or nothing."""
    try:
        loaded = entry.load()
    except (Exception, SystemExit) as error:  # whatever a foreign module does when it is imported
        return [(None, f"cannot be imported: {type(error).__name__}: {error}")]
    members = _concrete(loaded, kind) if inspect.ismodule(loaded) else [loaded]
    return [(member, _unfit(member, kind)) for member in members] or [(None, f"the module defines no {kind.__name__}")]


def _unfit(member: Any, kind: Any) -> str:
    if not (inspect.isclass(member) and issubclass(member, kind)):
        return f"{getattr(member, '__qualname__', repr(member))} is no {kind.__name__}"
    if lacking := sorted(getattr(member, "__abstractmethods__", ())):
        return f"{member.__qualname__} is abstract: it lacks {', '.join(lacking)}"
    return "" if _names(member)[0] else f"{member.__qualname__} has no `name`"


def _names(member: Any) -> list[str]:
    """The name of a plug-in, and its short names for a recipe."""
    name = getattr(member, "name", None)
    return [name if isinstance(name, str) else "", *getattr(member, "presets", ())]


def _distribution(entry: EntryPoint) -> str:
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist else "an unknown package"
