"""Recipes over a list of models: a bundle and a comparison of each, and one table over all of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ovopt import units
from ovopt.caller import untouched_caller
from ovopt.errors import OutputError, OvoptError
from ovopt.output import claimed_name, new_file, write_text
from ovopt.records.sweep import Sweep, SweepRow
from ovopt.reports.leaderboard import page
from ovopt.suite import PAGE, TABLE, Entry, Suite, load_suite
from ovopt.workflow.beginning.options import Options, as_path, options_of
from ovopt.workflow.beginning.refused import refused
from ovopt.workflow.beginning.run import stamp
from ovopt.workflow.comparing.compare import Plan
from ovopt.workflow.sweeping.entry import Effort, EntryWork, failed

if TYPE_CHECKING:
    from ovopt.workflow.beginning.options import Watched


@untouched_caller()
def sweep(
    suite: Suite | str | Path,
    output: str | Path,
    *,
    effort: Effort | None = None,
    resume: bool = False,
    seed: int | None = None,
    force: bool = False,
    trust: bool = False,
    progress: Watched = None,
) -> Sweep:
    """Make a bundle of every model of the suite, hold it against the original, and write the folder `output`: a folder
    for each model, `sweep.json` and a page over all of them, which are there, as far as it goes, at any time.

    A failure ends its own entry alone. `resume` goes on with a folder that is there: an entry is done again where it
    failed, or where anything that it depends on has changed.

    Raises RecipeError for a suite that cannot be read, OutputError where the output exists, UsageError for an argument
    of no use.
    """
    effort, options = effort or Effort(), options_of(seed, force, trust, (), progress)
    said = "a suite in memory" if isinstance(suite, Suite) else str(suite)
    suite = suite if isinstance(suite, Suite) else load_suite(suite)
    folder = as_path("output", output)
    Plan(effort.scenarios).make_scenarios()  # an unknown one is refused before any work
    _check_free(folder, resume, options.force)
    with claimed_name(folder / "sweep"):  # in the folder, which may be a mount point
        return _Run(folder, effort, options).swept(suite, said, resume)


def _check_free(folder: Path, resume: bool, force: bool) -> None:
    if folder.is_file():
        raise OutputError(f"{folder}: is a file; name a folder")
    if not folder.is_dir() or not any(folder.iterdir()):
        return
    if not (folder / TABLE).is_file():
        raise OutputError(f"{folder}: not the folder of a sweep (no {TABLE} in it); choose another -o/--output")
    if not (resume or force):
        raise OutputError(f"{folder}: holds a sweep; --resume goes on with it, --force starts it anew")


def _write(folder: Path, table: Sweep) -> None:
    for name, text in ((TABLE, table.model_dump_json(by_alias=True, indent=2) + "\n"), (PAGE, page(table))):
        with new_file(folder / name, force=True, mark="ovopt") as file:
            write_text(file, text, errors="replace")


@dataclass
class _Run:
    """The sweep on its way."""

    folder: Path
    effort: Effort
    options: Options
    clock: Callable[[], float] = time.perf_counter
    worked_s: float = 0.0
    worked: int = 0
    """Entries that were done, rather than found done."""

    def swept(self, suite: Suite, said: str, resume: bool) -> Sweep:
        """The table over all models, which is written anew behind each. `said` names the suite."""
        rows: list[SweepRow] = []
        table = self._table(suite, said, rows)
        try:
            for place, entry in enumerate(suite.models):
                self.tell(f"{place + 1}/{len(suite.models)} {entry.name}", len(suite.models) - place)
                rows.append(self.row(entry, keep=resume))
                table = self._table(suite, said, rows)
        except (KeyboardInterrupt, SystemExit):
            self.options.progress.say(
                f"{len(rows)} of {len(suite.models)} models are kept in {self.folder}; --resume goes on from there"
            )
            raise
        return table

    def _table(self, suite: Suite, said: str, rows: Sequence[SweepRow]) -> Sweep:
        """The table so far, written."""
        table = Sweep(
            **stamp(self.options),
            suite=said,
            title=suite.title,
            scenarios=self.effort.scenarios,
            planned=len(suite.models),
            rows=tuple(rows),
        )
        _write(self.folder, table)
        return table

    def tell(self, what: str, left: int) -> None:
        """Say which entry comes next, and how long all that are left may take, by the mean of those that are done."""
        time_left = f", about {units.seconds(left * self.worked_s / self.worked)} left" if self.worked else ""
        self.options.progress.say(f"{what}{time_left}")

    def row(self, entry: Entry, keep: bool) -> SweepRow:
        """The row of an entry: found done, or done now."""
        began = self.clock()
        work: EntryWork | None = None
        try:
            work = EntryWork.begin(entry, self.folder / entry.name, self.effort, self.options)
            if known := work.found(keep):
                self.options.progress.say(f"{entry.name}: unchanged, as of the last run")
                return known
            row = work.row()
        except OvoptError as error:
            row = failed(entry, str(error))
        except Exception as error:  # one model that breaks ovopt must not cost the others
            row = failed(entry, refused(error) or f"internal error: {type(error).__name__}: {error}")
        row = row.model_copy(update={"seconds": round(self.clock() - began, 3)})
        self.worked_s, self.worked = self.worked_s + row.seconds, self.worked + 1
        if row.state == "failed":
            self.options.progress.say(f"{entry.name}: failed: {row.said}")
        elif work:
            work.mark(row)
        return row
