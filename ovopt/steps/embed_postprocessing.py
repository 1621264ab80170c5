"""Postprocessing that the model does itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from pydantic import Field

from ovopt import units
from ovopt.contracts import Array, Decoder, Host, Materials, Stage, Step, Stepped, Tensors, Way, without_batch
from ovopt.errors import RecipeError
from ovopt.model.inspect.runs import largest_difference, outputs_in_f32
from ovopt.model.ports.attach import BuildBehind, with_back
from ovopt.model.ports.facts import chosen_outputs, facts, output_indices
from ovopt.records import Port, StepReport
from ovopt.stats import Interval

if TYPE_CHECKING:
    import openvino

NOTHING_LEFT = "optimize.embed_postprocessing: the recipe has no `postprocess` left on the host to embed"
SEVERAL = "`model.output` lists several outputs, and only a decoder of one can be embedded"


class EmbedPostprocessing(Step):
    """Moves the first decoders of the recipe's `postprocess` from the host into the model, as many as can be.

    What the model gives must agree, in f32, with what these decoders make of its former output on the host: integers
    with as many of them as `tolerance` leaves, other numbers within it. The way from a file's bytes through these
    decoders is timed against the host's, which the report tells; it decides nothing. Agreement metrics compare what is
    behind the decoders.
    """

    name: ClassVar[str] = "embed_postprocessing"
    stage: ClassVar[Stage] = Stage.ANSWER
    calibrates: ClassVar[bool] = False
    tolerance: float = Field(
        default=2e-3,
        gt=0,
        description="largest difference as a share of the largest value, or the share of integers that may differ",
    )
    samples: int = Field(default=16, gt=0, description="so many samples are run to verify")
    time_budget_s: float = Field(
        default=30, gt=0, description="about so long it is measured, or as long as six compilations take"
    )

    def apply(self, model: openvino.Model, materials: Materials) -> Stepped:
        """Model that does the first decoders itself; the same model where none can be embedded. Raises RecipeError
        where none is left on the host."""
        host = materials.host
        if host is None or not host.decoders:
            raise RecipeError(NOTHING_LEFT)
        trial = _Trial(model, host, self)
        with materials.progress.task("embed postprocessing", total=3) as advance:
            longest = trial.built()
            advance(note=f"{len(longest)} of {len(host.decoders)} decoders")
            chosen = trial.agreeing(longest)
            advance(note="measure")
            speedup = trial.speedup(chosen) if chosen else None
            advance()
        report = self._report(chosen, speedup, host, trial.notes)
        return Stepped(chosen.model if chosen else model.clone(), report)

    def _report(self, chosen: _Answer | None, speedup: Interval | None, host: Host, notes: Sequence[str]) -> StepReport:
        count = chosen.count if chosen else 0
        effect: dict[str, Any] = {"embedded": count, "on_host": len(host.decoders) - count}
        said = "what is on the host stays there"
        if chosen:
            if speedup:
                effect["end_to_end_speedup"] = round(speedup.estimate, 3)
            effect["largest_difference"] = float(f"{chosen.difference:.2g}")
            left = ", ".join(decoder.name for decoder in host.decoders[count:]) or "nothing"
            given = chosen_outputs(facts(chosen.model).outputs, host.output)[0]
            said = f"the host still does: {left}; the model gives {given}"
        done = f"{count} of {units.counted(len(host.decoders), 'decoder')} in the model" if chosen else ""
        report = self.record_effect(effect, [said, *notes], done=done)
        return report.model_copy(update={"changed": chosen is not None, "decoded": count})


@dataclass
class _Answer:
    """A model that does so many decoders itself, and how far it is from the host."""

    count: int
    model: openvino.Model
    difference: float = np.inf


@dataclass
class _Trial:
    """Makes the models and holds them against the host."""

    model: openvino.Model
    host: Host
    step: EmbedPostprocessing
    notes: list[str] = field(default_factory=list)

    @property
    def _places(self) -> list[int]:
        return output_indices(facts(self.model).outputs, self.host.output)

    def built(self) -> list[_Answer]:
        """A model for every beginning of the list that can be embedded, the shortest first."""
        found = list[_Answer]()
        output = facts(self.model).outputs[self._places[0]]
        for count, decoder in enumerate(self.host.decoders, 1):
            why = self._obstacle(decoder, output)
            chain = _chain(self.host.decoders[:count], self.host.known)
            changed = None if why else with_back(self.model, self._places[0], chain)
            if changed is None:
                self.notes.append(
                    f"{decoder.name} stays on the host: {why or f'no operations stand for it on {output}'}"
                )
                break
            found.append(_Answer(count, changed))
            output = facts(changed).outputs[self._places[0]]
        return found

    def agreeing(self, answers: Sequence[_Answer]) -> _Answer | None:
        """The longest beginning whose results are the host's."""
        if not answers:
            return None
        before = self._results(self.model)
        seen = [inputs for content in self.host.contents[: self.step.samples] for inputs in self.host.seen(content)]
        for answer in reversed(answers):
            decoders, said = self.host.decoders[: answer.count], _names(self.host.decoders[: answer.count])
            wanted = [_decoded(decoders, array, inputs) for array, inputs in zip(before, seen, strict=True)]
            try:
                answer.difference = _difference(self._results(answer.model), wanted)
            except RuntimeError as error:
                self.notes.append(f"{said} in the model was left out: it does not run: {error}")
                continue
            if answer.difference <= self.step.tolerance:
                return answer
            self.notes.append(
                f"{said} in the model was left out: results differ by {answer.difference:.2g}, more than "
                f"{self.step.tolerance:g}"
            )
        return None

    def speedup(self, answer: _Answer) -> Interval | None:
        """From content through the embedded decoders, against the host."""
        host, decoders = self.host, self.host.decoders[: answer.count]
        place, names = self._places[0], [port.name for port in host.inputs]
        preparation = host.preparation(host.transforms, host.inputs)

        def read(inputs: Tensors, outputs: Tensors) -> Array:
            return without_batch(np.array(outputs[place]))

        def decode(inputs: Tensors, outputs: Tensors) -> Any:
            return _decoded(decoders, read(inputs, outputs), dict(zip(names, inputs, strict=True)))

        ways = [Way(self.model, preparation, decode), Way(answer.model, preparation, read)]
        found = next(iter(host.speedups(ways, self.step.time_budget_s)), None)
        if found:
            said = f"{units.factor(found.estimate)} {units.factor_interval(found.low, found.high)}"
            worse = "; it is slower than on the host" if found.high < 1 else ""
            self.notes.append(f"{_names(decoders)} in the model: {said} end to end{worse}")
        return found

    def _obstacle(self, decoder: Decoder, output: Port) -> str:
        """Why only the host can do it, if it is plain to see."""
        if len(self._places) > 1:
            return SEVERAL
        if decoder.joins:
            return "it takes all parts of a sample"
        if type(decoder).embedded is Decoder.embedded:
            return "no operations stand for it"
        return "" if _one_at_a_time(self.model, output) else f"{output} does not begin with a batch dimension of 1"

    def _results(self, model: openvino.Model) -> list[Array]:
        """The output of every inference, as decoders take it."""
        host = self.host
        preparation = host.preparation(host.transforms, host.inputs)
        contents = (preparation.decode(content) for content in host.contents[: self.step.samples])
        outputs = outputs_in_f32(model, (tensors for one in contents for tensors in preparation.preprocess(one)))
        return [without_batch(array) for array in outputs[self._places[0] :: len(model.outputs)]]


