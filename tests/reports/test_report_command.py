"""`ovopt report` through its real entry point, on a stored comparison: nothing is measured here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ovopt.workflow.report import render
from tests.cli.run import ovopt, snapshot, user_environment
from tests.reports.samples import full

FORMATS = {
    "console": "Not decided yet.",
    "markdown": "<!-- ovopt report -->",
    "html": "<!doctype html>",
    "csv": "subject,role,figure",
    "junit": '<testsuites name="ovopt"',
    "json": '{"schema":"ovopt.comparison/1"',
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
