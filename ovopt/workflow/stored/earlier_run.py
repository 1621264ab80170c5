"""A new run held against an earlier one: `--against`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ovopt.drift import compare_runs, refuse_unlike, unlike, unlike_machines
from ovopt.errors import UsageError
from ovopt.records import Comparison
from ovopt.trend import machine_name
from ovopt.workflow.stored.comparison_file import read_comparison
from ovopt.workflow.stored.history import History


@dataclass(frozen=True)
class Since:
    """An earlier run that a new one is held against."""

    run: str
    then: Comparison
    force: bool

    @classmethod
    def of(cls, run: str | None, original: str | Path, store: str | Path, force: bool) -> Since | None:
        """The run that `--against` names: a comparison file, an entry of the history, or `last`, the newest entry of
        the same original. UsageError, before anything is measured, where its machine is unlike, unless `force`.
        """
        from ovopt.bench.machine import machine

        if run is None:
            return None
        history, here = History(store), machine()
        if Path(run).is_file():
            then = read_comparison(run)
        elif run == "last" or run.isdecimal():
            then = history.comparison(int(run) if run.isdecimal() else history.last_of(original, machine_name(here)))
        else:
            raise UsageError(f"--against {run}: neither a comparison file, nor the number of an entry, nor `last`")
        refuse_unlike(unlike_machines(then.machine, here), force)
        return cls(run, then, force)

    def noted(self, now: Comparison) -> Comparison:
        """The new comparison with notes of what moved; where the runs are unlike and nothing is forced, of that."""
        differences = [] if self.force else unlike(self.then, now)
        lines = [f"not held together: {line}" for line in differences] or compare_runs(self.then, now, force=self.force)
        return now.model_copy(update={"notes": (*now.notes, *(f"since {self.run}: {line}" for line in lines))})

    def refuse_unlike(self, now: Comparison) -> None:
        """UsageError where the settings turned out to be others, unless it is forced."""
        refuse_unlike(unlike(self.then, now), self.force)
