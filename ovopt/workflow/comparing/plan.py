"""The plan of a measurement: what is measured, and how long."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ovopt.bench.request_loops import Demand
from ovopt.bench.scenario import Scenario
from ovopt.bench.workers import ANSWER_LIMIT_S
from ovopt.contracts import plugins
from ovopt.errors import UsageError, did_you_mean
from ovopt.records import Speeds
from ovopt.workflow.beginning.options import check, check_number


@dataclass(frozen=True)
class Plan:
    """Scope and duration of a measurement. `scenarios` None: all that need not be asked for.

    Raises UsageError, which names the field, where one is of a wrong type or out of its range.
    """

    scenarios: tuple[str, ...] | None = None
    time_budget_s: float = 60.0
    precision: float = 0.02
    demand: Demand = field(default_factory=Demand)
    answer_limit_s: float = ANSWER_LIMIT_S
    """An arm that gives no answer for so long is lost."""
    references: tuple[str, ...] = ()
    """Native engines beside OpenVINO: `onnxruntime` (on the original's own file) or `torch=FILE`."""
    vary: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Property -> values: the original runs once under each. The first value is the baseline's."""

    def __post_init__(self) -> None:
        for name in ("scenarios", "references"):
            listed = isinstance(found := getattr(self, name), tuple | list) and all(isinstance(n, str) for n in found)
            check(f"Plan.{name}", found, "a tuple of names", listed or (found is None and name == "scenarios"))
        for name in ("time_budget_s", "precision", "answer_limit_s"):
            check_number(f"Plan.{name}", getattr(self, name))
        check("Plan.demand", self.demand, "a Demand", isinstance(self.demand, Demand))
        check("Plan.vary", self.vary, "a mapping of properties to values", isinstance(self.vary, Mapping))

    def make_scenarios(self) -> dict[str, Scenario]:
        """The scenarios asked for, in the order in which reports show them. Raises UsageError for a name of none."""
        known = plugins("ovopt.bench.scenarios", Scenario)
        order = [name for name in (*Speeds.model_fields, *sorted(known.keys() - Speeds.model_fields)) if name in known]
        for name in self.scenarios or ():
            if name not in known:
                raise UsageError(f"--scenario {name}: unknown; {did_you_mean(name, known)}")
        chosen = self.scenarios or [name for name in order if not known[name].on_request]
        return {name: known[name]() for name in order if name in chosen}
