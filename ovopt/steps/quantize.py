"""NNCF post-training quantization."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from ovopt import units
from ovopt.bisection import thinned
from ovopt.contracts import Materials, Stage, Step, Stepped, Tensors
from ovopt.errors import NoEffectError, StepError, UsageError
from ovopt.loss import MaxDrop
from ovopt.model.inspect.branches import Branch, idle_branches, name_bodies_apart
from ovopt.model.inspect.quantizers import layers_in_8_bits
from ovopt.model.native import first_line
from ovopt.model.ports.facts import facts
from ovopt.records import ModelFacts, StepReport
from ovopt.steps.nncf_calls import IgnoredScope, calibrating, parameters, quiet, without

if TYPE_CHECKING:
    import openvino

LOOK_S = 60.0
"""Seconds that a hunt takes at most where nobody says less: some ten times as long as NNCF takes to fail."""
NAMED = 5
"""Operations named one by one in a message; more are told by their types."""
Arguments = Mapping[str, Any]
Works = Callable[[Arguments], int | None]
"""Tries arguments, and counts the quantizers that they give; None where they do not work."""


class Quantize(Step):
    """`nncf.quantize`: every argument by its NNCF name, NNCF's defaults."""

    name: ClassVar[str] = "quantize"
    stage: ClassVar[Stage] = Stage.WEIGHTS
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
    max_drop: MaxDrop | None = Field(
        default=None,
        description="search for the fastest model that loses at most so much of the first metric: in its own unit, as "
        "`1%` of the original's value, or `budget`, what `budgets` allow",
    )

    @property
    def wanted(self) -> int:
        """NNCF's subset."""
        return self.subset_size

    def run(self, model: openvino.Model, materials: Materials) -> Stepped:
        """Applies the step. Raises StepError where NNCF fails, whose message says what it works without: that may take
        a minute to find out."""
        try:
            return super().run(model, materials)
        except NoEffectError:
            raise
        except StepError as error:
            raise StepError(f"{error}{self.way_round(model, materials)}") from error

    def apply(self, model: openvino.Model, materials: Materials) -> Stepped:
        """An INT8 (or FP8) model. Raises NoEffectError where no operation was quantized, StepError where NNCF fails,
        and UsageError where the model is quantized already or NNCF refuses a setting."""
        before = facts(model)
        for kind in ("FakeQuantize", "FakeConvert"):
            if count := before.operations.get(kind):
                raise UsageError(
                    f"the model already holds {count} {kind} operations: it is quantized; start from the original"
                )
        model = model.clone()
        if before.operations.get("If"):
            name_bodies_apart(model)
        idle = self._idle(model, materials.calibration[: self.subset_size])
        quantized = self._run(model, materials, idle)
        return Stepped(quantized, self._report(before, quantized, materials, idle))

    def _idle(self, model: openvino.Model, samples: Sequence[Tensors]) -> Sequence[Branch]:
        """Branches that no sample takes: NNCF finds no ranges for them."""
        try:
            return idle_branches(model, samples)
        except RuntimeError as error:
            raise StepError(f"the model does not run: {first_line(error)}") from None

    def _run(self, model: openvino.Model, materials: Materials, idle: Sequence[Branch]) -> openvino.Model:
        import nncf

        used = min(self.subset_size, len(materials.calibration))
        arguments = self._arguments(model, idle)
        passes = 2 if self.model_type else 1  # at least: one for the ranges, before that one to smooth
        with materials.progress.task("quantize", total=used * passes) as advance, quiet():
            try:
                with calibrating(materials.calibration[:used], model, advance) as samples:
                    quantized: openvino.Model = nncf.quantize(model, samples, **arguments)
                    return quantized
            except (nncf.ValidationError, nncf.ParameterNotSupportedError) as error:
                raise UsageError(f"optimize.quantize: {' '.join(str(error).split())}") from None
            except Exception as error:  # nncf raises errors of every kind
                raise StepError(f"nncf.quantize failed: {first_line(error)}") from error

    def way_round(
        self,
        model: openvino.Model,
        materials: Materials,
        within_s: float = LOOK_S,
        clock: Callable[[], float] = time.perf_counter,
    ) -> str:
        """The end of the message about a model that NNCF fails on, or makes one of that does not run: what it works
        without, and the options for that; empty where nothing was found `within_s` seconds."""
        until = clock() + within_s
        arguments = self._arguments(model, self._idle(model, materials.calibration[:1]))

        def works(arguments: Arguments) -> int | None:
            return self._tried(model, materials, arguments) if clock() < until else None

        with materials.progress.task("look for a way round it"), quiet():
            return _way_round(model, arguments, works)

    def _tried(self, model: openvino.Model, materials: Materials, arguments: Arguments) -> int | None:
        """The quantizers that NNCF adds so, with one sample; None where it fails, or the result does not run."""
        import nncf

        try:
            with calibrating(materials.calibration[:1], model, lambda amount=1, note="": None) as samples:
                made = nncf.quantize(model.clone(), samples, **arguments)
        except Exception:  # of every kind, as above
            return None
        return facts(made).quantizers if materials.refused(made) is None else None

    def _arguments(self, model: openvino.Model, idle: Sequence[Branch]) -> dict[str, Any]:
        import nncf

        scope = self.ignored_scope.of(model, "optimize.quantize.ignored_scope")
        return {
            "mode": nncf.QuantizationMode(self.mode) if self.mode else None,
            "preset": nncf.QuantizationPreset(self.preset) if self.preset else None,
            "target_device": nncf.TargetDevice(self.target_device),
            "subset_size": self.subset_size,
            "fast_bias_correction": self.fast_bias_correction,
            "model_type": nncf.ModelType(self.model_type) if self.model_type else None,
            "ignored_scope": without(scope, [name for branch in idle for name in branch.names]),
            "advanced_parameters": parameters(
                nncf.AdvancedQuantizationParameters, self.advanced_parameters, "optimize.quantize.advanced_parameters"
            )
            if self.advanced_parameters
            else None,
        }

    def _report(
        self, before: ModelFacts, quantized: openvino.Model, materials: Materials, idle: Sequence[Branch]
    ) -> StepReport:
        after = facts(quantized)
        if not after.quantizers:
            raise NoEffectError("quantize changed nothing: no operation of this model was quantized")
        available = len(materials.calibration)
        few = f"only {available} calibration samples: 100 to 300 give steadier ranges"
        effect = {
            "fake_quantize": after.fake_quantize,
            "int8_constant_bytes": sum(after.precisions.get(t, 0) for t in ("i8", "u8")),
            "constant_bytes": sum(after.precisions.values()),
            "constant_bytes_before": sum(before.precisions.values()),
            "calibration_samples": min(self.subset_size, available),
        }
        places = units.counted(after.operations.get("FakeConvert", 0), "place")
        done = f"floating point of 8 bits in {places}" if self.mode else layers_in_8_bits(quantized)
        notes = [few] if available < min(self.subset_size, 100) else []
        notes += [
            f"no calibration sample takes the {branch.kind} branch of If {branch.operation!r}: it stays in floating "
            "point; samples that take it would have it quantized too"
            for branch in idle
        ]
        report = self.record_effect(effect, notes, done=done)
        return report.model_copy(update={"quantized": self.mode is None})


