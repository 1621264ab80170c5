"""NNCF post-training quantization."""

from __future__ import annotations

import contextlib
import io
import logging
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar, Literal, get_args, get_type_hints

import numpy as np
from pydantic import Field

from ovopt.contracts import Advance, Materials, Step, Stepped, Tensors
from ovopt.errors import RecipeError, StepError, UsageError, did_you_mean
from ovopt.model.facts import facts
from ovopt.records import ModelFacts, Record, StepReport

if TYPE_CHECKING:
    import openvino


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


class Quantize(Step):
    """`nncf.quantize`: every argument by its NNCF name, NNCF's defaults."""

    name: ClassVar[str] = "quantize"
    mode: Literal["fp8_e4m3", "fp8_e5m2"] | None = None
    preset: Literal["performance", "mixed"] | None = Field(
        default=None, description="symmetric activations, or asymmetric where values are"
    )
    target_device: Literal["ANY", "CPU", "GPU", "NPU", "CPU_SPR"] = "ANY"
    subset_size: int = Field(default=300, gt=0, description="calibration samples used, at most")
    fast_bias_correction: bool = True
    model_type: Literal["transformer"] | None = Field(
        default=None, description="also good for many models that are no transformers"
    )
    ignored_scope: IgnoredScope = IgnoredScope()
    advanced_parameters: dict[str, Any] = Field(
        default={}, description="fields of nncf.AdvancedQuantizationParameters, nested ones as mappings"
    )

    @property
    def wanted(self) -> int:
        """NNCF's subset."""
        return self.subset_size

    def apply(self, model: openvino.Model, materials: Materials) -> Stepped:
        """An INT8 (or FP8) model; StepError where no operation was quantized."""
        before = facts(model)
        for kind in ("FakeQuantize", "FakeConvert"):
            if count := before.operations.get(kind):
                raise UsageError(
                    f"the model already holds {count} {kind} operations: it is quantized; start from the original"
                )
        started = time.perf_counter()
        quantized = self._run(model.clone(), materials)
        return Stepped(quantized, self._report(before, facts(quantized), materials, time.perf_counter() - started))

    def _run(self, model: openvino.Model, materials: Materials) -> openvino.Model:
        import nncf

        used = min(self.subset_size, len(materials.calibration))
        arguments = self._arguments(model)
        with materials.progress.task("quantize", total=used * self._passes()) as advance, _quiet(nncf):
            samples = nncf.Dataset(_Counted(materials.calibration[:used], advance), _as_input(model))
            try:
                return nncf.quantize(model, samples, **arguments)
            except (nncf.ValidationError, nncf.ParameterNotSupportedError) as error:
                raise UsageError(f"optimize.quantize: {_first_line(error)}") from None
            except Exception as error:  # nncf raises errors of every kind
                raise StepError(f"nncf.quantize failed: {type(error).__name__}: {_first_line(error)}") from error

    def _passes(self) -> int:
        """How often NNCF goes through the samples at least: once for the ranges, before that once to smooth."""
        return 2 if self.model_type else 1

    def _arguments(self, model: openvino.Model) -> dict[str, Any]:
        import nncf

        _check_matches(self.ignored_scope, model)
        scope = self.ignored_scope
        return {
            "mode": nncf.QuantizationMode(self.mode) if self.mode else None,
            "preset": nncf.QuantizationPreset(self.preset) if self.preset else None,
            "target_device": nncf.TargetDevice(self.target_device),
            "subset_size": self.subset_size,
            "fast_bias_correction": self.fast_bias_correction,
            "model_type": nncf.ModelType(self.model_type) if self.model_type else None,
            "ignored_scope": nncf.IgnoredScope(
                names=list(scope.names),
                patterns=list(scope.patterns),
                types=list(scope.types),
                subgraphs=[nncf.Subgraph(list(s.inputs), list(s.outputs)) for s in scope.subgraphs],
            )
            if scope
            else None,
            "advanced_parameters": _dataclass(
                nncf.AdvancedQuantizationParameters, self.advanced_parameters, "advanced_parameters"
            )
            if self.advanced_parameters
            else None,
        }

    def _report(self, before: ModelFacts, after: ModelFacts, materials: Materials, seconds: float) -> StepReport:
        if after.fake_quantize + after.operations.get("FakeConvert", 0) == 0:
            raise StepError("quantize changed nothing: no operation of this model was quantized")
        available = len(materials.calibration)
        notes: tuple[str, ...] = ()
        if available < min(self.subset_size, 100):
            notes = (f"only {available} calibration samples: 100 to 300 give steadier ranges",)
        return StepReport(
            name=self.name,
            parameters=self.model_dump(exclude_defaults=True),
            effect={
                "fake_quantize": after.fake_quantize,
                "int8_constant_bytes": sum(after.precisions.get(t, 0) for t in ("i8", "u8")),
                "constant_bytes": sum(after.precisions.values()),
                "constant_bytes_before": sum(before.precisions.values()),
                "calibration_samples": min(self.subset_size, available),
            },
            notes=notes,
            seconds=round(seconds, 3),
        )


