"""A way round what NNCF cannot handle: it says what went wrong, seldom where."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ovopt.bisection import thinned

if TYPE_CHECKING:
    import openvino

LOOK_S = 60.0
"""Seconds that a hunt takes at most where nobody says less: some ten times as long as NNCF takes to fail."""
NAMED = 5
"""Operations named one by one in a message; more are told by their types."""
Arguments = Mapping[str, Any]
Works = Callable[[Arguments], bool]


@dataclass(frozen=True)
class _Part:
    """A part of the algorithm, the setting that leaves it out, and what NNCF is then given."""

    name: str
    setting: str
    arguments: Arguments


def way_round(model: openvino.Model, arguments: Arguments, works: Works, in_time: Callable[[], bool]) -> str:
    """The fewest operations that `nncf.quantize` works without, or a part of the algorithm, or both, and the options
    that leave these out; empty where nothing helps.

    `works` tries arguments; no further try is begun once `in_time` says no.
    """
    kinds = {
        op.get_friendly_name(): op.get_type_name()
        for op in model.get_ordered_ops()
        if op.get_type_name() not in ("Constant", "Parameter", "Result")
    }

    def tried(given: Arguments) -> bool:
        return in_time() and works(given)

    for part in _parts(arguments):
        if part.name and tried(part.arguments):
            return _told([part.name], [part.setting])
        if names := _culprits(tuple(kinds), part.arguments, tried):
            operations, setting = _ignored({name: kinds[name] for name in names})
            return _told([part.name, *operations], [part.setting, setting])
    return ""


def _parts(arguments: Arguments) -> Iterator[_Part]:
    """Nothing first, then what this version of NNCF can leave out."""
    import nncf

    yield _Part("", "", arguments)
    key = "advanced_parameters"
    setting = f"{key}.smooth_quant_alphas={{convolution: -1, matmul: -1}}"
    try:
        advanced = arguments[key] or nncf.AdvancedQuantizationParameters()
        off = nncf.AdvancedSmoothQuantParameters(convolution=-1, matmul=-1)
        unsmoothed = replace(advanced, smooth_quant_alphas=off)
    except (AttributeError, TypeError):
        unsmoothed = None
    if unsmoothed:
        yield _Part("smoothing", setting, {**arguments, key: unsmoothed})
    fast = "fast_bias_correction"
    yield _Part("full bias correction", f"{fast}=true", {**arguments, fast: True})


def _culprits(names: Sequence[str], arguments: Arguments, tried: Works) -> Sequence[str]:
    """The fewest operations that NNCF has to ignore; none where it does not work without any of them either."""
    import nncf

    scope = arguments["ignored_scope"] or nncf.IgnoredScope()

    def works_without(some: Sequence[str]) -> bool:
        try:
            ignoring = replace(scope, names=[*scope.names, *some], validate=False)
        except TypeError:  # a version of NNCF with other fields
            return False
        return tried({**arguments, "ignored_scope": ignoring})

    return thinned(names, works_without) if names and works_without(names) else ()


def _ignored(kinds: Mapping[str, str]) -> tuple[list[str], str]:
    told = [f"{name!r} ({kind})" for name, kind in kinds.items()]
    if len(told) <= NAMED:
        return told, f"ignored_scope.names={list(kinds)}"
    return [*told[:NAMED], "..."], f"ignored_scope.types={sorted(set(kinds.values()))}"


def _told(parts: Sequence[str], settings: Sequence[str]) -> str:
    options = " ".join(f'--set "optimize.quantize.{setting}"' for setting in settings if setting)
    return f"; it works without {', '.join(filter(None, parts))}: {options}"