@dataclass(frozen=True)
class _Part:
    """A part of the algorithm, the setting that leaves it out, and what NNCF is then given."""

    name: str
    setting: str
    arguments: Arguments


def _way_round(model: openvino.Model, arguments: Arguments, works: Works) -> str:
    """The fewest operations that `nncf.quantize` works without, or a part of the algorithm, or both, and the options
    that leave these out; empty where nothing helps: NNCF says what went wrong, seldom where. `works` tries
    arguments."""
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


def _culprits(names: Sequence[str], arguments: Arguments, works: Works) -> Sequence[str]:
    """The fewest operations that NNCF has to ignore; none where it does not work without any of them either, or then
    quantizes nothing."""
    import nncf

    scope = arguments["ignored_scope"] or nncf.IgnoredScope()
    quantizers: dict[tuple[str, ...], int] = {}

    def works_without(some: Sequence[str]) -> bool:
        try:
            ignoring = replace(scope, names=[*scope.names, *some], validate=False)
        except TypeError:  # a version of NNCF with other fields
            return False
        count = works({**arguments, "ignored_scope": ignoring})
        quantizers[tuple(some)] = count or 0
        return count is not None

    fewest = thinned(names, works_without) if names and works_without(names) else ()
    return fewest if quantizers.get(fewest) else ()


def _ignored(kinds: Mapping[str, str]) -> tuple[list[str], str]:
    told = [f"{name!r} ({kind})" for name, kind in kinds.items()]
    if len(told) <= NAMED:
        return told, f"ignored_scope.names={list(kinds)}"
    return [*told[:NAMED], "..."], f"ignored_scope.types={sorted(set(kinds.values()))}"


def _told(parts: Sequence[str], settings: Sequence[str]) -> str:
    options = " ".join(f'--set "optimize.quantize.{setting}"' for setting in settings if setting)
    return f"; it works without {', '.join(filter(None, parts))}: {options}"
