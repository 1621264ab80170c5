"""`ovopt history log` without MLflow: what it refuses. With it: tests/workflow/test_tracking.py."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ovopt.errors import SettingsError
from ovopt.workflow.stored.mlflow import PATIENCE, SILENT, log_to_mlflow
from tests.cli import run
from tests.factories import comparison, exactly


@pytest.fixture
def file(tmp_path: Path) -> Path:
    target = tmp_path / "comparison.json"
    target.write_text(comparison({"int8": 0.5}).model_dump_json(by_alias=True))
    return target


def test_a_missing_client_is_named_with_its_extra(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*SILENT, *PATIENCE):
        monkeypatch.setenv(name, PATIENCE.get(name, "true"))
    for name in ("mlflow", "mlflow.tracking"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(SettingsError, match=exactly("logging to MLflow needs its client: pip install 'ovopt[mlflow]'")):
        log_to_mlflow([file], "sqlite:///mlflow.db")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ("comparison.json", "--to", "mlruns"),
            "mlruns: not a tracking URI; name a database, for example sqlite:///mlflow.db, or a server's http://...",
        ),
        (
            ("comparison.json", "--to", "sqlite:///mlflow.db", "--experiment", " "),
            "--experiment: name one, for example ovopt",
        ),
        (("comparison.json", "no.json", "--to", "sqlite:///mlflow.db"), "no.json: no such comparison file"),
    ],
    ids=["folder", "experiment", "file"],
)
def test_what_cannot_be_used_is_refused_before_anything_is_written(
    file: Path, words: tuple[str, ...], message: str
) -> None:
    before = run.snapshot(file.parent)
    done = run.ovopt("history", "log", *words, cwd=file.parent)
    assert (done.code, done.stdout, done.message) == (2, "", f"error: {message}")
    assert run.snapshot(file.parent) == before


def test_an_edited_comparison_is_not_logged(file: Path) -> None:
    file.write_text(file.read_text().replace('"size_bytes":2600000', '"size_bytes":260'))
    done = run.ovopt("history", "log", file.name, "--to", "sqlite:///mlflow.db", cwd=file.parent)
    assert done.code == 2
    assert "comparison.json: pairs.int8.size.ratio is" in done.message
    assert [path.name for path in file.parent.iterdir()] == ["comparison.json"]


def test_without_a_store_the_option_is_asked_for(file: Path) -> None:
    done = run.ovopt("history", "log", file.name, cwd=file.parent)
    assert done.code == 2
    assert done.message == "error: --to is missing; see `ovopt history log --help`"
