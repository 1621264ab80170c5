"""Calls of NNCF: its arguments from a recipe's plain values, what it logs, and calibration samples as it takes them,
the next one inferred while it takes down what the last one gave.

NNCF does the two in turns, and the second in Python, which leaves the processor idle. For the time of a call the
engines that collect statistics are given a request that looks ahead; the results are the same, bit for bit.
"""

from __future__ import annotations

import contextlib
import io
import logging
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeVar, get_args, get_type_hints

import numpy as np
from pydantic import Field

from ovopt.contracts import Advance, Tensors
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

        names = [op.get_friendly_name() for op in model.get_ordered_ops()]
        inside = [p for p in (PREPROCESS_PREFIX, POSTPROCESS_PREFIX) if any(name.startswith(p) for name in names)]
        embedded = [f"^{prefix}.*" for prefix in inside]  # they stay exact, and NNCF takes some for a bias
        if not self and not embedded:
            return None
        _check_matches(self, model, where)
        return nncf.IgnoredScope(
            names=list(self.names),
            patterns=[*self.patterns, *embedded],
            types=list(self.types),
            subgraphs=[nncf.Subgraph(list(s.inputs), list(s.outputs)) for s in self.subgraphs],
        )


def without(scope: nncf.IgnoredScope | None, names: Sequence[str]) -> nncf.IgnoredScope | None:
    """A scope that leaves out these operations too, in whatever body of an `If` they are."""
    import nncf

    if not names:
        return scope
    return replace(scope or nncf.IgnoredScope(), names=[*(scope.names if scope else ()), *names], validate=False)


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


class Calibration:
    """Bare arrays for models with one input, else mappings by name; each that is taken moves the progress on."""

    def __init__(self, samples: Sequence[Tensors], model: openvino.Model, advance: Advance) -> None:
        self._samples = samples
        self._keys = [port.get_any_name() if port.get_names() else index for index, port in enumerate(model.inputs)]
        self._advance = advance
        self.current: Any = None
        """The item that was taken last."""
        self.upcoming: Any = None

    def __len__(self) -> int:
        return len(self._samples)

    def __iter__(self) -> Iterator[Any]:
        items = map(self._item, self._samples)
        self.upcoming = next(items, None)
        while self.upcoming is not None:
            self.current, self.upcoming = self.upcoming, next(items, None)
            self._advance()
            yield self.current
        self.current = None

    def _item(self, tensors: Tensors) -> Any:
        return tensors[0] if len(self._keys) == 1 else dict(zip(self._keys, tensors, strict=True))


class RequestAhead:
    """Stands in for the inference request of NNCF's engine: of two requests, one holds the outputs that were given
    last, the other computes the sample that comes next."""

    def __init__(self, request: openvino.InferRequest, calibration: Calibration) -> None:
        self._requests = [request, request.get_compiled_model().create_infer_request()]
        self._calibration = calibration
        self._begun: Any = None

    def infer(self, inputs: Any, share_inputs: bool = False) -> Any:
        """A copy of the outputs, as `openvino.InferRequest.infer` gives it."""
        if self._begun is not inputs:
            self._requests[0].wait()  # for what was begun in vain
            self._begun = None
        if inputs is not self._calibration.current:
            return self._requests[0].infer(inputs, share_inputs=share_inputs)
        if self._begun is None:
            self._requests[0].start_async(inputs, share_inputs=share_inputs)
        self._requests[0].wait()
        self._requests.reverse()
        self._begun = self._calibration.upcoming
        if self._begun is not None:
            self._requests[0].start_async(self._begun, share_inputs=share_inputs)
        return self._requests[1].results


@contextlib.contextmanager
def calibrating(samples: Sequence[Tensors], model: openvino.Model, advance: Advance) -> Iterator[nncf.Dataset]:
    """The samples, inferences of shapes [batch, ...], as a data set for calls of NNCF, which go ahead for as long as
    this lasts.

    One attribute of one class of NNCF's is replaced meanwhile: no module binds it by itself, so that putting it back
    leaves nothing behind. Where this NNCF is built otherwise, its engines stay as they are."""
    import nncf

    calibration, factory = Calibration(samples, model, advance), _engine_factory()
    if factory is None:
        yield nncf.Dataset(calibration)
        return
    own, create = vars(factory)["create"], factory.create
    factory.create = staticmethod(lambda model: _looking_ahead(create(model), calibration))
    try:
        yield nncf.Dataset(calibration)
    finally:
        factory.create = own


def _engine_factory() -> Any | None:
    """The class that makes NNCF's engines; None where there is none, or where another call has its hand on it."""
    try:
        from nncf.common.factory import EngineFactory
    except ImportError:
        return None
    create = vars(EngineFactory).get("create")
    untouched = isinstance(create, staticmethod) and create.__module__ == EngineFactory.__module__
    return EngineFactory if untouched else None


def _looking_ahead(engine: Any, calibration: Calibration) -> Any:
    """An engine of NNCF's with its request exchanged; left alone where its model has a state, or where it is built in
    another way."""
    import openvino

    inner: Any = getattr(engine, "engine", None)
    request = getattr(inner, "infer_request", None)
    if isinstance(request, openvino.InferRequest) and getattr(inner, "reset_state", True) is False:
        inner.infer_request = RequestAhead(request, calibration)
    return engine
