"""NNCF weight compression."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from ovopt import units
from ovopt.contracts import Materials, Stage, Step, Stepped
from ovopt.errors import NoEffectError, StepError, UsageError
from ovopt.loss import MaxDrop
from ovopt.model.inspect.layers import EMBEDDINGS, RECURRENT, Weights, weights, weights_by_bits
from ovopt.model.native import core, first_line
from ovopt.model.ports.facts import facts
from ovopt.records import ModelFacts, StepReport
from ovopt.steps.nncf_calls import IgnoredScope, calibrating, member, parameters, quiet

if TYPE_CHECKING:
    import logging

    import openvino

WHERE = "optimize.compress"
ENUMERATIONS: Mapping[str, str] = {
    "mode": "CompressWeightsMode", "sensitivity_metric": "SensitivityMetric", "backup_mode": "BackupMode",
}  # fmt: skip
"""The field, and NNCF's enumeration of its values."""
DATA_FREE_METRIC = "weight_quantization_error"
FALLBACK = (
    "Every layer's inputs must divide by it: --set optimize.compress.group_size=-1 takes whole rows as groups, and "
    "--set optimize.compress.advanced_parameters.group_size_fallback_mode=adjust smaller groups, or 8 bits"
)
DYNAMIC = "DYNAMIC_QUANTIZATION_GROUP_SIZE"
TOLD = ("skip", "can't", "cannot", "adjust")
"""Words of those informations of NNCF that its user should read; warnings are all told."""