class _Counted:
    """The calibration samples; every sample that NNCF takes moves the progress on."""

    def __init__(self, samples: Sequence[Tensors], advance: Advance) -> None:
        self._samples = samples
        self._advance = advance

    def __len__(self) -> int:
        return len(self._samples)

    def __iter__(self) -> Iterator[Tensors]:
        for sample in self._samples:
            self._advance()
            yield sample


def _as_input(model: openvino.Model) -> Any:
    """NNCF takes a bare array for a model with one input, and a mapping by name for several."""
    keys = [port.get_any_name() if port.get_names() else index for index, port in enumerate(model.inputs)]

    def transform(tensors: Tensors) -> Any:
        return tensors[0] if len(keys) == 1 else dict(zip(keys, tensors, strict=True))

    return transform


def _check_matches(scope: IgnoredScope, model: openvino.Model) -> None:
    """NNCF validates its own graph's names; this says which entry is at fault, and what it could have meant."""
    import re

    operations = model.get_ordered_ops()
    names = {op.get_friendly_name() for op in operations}
    types = {op.get_type_name() for op in operations}
    named = [("names", name) for name in scope.names]
    named += [("subgraphs", name) for subgraph in scope.subgraphs for name in (*subgraph.inputs, *subgraph.outputs)]
    for key, name in named:
        if name not in names:
            raise UsageError(
                f"optimize.quantize.ignored_scope.{key}: no operation is named {name!r}; {did_you_mean(name, names)}"
            )
    for pattern in scope.patterns:
        try:
            matches = any(re.search(pattern, name) for name in names)
        except re.error as error:
            raise RecipeError(
                f"optimize.quantize.ignored_scope.patterns: {pattern!r} is no regular expression: {error}"
            ) from None
        if not matches:
            raise UsageError(f"optimize.quantize.ignored_scope.patterns: {pattern!r} matches no operation")
    for kind in scope.types:
        if kind not in types:
            raise UsageError(
                f"optimize.quantize.ignored_scope.types: the model has no {kind!r}; {did_you_mean(kind, types)}"
            )


def _dataclass(kind: Any, values: Mapping[str, Any], where: str) -> Any:
    """An NNCF parameter dataclass from plain values: nested mappings, enumerations by value."""
    hints = get_type_hints(kind)
    known = [field.name for field in fields(kind)]
    made = {}
    for key, value in values.items():
        if key not in known:
            raise RecipeError(f"optimize.quantize.{where}: unknown key {key!r}; {did_you_mean(key, known)}")
        made[key] = _parameter(hints[key], value, f"{where}.{key}")
    return kind(**made)


def _parameter(hint: Any, value: Any, where: str) -> Any:
    for kind in get_args(hint) or (hint,):
        if isinstance(kind, type) and issubclass(kind, Enum) and not isinstance(value, Enum):
            allowed = {str(member.value): member for member in kind}
            if str(value) not in allowed:
                raise RecipeError(f"optimize.quantize.{where}: {value!r}; {did_you_mean(str(value), allowed)}")
            return allowed[str(value)]
    plain = tuple(kind for kind in get_args(hint) or (hint,) if kind in (bool, int, float, str))
    if plain and value is not None and not isinstance(value, (*plain, int) if float in plain else plain):
        wanted = " or ".join(kind.__name__ for kind in plain)
        raise RecipeError(f"optimize.quantize.{where}: wants {wanted}, not {value!r}")
    kinds = [kind for kind in get_args(hint) or (hint,) if is_dataclass(kind)]
    if not kinds:
        return value
    if not isinstance(value, Mapping):
        raise RecipeError(f"optimize.quantize.{where}: wants a mapping of its fields, not {value!r}")
    fitting = [kind for kind in kinds if value.keys() <= {field.name for field in fields(kind)}]
    return _dataclass((fitting or kinds)[0], value, where)


@contextlib.contextmanager
def _quiet(nncf: Any) -> Iterator[None]:
    """NNCF prints its own progress bars on standard output, which belongs to results."""
    nncf.set_log_level(logging.ERROR)
    with contextlib.redirect_stdout(io.StringIO()), np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
