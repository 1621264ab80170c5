"""Comparisons in a real local MLflow store. The extra `mlflow` brings its client."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from ovopt.errors import OvoptError, UsageError
from ovopt.reports.tracked import tracked_runs
from ovopt.workflow.stored.comparison_file import read_comparison
from ovopt.workflow.stored.mlflow import PATIENCE, SILENT, log_to_mlflow
from tests.cli import run
from tests.factories import comparison, exactly
from tests.reports.samples import BUDGETS

if find_spec("mlflow") is None:
    # not `importorskip`: an import before the fixture below would start MLflow's usage reports
    pytest.skip("the extra `mlflow` is not installed", allow_module_level=True)
pytestmark = pytest.mark.filterwarnings("ignore::Warning")

WHOLE = comparison({"int8": 0.55, "int4": 0.4}, BUDGETS, lost={"broken": "killed by signal 9"})


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the client sets is taken back."""
    for name in (*SILENT, *PATIENCE):
        monkeypatch.setenv(name, PATIENCE.get(name, "true"))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where MLflow puts its artifacts too."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "comparison.json").write_text(WHOLE.model_dump_json(by_alias=True))
    return tmp_path


def store() -> str:
    """The whole path: MLflow keeps what it opened by its URI, whatever folder it is in."""
    return f"sqlite:///{Path.cwd() / 'mlflow.db'}"


def stored(experiment: str = "ovopt") -> dict[str, Any]:
    """The runs that MLflow shows, by name."""
    from mlflow.tracking import MlflowClient

    client = MlflowClient(tracking_uri=store())
    found = client.search_runs([client.get_experiment_by_name(experiment).experiment_id])
    assert len({one.info.run_name for one in found}) == len(found)
    return {one.info.run_name: one for one in found}


def test_logging_twice_makes_one_whole_run_of_each_candidate(folder: Path) -> None:
    words = ("history", "log", "comparison.json", "--to", "sqlite:///mlflow.db", "--format", "json")
    first, second = (run.ovopt(*words, cwd=folder) for _ in range(2))
    assert (first.code, first.stderr, second.code, second.stderr) == (0, "", 0, "")
    before, after = (json.loads(done.stdout) for done in (first, second))
    assert [(one["name"], one["new"]) for one in before] == [("int8", True), ("int4", True), ("broken", True)]
    assert after == [{**one, "new": False} for one in before]
    found = stored()
    assert {name: one.info.run_id for name, one in found.items()} == {one["name"]: one["run"] for one in before}
    for expected in tracked_runs(WHOLE):
        one = found[expected.name]
        assert (one.info.status, one.info.start_time) == (expected.status, expected.created_ms)
        assert one.data.params == expected.params
        assert one.data.metrics == pytest.approx(expected.metrics, rel=1e-12)
        assert expected.tags.items() <= one.data.tags.items()
        artifacts = folder / "mlruns" / one.info.experiment_id / one.info.run_id / "artifacts"
        assert read_comparison(artifacts / "comparison.json") == WHOLE
        assert (artifacts / "report.html").read_text().startswith("<!doctype html>")


def test_another_comparison_is_another_run(folder: Path) -> None:
    other = WHOLE.model_copy(update={"created": "2026-01-02T00:00:00+00:00"})
    (folder / "other.json").write_text(other.model_dump_json(by_alias=True))
    logged = log_to_mlflow(["comparison.json", "other.json", "comparison.json"], store())
    assert [one.new for one in logged] == [True] * 6 + [False] * 3
    assert len({one.run for one in logged}) == 6


def test_recipes_of_hundreds_of_keys_are_logged_whole(folder: Path) -> None:
    keys = {f"key{number}": number for number in range(250)}
    large = comparison({"int8": 0.55}, recipe={"ovopt": 1, "family": "a 'quoted' \"name\"", **keys})
    (folder / "large.json").write_text(large.model_dump_json(by_alias=True))
    log_to_mlflow(["large.json"], store(), "with 'quotes'")
    assert stored(experiment="with 'quotes'")["int8"].data.params["recipe.key249"] == "249"


@pytest.mark.parametrize("stop", [KeyboardInterrupt, OSError("disk full")], ids=["interrupted", "failed"])
def test_a_run_that_cannot_be_finished_is_taken_back(
    folder: Path, monkeypatch: pytest.MonkeyPatch, stop: type[BaseException] | BaseException
) -> None:
    from mlflow.tracking import MlflowClient

    def fail(*_: object) -> None:
        raise stop

    with monkeypatch.context() as patch:
        patch.setattr(MlflowClient, "log_artifacts", fail)
        with pytest.raises((KeyboardInterrupt, OvoptError)):
            log_to_mlflow(["comparison.json"], store())
    assert stored() == {}
    assert all(one.new for one in log_to_mlflow(["comparison.json"], store()))


def test_a_server_that_does_not_answer_is_one_line_without_the_password(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    message = "http://***@127.0.0.1:1: MLflow cannot log there: no answer: [Errno 111] Connection refused"
    with pytest.raises(OvoptError, match=exactly(message)) as caught:
        log_to_mlflow(["comparison.json"], "http://me:secret@127.0.0.1:1")
    assert caught.value.exit_code == 1


def test_an_unknown_kind_of_store_is_wrong_usage(folder: Path) -> None:
    with pytest.raises(UsageError, match=r"\Afoo://bar: MLflow cannot log there: .*unsupported URI 'foo://bar'"):
        log_to_mlflow(["comparison.json"], "foo://bar")


def test_a_file_that_is_no_database_is_left_alone(folder: Path) -> None:
    before = (folder / "comparison.json").read_bytes()
    with pytest.raises(OvoptError, match="file is not a database"):
        log_to_mlflow(["comparison.json"], "sqlite:///comparison.json")
    assert (folder / "comparison.json").read_bytes() == before


ASKED = """
import os, sys
from ovopt.workflow.stored.mlflow import SILENT, _client
_client("sqlite:///mlflow.db")
from mlflow.telemetry import get_telemetry_client
from mlflow.telemetry.utils import is_telemetry_disabled
off = is_telemetry_disabled()
for name in SILENT:
    del os.environ[name]
print(get_telemetry_client(), off, is_telemetry_disabled())
"""


def test_mlflow_reports_no_usage(folder: Path) -> None:
    """Its client of telemetry is not even made. MLflow is silent by itself under a test or a CI, so none is told of."""
    root = str(Path(__file__).resolve().parents[3])
    done = subprocess.run(
        [sys.executable, "-c", ASKED],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": root},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "None True False\n")
    assert not (folder / ".config").exists()
