"""A way round what NNCF cannot handle: it says what went wrong, seldom where."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ovopt.bisection import thinned

if TYPE_CHECKING:
    import openvino

LOOK_S = 60.0
NAMED = 5
Arguments = Mapping[str, Any]
Works = Callable[[Arguments], bool]


@dataclass(frozen=True)
class _Part:
    """A part of the algorithm, the setting that leaves it out, and what NNCF is then given."""

    name: str
    setting: str
    arguments: Arguments


def way_round(model: openvino.Model, arguments: Arguments, works: Works) -> str:
    """What `nncf.quantize` works without, and the options that leave it out: the fewest operations, for all that a
    minute of looking tells, or a part of the algorithm, or both. Empty where nothing helps. `works` tries arguments."""
    kinds = {
        op.get_friendly_name(): op.get_type_name()
        for op in model.get_ordered_ops()
        if op.get_type_name() not in ("Constant", "Parameter", "Result")
    }
    for part in _parts(arguments):
        if part.name and works(part.arguments):
            return _told([part.name], [part.setting])
        if names := _culprits(tuple(kinds), part.arguments, works):
            operations, setting = _ignored({name: kinds[name] for name in names})
            return _told([part.name, *operations], [part.setting, setting])
    return ""


def _parts(arguments: Arguments) -> Iterator[_Part]:
    """Nothing first."""
    import nncf

    yield _Part("", "", arguments)
    advanced, key = arguments["advanced_parameters"] or nncf.AdvancedQuantizationParameters(), "advanced_parameters"
    off = nncf.AdvancedSmoothQuantParameters(convolution=-1, matmul=-1)
    setting = f"{key}.smooth_quant_alphas={{convolution: -1, matmul: -1}}"
    yield _Part("smoothing", setting, {**arguments, key: replace(advanced, smooth_quant_alphas=off)})
    fast = "fast_bias_correction"
    yield _Part("full bias correction", f"{fast}=true", {**arguments, fast: True})


def _culprits(names: Sequence[str], arguments: Arguments, works: Works) -> Sequence[str]:
    """The fewest operations that NNCF has to ignore; none where it does not work without any of them either."""
    import nncf

    scope, until = arguments["ignored_scope"] or nncf.IgnoredScope(), time.perf_counter() + LOOK_S

    def works_without(some: Sequence[str]) -> bool:
        ignoring = replace(scope, names=[*scope.names, *some], validate=False)
        return works({**arguments, "ignored_scope": ignoring})

    if not names or not works_without(names):
        return ()
    return thinned(names, lambda some: time.perf_counter() < until and works_without(some))


def _ignored(kinds: Mapping[str, str]) -> tuple[list[str], str]:
    told = [f"{name!r} ({kind})" for name, kind in kinds.items()]
    if len(told) <= NAMED:
        return told, f"ignored_scope.names={list(kinds)}"
    return [*told[:NAMED], "..."], f"ignored_scope.types={sorted(set(kinds.values()))}"


def _told(parts: Sequence[str], settings: Sequence[str]) -> str:
    options = " ".join(f'--set "optimize.quantize.{setting}"' for setting in settings if setting)
    return f"; it works without {', '.join(filter(None, parts))}: {options}"
