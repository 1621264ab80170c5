"""Comparisons logged to MLflow, so that they stand among a team's other experiments. Needs the extra `mlflow`."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from pydantic import Field

from ovopt.caller import untouched_caller
from ovopt.errors import OvoptError, SettingsError, UsageError
from ovopt.records import Comparison, Record
from ovopt.reports.tracked import DIGEST, TrackedRun, tracked_runs
from ovopt.scratch import scratch_folder
from ovopt.workflow.stored.comparison_file import read_comparison
from ovopt.workflow.stored.recompute import check_unchanged
from ovopt.workflow.stored.report import write_report

NEEDED = "logging to MLflow needs its client: pip install 'ovopt[mlflow]'"
SILENT = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}
"""MLflow looks at these when it is imported and at every call: https://mlflow.org/docs/latest/community/usage-tracking"""
PATIENCE = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2", "MLFLOW_HTTP_REQUEST_TIMEOUT": "30"}
"""MLflow's own defaults try an absent server for minutes."""
AT_ONCE = 100
"""Parameters in one request, the limit of MLflow's servers."""
_UNANSWERED = re.compile(
    r".*Max retries exceeded.*\(Caused by .*?: (?:.*establish a new connection: )?(.*?)(?: \(\[.*)?['\")]*$"
)
"""What is worth knowing of a request that failed in the end."""


class Logged(Record):
    """A candidate's run in MLflow, new or there already."""

    file: str
    name: str = Field(description="the candidate's")
    experiment: str
    run: str = Field(description="MLflow's id of the run")
    new: bool


@untouched_caller()
def log_to_mlflow(files: Sequence[str | Path], uri: str, experiment: str = "ovopt") -> list[Logged]:
    """Log the comparisons of these files: a run for each candidate, with the comparison and its page as artifacts.
    What is there already stays as it is; a run that cannot be written whole is taken back.

    UsageError where a file or the URI cannot be used, OvoptError where the store cannot be reached.
    """
    if not experiment.strip():
        raise UsageError("--experiment: name one, for example ovopt")
    if ":" not in uri and uri != "databricks":
        raise UsageError(
            f"{uri}: not a tracking URI; name a database, for example sqlite:///mlflow.db, or a server's http://..."
        )
    read = [(str(file), read_comparison(file)) for file in files]
    for said, comparison in read:
        check_unchanged(comparison, said)
    with _told(uri):
        store = _Store(uri, experiment)
        return [found for said, comparison in read for found in store.log(said, comparison)]


class _Store:
    """An experiment of a tracking store; made if it is not there."""

    def __init__(self, uri: str, experiment: str) -> None:
        self._client = _client(uri)
        self._experiment = experiment
        found = self._client.get_experiment_by_name(experiment)
        self._id = found.experiment_id if found else self._client.create_experiment(experiment)

    def log(self, said: str, comparison: Comparison) -> Iterator[Logged]:
        """The run of each candidate."""
        runs = tracked_runs(comparison)
        there = self._there(runs[0].tags[DIGEST])
        with scratch_folder() as folder:
            missing = [run for run in runs if run.tags.get("ovopt.arm") not in there]
            if missing:
                for name, form in (("comparison.json", "json"), ("report.html", "html")):
                    write_report(comparison, form, folder / name)
            for run in runs:
                known = there.get(run.tags.get("ovopt.arm"))
                made = known or self._write(run, folder)
                yield Logged(file=said, name=run.name, experiment=self._experiment, run=made, new=known is None)

    def _there(self, digest: str) -> dict[str | None, str]:
        """The runs of a comparison by the candidate's name, but for those that somebody is still writing."""
        runs = self._client.search_runs([self._id], f"tags.`{DIGEST}` = '{digest}'")
        return {run.data.tags.get("ovopt.arm"): run.info.run_id for run in runs if run.info.status != "RUNNING"}

    def _write(self, run: TrackedRun, folder: Path) -> str:
        from mlflow.entities import Metric, Param

        made: str = self._client.create_run(
            self._id, start_time=run.created_ms, tags=run.tags, run_name=run.name
        ).info.run_id
        try:
            params = [Param(name, value) for name, value in run.params.items()]
            metrics = [Metric(name, value, run.created_ms or 0, 0) for name, value in run.metrics.items()]
            for kind, values in (("params", params), ("metrics", metrics)):
                for first in range(0, len(values), AT_ONCE):
                    self._client.log_batch(made, **{kind: values[first : first + AT_ONCE]})
            self._client.log_artifacts(made, str(folder))
            self._client.set_terminated(made, run.status, run.created_ms)
        except BaseException:
            with suppress(Exception):
                self._client.delete_run(made)
            raise
        return made


def _client(uri: str) -> Any:
    """MLflow's client, without its telemetry and its log lines."""
    os.environ.update(SILENT)
    for name, value in PATIENCE.items():
        os.environ.setdefault(name, value)
    try:
        from mlflow.tracking import MlflowClient
    except ImportError:
        raise SettingsError(NEEDED) from None
    for name in ("mlflow", "alembic", "urllib3"):
        logging.getLogger(name).setLevel(logging.ERROR)
    return MlflowClient(tracking_uri=uri)


@contextmanager
def _told(uri: str) -> Iterator[None]:
    """Errors of MLflow and what it stands on become a message of one line, without a password."""
    try:
        yield
    except OvoptError:
        raise
    except ImportError as error:
        raise SettingsError(f"{_open(uri)}: {error.name or error} is missing; {NEEDED}") from None
    except Exception as error:
        kind = UsageError if type(error).__name__ == "UnsupportedModelRegistryStoreURIException" else OvoptError
        why = _open(_UNANSWERED.sub(r"no answer: \1", " ".join(str(error).split("\n", 1)[0].split())))
        raise kind(f"{_open(uri)}: MLflow cannot log there: {why or type(error).__name__}") from None


def _open(text: str) -> str:
    return re.sub(r"//[^/@\s]*@", "//***@", text)
