"""`ovopt report` through its real entry point, on a stored comparison: nothing is measured here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ovopt.records import ModelFile
from ovopt.workflow.stored.report import render
from tests.cli.run import ovopt, snapshot, user_environment
from tests.reports.diagnosed import diagnosis, layer, side
from tests.reports.samples import full

STRANGER = ModelFile(path="model.onnx", sha256="9" * 64, size_bytes=1)
FORMATS = {
    "console": "Not decided yet.",
    "markdown": "<!-- ovopt report -->",
    "html": "<!doctype html>",
    "csv": "subject,role,figure",
    "junit": '<testsuites name="ovopt"',
    "json": '{"schema":"ovopt.comparison/2"',
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "c.json").write_text(full().model_dump_json(by_alias=True), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_written(folder: Path, name: str) -> None:
    ran = ovopt("report", "c.json", "--format", name, "-o", "out", cwd=folder)
    assert (ran.code, ran.stdout, ran.stderr) == (0, "", "")
    assert (folder / "out").read_text(encoding="utf-8").strip().startswith(FORMATS[name])
    assert sorted(path.name for path in folder.iterdir()) == ["c.json", "out"]


def test_without_a_file_it_is_printed(folder: Path) -> None:
    ran = ovopt("report", "c.json", "--format", "csv", cwd=folder)
    assert (ran.code, ran.stdout) == (0, render(full(), "csv"))


def test_neither_openvino_nor_nncf_is_imported(folder: Path) -> None:
    code = (
        "import sys\n"
        "from ovopt.cli.main import main\n"
        "sys.argv = ['ovopt', 'report', sys.argv[1], '--format', sys.argv[2], '-o', sys.argv[3]]\n"
        "try:\n    main()\nexcept SystemExit as stop:\n    assert stop.code == 0, stop.code\n"
        "print(*sorted({'openvino', 'nncf', 'datasets', 'torch'} & set(sys.modules)))\n"
    )
    for kind in ("html", "console"):
        done = subprocess.run(
            [sys.executable, "-c", code, "c.json", kind, f"out.{kind}"],
            cwd=folder,
            env=user_environment(PYTHONPATH=str(Path(__file__).parents[2])),
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() == ""


def test_a_report_is_replaced_by_one_of_its_kind_but_nothing_else_is(folder: Path) -> None:
    (folder / "mine.html").write_text("my own page", encoding="utf-8")
    before = snapshot(folder)
    refused = ovopt("report", "c.json", "--format", "html", "-o", "mine.html", cwd=folder)
    assert (refused.code, refused.message) == (
        2,
        "error: mine.html: exists already; choose another -o/--output, or --force to replace it",
    )
    assert snapshot(folder) == before
    assert ovopt("report", "c.json", "--format", "html", "-o", "mine.html", "--force", cwd=folder).code == 0
    assert ovopt("report", "c.json", "--format", "html", "-o", "mine.html", cwd=folder).code == 0
    assert ovopt("report", "c.json", "--format", "csv", "-o", "mine.html", cwd=folder).code == 2


def test_the_comparison_itself_is_never_replaced(folder: Path) -> None:
    before = snapshot(folder)
    ran = ovopt("report", "c.json", "--format", "html", "-o", "c.json", "--force", cwd=folder)
    assert (ran.code, ran.message) == (2, "error: c.json: is the comparison itself; name another -o/--output")
    assert snapshot(folder) == before


def test_what_moved_has_neither_format_nor_file(folder: Path) -> None:
    ran = ovopt("report", "c.json", "--against", "c.json", "--format", "html", cwd=folder)
    assert (ran.code, ran.message) == (2, "error: --against: prints lines; it takes neither --format nor --output")


def test_python_renders_and_writes_as_the_command_does(folder: Path) -> None:
    import ovopt as api

    whole = api.read_comparison(folder / "c.json")
    api.write_report(whole, "markdown", folder / "c.md")
    assert (folder / "c.md").read_text(encoding="utf-8") == api.render(whole, "markdown")
    with pytest.raises(api.OvoptError, match=r"no report format is called 'htm'; did you mean 'html'\?"):
        api.render(whole, "htm")


def test_a_diagnosis_joins_the_candidate_that_it_is_about(folder: Path) -> None:
    whole = full()
    model = whole.arms[0].model.model_copy(update={"sha256": "8" * 64})
    arms = tuple(arm.model_copy(update={"model": model}) if arm.name == "int8" else arm for arm in whole.arms)
    changed = whole.model_copy(update={"arms": arms})
    (folder / "c.json").write_text(changed.model_dump_json(by_alias=True), encoding="utf-8")
    about = diagnosis(layer("first", 0.01)).model_copy(update={"optimized": side(1.0, model)})
    (folder / "d.json").write_text(about.model_dump_json(by_alias=True), encoding="utf-8")
    ran = ovopt("report", "c.json", "--diagnosis", "d.json", "--format", "json", cwd=folder)
    assert ran.code == 0, ran.stderr
    assert json.loads(ran.stdout)["diagnoses"]["int8"]["layers"][0]["name"] == "first"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "d.json: no such diagnosis file; `ovopt diagnose ... -o FILE` writes one"),
        ("{", "d.json: not a diagnosis of this version of ovopt: Invalid JSON"),
        ("{}", "d.json: not a diagnosis of this version of ovopt: ovopt: Field required"),
        (
            diagnosis(optimized=side(1.0, STRANGER)).model_dump_json(by_alias=True),
            "d.json: is about model.onnx, which is none of the candidates",
        ),
    ],
    ids=["absent", "broken", "empty", "another"],
)
def test_what_is_no_diagnosis_of_a_candidate_is_refused(folder: Path, content: str | None, said: str) -> None:
    if content is not None:
        (folder / "d.json").write_text(content, encoding="utf-8")
    ran = ovopt("report", "c.json", "--diagnosis", "d.json", cwd=folder)
    assert ran.code == 2
    assert ran.message.startswith(f"error: {said}")
