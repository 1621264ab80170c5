"""The search for the smallest compressed model that keeps the quality: its candidates, the smallest first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from ovopt.bisection import first_that_holds
from ovopt.contracts import timed
from ovopt.errors import StepError, UsageError
from ovopt.records import StepReport
from ovopt.records.search import Trial
from ovopt.steps.compress import Compress
from ovopt.workflow.searching.contest import Contest
from ovopt.workflow.searching.search import Candidate, Search

if TYPE_CHECKING:
    import openvino

OWN = "recipe"
SHAPES: Mapping[str, Mapping[str, Any]] = {
    "int4, groups of 128, all layers": {"mode": "int4_asym", "group_size": 128, "all_layers": True},
    "int4, groups of 32, all layers": {"mode": "int4_asym", "group_size": 32, "all_layers": True},
    "int4, groups of 128": {"mode": "int4_asym", "group_size": 128},
    "int4, groups of 64": {"mode": "int4_asym", "group_size": 64},
    "int4, groups of 32": {"mode": "int4_asym", "group_size": 32},
    "int4, 80 % of layers": {"mode": "int4_asym", "group_size": 32, "ratio": 0.8},
    "int4, 60 % of layers": {"mode": "int4_asym", "group_size": 32, "ratio": 0.6},
    "int4, 40 % of layers": {"mode": "int4_asym", "group_size": 32, "ratio": 0.4},
    "int4, 20 % of layers": {"mode": "int4_asym", "group_size": 32, "ratio": 0.2},
    "int8": {"mode": "int8_asym"},
}
"""Settings that decide on the size, and so on the speed. The rest is in 8 bits; none is more exact than the next."""
ALGORITHMS: Mapping[str, Mapping[str, Any]] = {
    "scale estimation": {"scale_estimation": True},
    "awq and scale estimation": {"awq": True, "scale_estimation": True},
    "gptq": {"gptq": True},
}
"""Settings that make the same size more exact: the quickest first."""
PLAIN: Mapping[str, Any] = {
    "ratio": None, "group_size": None, "all_layers": None, "sensitivity_metric": None, "awq": None,
    "scale_estimation": None, "gptq": None, "lora_correction": None, "backup_mode": None,
}  # fmt: skip
"""Settings that a way leaves to NNCF unless it says so itself."""
SINGLE: Mapping[str, Any] = {"max_drop": None, "aim": "size"}
"""One way to compress, and no search for it."""
FALLBACK = "group_size_fallback_mode"


@dataclass(frozen=True)
class Compression:
    """A way to compress."""

    name: str
    step: Compress


def compressions(own: Compress) -> Sequence[Sequence[Compression]]:
    """Ways to compress for each size, the smallest first: without an algorithm, then with each. Those that the recipe
    asks for bear its name."""
    own = own.model_copy(update=SINGLE)
    return tuple(
        tuple(Compression(OWN, own) if way.step == own else way for way in _of_shape(own, *shape))
        for shape in SHAPES.items()
    )


def _of_shape(own: Compress, name: str, shape: Mapping[str, Any]) -> Iterator[Compression]:
    adjusted = {FALLBACK: "adjust", **own.advanced_parameters} if "group_size" in shape else {}
    plain = own.model_copy(update={**PLAIN, **shape, "advanced_parameters": adjusted})
    yield Compression(name, plain)
    if "group_size" in shape:
        for algorithm, settings in ALGORITHMS.items():
            yield Compression(f"{name}, {algorithm}", plain.model_copy(update=settings))


HOPELESS = 5.0
"""Algorithms make up for a part of a loss; one of so many budgets is not worth the time that they take."""


class CompressSearch(Search):
    """The recipe's own settings and 8 bits first, then ways with fewer."""

    def __init__(self, contest: Contest, own: Compress) -> None:
        """`own` lends the candidates what they do not decide on."""
        self.step = own.model_copy(update={"aim": contest.goal.aim})
        self._contest = contest
        self._own = Compression(OWN, own.model_copy(update=SINGLE))
        self._sizes = compressions(own)
        self._reports: dict[str, StepReport] = {}
        self._judged: dict[str, Trial | None] = {}

    def run(self) -> None:
        """Have candidates judged until nothing better is in sight. Raises OutOfTimeError where the time budget ends
        first, UsageError where NNCF refuses the recipe's own settings."""
        *fewer, most = self._sizes
        for way in (self._own, *most):
            self._judge(way)
        if self._contest.goal.aim == "size":
            first_that_holds(len(fewer), lambda place: self._holds(fewer[place]))
        else:
            for ways in fewer:
                self._faster(ways)

    def report(self, candidate: Candidate, model: openvino.Model) -> StepReport:
        """The account of the step that made a winner."""
        return self._reports[candidate.name]

    def _holds(self, ways: Sequence[Compression]) -> bool:
        """True where a size keeps the budget, with one algorithm or another."""
        plain, *corrected = ways
        trial = self._judge(plain)
        return self._contest.acceptable(trial) or self._saved(trial, corrected)

    def _faster(self, ways: Sequence[Compression]) -> None:
        """The same where it runs faster than the best so far: algorithms do not change that."""
        plain, *corrected = ways
        if plain.name in self._judged:
            trial = self._judged[plain.name]
        else:
            made_once = replace(self._candidate(plain), make=cache(partial(self._model, plain)))
            trial = self._contest.judge_if_faster(made_once)
        if not self._contest.acceptable(trial):
            self._saved(trial, corrected)

    def _saved(self, plain: Trial | None, corrected: Sequence[Compression]) -> bool:
        """True where an algorithm makes up for what is lost without one."""
        if plain is None or plain.low > HOPELESS * self._contest.max_drop:
            return False
        return any(self._contest.acceptable(self._judge(way)) for way in corrected)

    def _judge(self, way: Compression) -> Trial | None:
        if way.name not in self._judged:
            self._judged[way.name] = self._contest.judge(self._candidate(way))
        return self._judged[way.name]

    def _candidate(self, way: Compression) -> Candidate:
        return Candidate(way.name, way.step, partial(self._model, way))

    def _model(self, way: Compression) -> openvino.Model:
        try:
            stepped = timed(lambda: way.step.apply(self._contest.start, self._contest.materials))
        except UsageError as error:
            if way.name == OWN:
                raise
            raise StepError(str(error)) from None
        self._reports[way.name] = stepped.report
        return stepped.model