class Compress(Step):
    """`nncf.compress_weights`: every argument by its NNCF name, NNCF's defaults. Activations stay in floating point.

    Values are those of NNCF's enumerations (`nncf.CompressWeightsMode`, `nncf.SensitivityMetric`, `nncf.BackupMode`)
    of the installed version. Embeddings and the last layer take the backup mode unless `all_layers`; recurrent layers
    stay as they are. Calibration samples are used where an algorithm takes them.
    """

    name: ClassVar[str] = "compress"
    stage: ClassVar[Stage] = Stage.WEIGHTS
    mode: str = Field(default="int8_asym", description="int8_asym, int8_sym, int4_asym, int4_sym, nf4, mxfp4 ...")
    ratio: float | None = Field(
        default=None, gt=0, le=1, description="share of the layers that take the mode, the others the backup mode"
    )
    group_size: int | None = Field(
        default=None, description="weights that share a scale; -1 for a whole channel; default: 128 below 8 bits"
    )
    ignored_scope: IgnoredScope = IgnoredScope()
    all_layers: bool | None = Field(default=None, description="embeddings and the last layer take the mode, too")
    sensitivity_metric: str | None = Field(
        default=None, description="which layers take the backup mode: those that this metric calls sensitive"
    )
    subset_size: int = Field(default=128, gt=0, description="calibration samples used, at most")
    awq: bool | None = Field(default=None, description="activation-aware scaling of weights")
    scale_estimation: bool | None = Field(default=None, description="scales that least change a layer's output")
    gptq: bool | None = Field(default=None, description="rounding column by column, errors made up for in the rest")
    lora_correction: bool | None = Field(default=None, description="low-rank adapters that make up for the error")
    backup_mode: str | None = Field(default=None, description="of layers that do not take the mode; none leaves them")
    advanced_parameters: dict[str, Any] = Field(
        default={}, description="fields of nncf.AdvancedCompressionParameters, nested ones as mappings"
    )
    max_drop: MaxDrop | None = Field(
        default=None,
        description="search for the best way that loses at most so much of the first metric: in its own unit, as "
        "`1%` of the original's value, or `budget`, what `budgets` allow",
    )
    aim: Literal["size", "speed"] = Field(
        default="size", description="what a search is for: the smallest model, or the fastest"
    )

    @property
    def wanted(self) -> int:
        """NNCF's subset, or one to time with."""
        return self.subset_size if self.calibrates else 1

    @property
    def calibrates(self) -> bool:  # type: ignore[override]  # here it hangs on the algorithms
        """True where an algorithm looks at activations, its own or one that a search may try."""
        return self.data_aware or self.max_drop is not None

    @property
    def data_aware(self) -> bool:
        """True where an algorithm of its own looks at activations."""
        smoothing = self.awq and self.advanced_parameters.get("awq_params", {}).get("prefer_data_aware_scaling", True)
        ranked = self.sensitivity_metric not in (None, DATA_FREE_METRIC)
        learned = self.mode == "adaptive_codebook"
        asked = smoothing or ranked or learned or self.scale_estimation or self.gptq or self.lora_correction
        return bool(asked) and not self.mode.startswith("int8")

    def _idle(self, stored: Sequence[Weights]) -> Iterator[str]:
        """Algorithms for few bits that were asked for, and found no such weights: they say nothing about it."""
        asked = [name for name in ("awq", "scale_estimation", "lora_correction") if getattr(self, name)]
        if asked and not any(w.bits <= 4 for w in stored):
            yield f"{' and '.join(asked)} had nothing to do: no weights of 4 bits or fewer; a higher ratio makes some"

    def check(self) -> None:
        """Raises RecipeError where a value is none of the installed NNCF's."""
        self._members()
        self._advanced()

    def apply(self, model: openvino.Model, materials: Materials) -> Stepped:
        """A model with smaller weights. Raises NoEffectError where none became smaller, and UsageError where the model
        is quantized already."""
        before = facts(model)
        if any(w.dtype in ("i8", "u8") or w.bits < 8 for w in weights(model)) or before.fake_quantize:
            raise UsageError(f"the model is {before.quantization or 'quantized'} already; start from the original")
        records = list[Any]()
        compressed = self._run(model.clone(), materials, records)
        return Stepped(compressed, self._report(before, compressed, materials, records))

    def _run(self, model: openvino.Model, materials: Materials, records: list[logging.LogRecord]) -> openvino.Model:
        import nncf

        used = materials.calibration[: self.subset_size] if self.data_aware else ()
        arguments = self._arguments(model)
        with materials.progress.task("compress", total=len(used) or None) as advance, quiet() as logged:
            try:
                with calibrating(used, model, advance) as samples:
                    compressed: openvino.Model = nncf.compress_weights(
                        model, dataset=samples if used else None, **arguments
                    )
                    return compressed
            except nncf.InvalidGroupSizeError as error:
                said = str(error).partition("\n")[0]
                raise UsageError(f"{WHERE}.group_size: {said} {FALLBACK}") from None
            except (nncf.ValidationError, nncf.ParameterNotSupportedError) as error:
                raise UsageError(f"{WHERE}: {' '.join(str(error).split())}") from None
            except Exception as error:  # nncf raises errors of every kind
                raise StepError(f"nncf.compress_weights failed: {first_line(error)}") from error
            finally:
                records += logged

    def _arguments(self, model: openvino.Model) -> dict[str, Any]:
        plain = ("ratio", "group_size", "all_layers", "awq", "scale_estimation", "gptq", "lora_correction")
        return {
            **{field: getattr(self, field) for field in plain},
            **self._members(),
            "subset_size": self.subset_size,
            "ignored_scope": self.ignored_scope.of(model, f"{WHERE}.ignored_scope"),
            "advanced_parameters": self._advanced(),
        }

    def _members(self) -> dict[str, Any]:
        """Members of NNCF's enumerations, by field."""
        import nncf

        return {
            field: member(getattr(nncf, kind), getattr(self, field), f"{WHERE}.{field}")
            for field, kind in ENUMERATIONS.items()
            if getattr(self, field) is not None
        }

    def _advanced(self) -> Any:
        import nncf

        values = dict(self.advanced_parameters)
        if "codebook" in values:
            values["codebook"] = np.array(values["codebook"], np.float32)
        kind = nncf.AdvancedCompressionParameters
        return parameters(kind, values, f"{WHERE}.advanced_parameters") if values else None

    def _report(
        self,
        before: ModelFacts,
        compressed: openvino.Model,
        materials: Materials,
        records: Sequence[logging.LogRecord],
    ) -> StepReport:
        after, stored = facts(compressed), weights(compressed)
        bytes_before, bytes_after = sum(before.precisions.values()), sum(after.precisions.values())
        if not any(w.bits <= 8 for w in stored) or bytes_after >= bytes_before:
            recurrent = sorted({w.kind for w in stored if w.kind in RECURRENT})
            why = f"; NNCF leaves {', '.join(recurrent)} as they are" if recurrent else ""
            raise NoEffectError(f"compress changed nothing: no weights of this model became smaller{why}")
        effect = {
            "constant_bytes_before": bytes_before,
            "constant_bytes": bytes_after,
            "bytes_by_precision_before": dict(before.precisions),
            "bytes_by_precision": dict(after.precisions),
            **_dynamic_quantization(compressed, materials.device),
            "calibration_samples": min(self.subset_size, len(materials.calibration)) * self.data_aware,
        }
        notes = [*self._idle(stored), *_left_out(stored), *_told(records)]
        return self.record_effect(effect, notes, done=weights_by_bits(compressed))


def _dynamic_quantization(model: openvino.Model, device: str) -> Mapping[str, int]:
    """In groups of how many values the device quantizes activations as they come: the speed of compressed weights hangs
    on it, and the execution graph does not show it. Empty where the device does not say."""
    try:
        return {DYNAMIC.lower(): int(core().compile_model(model, device).get_property(DYNAMIC))}
    except RuntimeError:
        return {}


def _left_out(stored: Sequence[Weights]) -> Iterator[str]:
    """Kinds of weights that stayed in floating point, and why."""
    count, size = Counter[str](), Counter[str]()
    for w in stored:
        if w.bits > 8:
            count[w.kind] += 1
            size[w.kind] += w.size_bytes
    for kind, number in count.items():
        what = f"{number} weights of {kind} ({units.size(size[kind])}) stay in floating point"
        why = {
            **dict.fromkeys(RECURRENT, ": NNCF compresses no recurrent layers"),
            **dict.fromkeys(EMBEDDINGS, ": the embeddings"),
        }
        yield what + why.get(kind, "")


def _told(records: Sequence[logging.LogRecord]) -> Iterator[str]:
    """Log lines of NNCF about what it did not do."""
    for record in records:
        said = " ".join(record.getMessage().split())
        if record.levelname != "INFO" or any(word in said.lower() for word in TOLD):
            yield f"NNCF: {said}"