def _one_at_a_time(model: openvino.Model, output: Port) -> bool:
    """True where the output's first dimension is 1, or may be as many as the samples of an inference."""
    if not output.shape:
        return False
    free = any(port.shape and port.shape[0] is None for port in facts(model).inputs)
    return output.shape[0] == 1 or (output.shape[0] is None and free)


def _chain(decoders: Sequence[Decoder], known: Sequence[str]) -> BuildBehind:
    def build(batch: openvino.Output, inputs: Mapping[str, openvino.Output]) -> openvino.Output | None:
        value: openvino.Output | None = batch
        given = {name: port for name, port in inputs.items() if name in known}
        for decoder in decoders:
            value = decoder.embedded(value, given) if value is not None else None
        return value

    return build


def _decoded(decoders: Sequence[Decoder], output: Any, inputs: Mapping[str, Array]) -> Any:
    for decoder in decoders:
        output = decoder(output, inputs)
    return output


def _difference(found: Sequence[Array], wanted: Sequence[Array]) -> float:
    """As a share of an output's largest value; of integers, the share of an output's entries that differ."""
    if not all(np.asarray(array).dtype.kind in "iu" for array in wanted):
        return largest_difference(found, [np.asarray(array, np.float64) for array in wanted])
    if any(np.shape(mine) != np.shape(theirs) for mine, theirs in zip(found, wanted, strict=True)):
        return np.inf
    return max((float(np.mean(mine != theirs)) for mine, theirs in zip(found, wanted, strict=True)), default=0.0)


def _names(decoders: Sequence[Decoder]) -> str:
    return ", ".join(decoder.name for decoder in decoders)
