"""Arguments of NNCF's algorithms from a recipe's plain values, and what NNCF logs."""

from __future__ import annotations

import contextlib
import io
import logging
import re
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeVar, get_args, get_type_hints

import numpy as np
from pydantic import Field

from ovopt.errors import RecipeError, UsageError, did_you_mean
from ovopt.model.ports.attach import POSTPROCESS_PREFIX, PREPROCESS_PREFIX
from ovopt.records import Record

if TYPE_CHECKING:
    import nncf
    import openvino

E = TypeVar("E", bound=Enum)


class Subgraph(Record):
    """Operations between named inputs and outputs."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


class IgnoredScope(Record):
    """Operations that stay in their precision, by NNCF's ways of naming them. One that matches nothing is an error."""

    names: tuple[str, ...] = ()
    patterns: tuple[str, ...] = Field(default=(), description="regular expressions on operation names")
    types: tuple[str, ...] = Field(default=(), description="OpenVINO operation types, such as MatMul")
    subgraphs: tuple[Subgraph, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.names or self.patterns or self.types or self.subgraphs)

    def of(self, model: openvino.Model, where: str) -> nncf.IgnoredScope | None:
        """As NNCF takes it. NNCF validates its own graph's names; this says which entry is at fault, and what it could
        have meant."""
        import nncf

        embedded = _embedded(model)
        if not self and not embedded:
            return None
        _check_matches(self, model, where)
        return nncf.IgnoredScope(
            names=list(self.names),
            patterns=[*self.patterns, *embedded],
            types=list(self.types),
            subgraphs=[nncf.Subgraph(list(s.inputs), list(s.outputs)) for s in self.subgraphs],
        )


def _embedded(model: openvino.Model) -> list[str]:
    """Patterns of the operations of pre- and postprocessing inside a model: they stay exact, and NNCF takes some for a
    bias."""
    names = [op.get_friendly_name() for op in model.get_ordered_ops()]
    prefixes = (PREPROCESS_PREFIX, POSTPROCESS_PREFIX)
    return [f"^{prefix}.*" for prefix in prefixes if any(name.startswith(prefix) for name in names)]


def member(kind: type[E], value: str, where: str) -> E:
    """The member of an enumeration with this value. Raises RecipeError where there is none."""
    allowed = {str(member.value): member for member in kind}
    if value not in allowed:
        raise RecipeError(f"{where}: {value!r}; {did_you_mean(value, allowed)}")
    return allowed[value]


def parameters(kind: Any, values: Mapping[str, Any], where: str) -> Any:
    """An NNCF parameter dataclass from plain values: nested mappings, enumerations by value. Raises RecipeError for an
    unknown key or value."""
    hints = get_type_hints(kind)
    known = [field.name for field in fields(kind)]
    made = {}
    for key, value in values.items():
        if key not in known:
            raise RecipeError(f"{where}: unknown key {key!r}; {did_you_mean(key, known)}")
        made[key] = _parameter(hints[key], value, f"{where}.{key}")
    return kind(**made)


@contextlib.contextmanager
def quiet() -> Iterator[list[logging.LogRecord]]:
    """Keeps NNCF's progress bars and log lines from standard output, which belongs to results. Gives what it logs."""
    logger, kept = logging.getLogger("nncf"), _Kept()
    handlers, level = logger.handlers, logger.level
    logger.handlers = [kept]
    logger.setLevel(logging.INFO)
    try:
        with contextlib.redirect_stdout(io.StringIO()), np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield kept.records
    finally:
        logger.handlers = handlers
        logger.setLevel(level)


def first_line(error: Exception) -> str:
    """The first line of an error's text."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


class _Kept(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


def _check_matches(scope: IgnoredScope, model: openvino.Model, where: str) -> None:
    operations = model.get_ordered_ops()
    names = {op.get_friendly_name() for op in operations}
    types = {op.get_type_name() for op in operations}
    named = [("names", name) for name in scope.names]
    named += [("subgraphs", name) for subgraph in scope.subgraphs for name in (*subgraph.inputs, *subgraph.outputs)]
    for key, name in named:
        if name not in names:
            raise UsageError(f"{where}.{key}: no operation is named {name!r}; {did_you_mean(name, names)}")
    for pattern in scope.patterns:
        try:
            matches = any(re.search(pattern, name) for name in names)
        except re.error as error:
            raise RecipeError(f"{where}.patterns: {pattern!r} is no regular expression: {error}") from None
        if not matches:
            raise UsageError(f"{where}.patterns: {pattern!r} matches no operation")
    for kind in scope.types:
        if kind not in types:
            raise UsageError(f"{where}.types: the model has no {kind!r}; {did_you_mean(kind, types)}")


def _parameter(hint: Any, value: Any, where: str) -> Any:
    kinds = get_args(hint) or (hint,)
    for kind in kinds:
        if isinstance(kind, type) and issubclass(kind, Enum) and not isinstance(value, Enum):
            return member(kind, str(value), where)
    plain = tuple(kind for kind in kinds if kind in (bool, int, float, str))
    if plain and value is not None and not isinstance(value, (*plain, int) if float in plain else plain):
        wanted = " or ".join(kind.__name__ for kind in plain)
        raise RecipeError(f"{where}: wants {wanted}, not {value!r}")
    records = [kind for kind in kinds if is_dataclass(kind)]
    if not records:
        return value
    if not isinstance(value, Mapping):
        raise RecipeError(f"{where}: wants a mapping of its fields, not {value!r}")
    fitting = [kind for kind in records if value.keys() <= {field.name for field in fields(kind)}]
    return parameters((fitting or records)[0], value, where)
