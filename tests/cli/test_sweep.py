"""`ovopt sweep`, as a user runs it: a model that ships, one of which nothing may ship, and one that is not there."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from ovopt.bundle import read_manifest
from ovopt.records.sweep import Sweep
from tests.cli import run
from tests.workflow.searching.searched import FEW, hopeless, loud_data

BRIEF = ("--scenario", "latency", "--time-budget", 1, "--search-budget", 60)
HOSTILE = '</title><script>alert("x")</script> & <img src=x>'
FEWER = ", ".join(FEW)
EXACT = "runtime.properties.INFERENCE_PRECISION_HINT=f32"
"""The inputs of `hopeless` are so loud that bf16, the default of some processors, would lose what they mean."""
SUITE = f"""\
ovopt: 1
title: {HOSTILE!r}
models:
  - name: easy
    model: tiny.xml
    recipe: classification
    data: data.npz
    steps: quantize
    simplify: false
    set: [{FEWER}]
    budgets: {{accuracy: {{top1: {{max_drop: 0.2}}}}}}
  - name: gone
    model: "<b>gone</b>.xml"
  - name: hopeless
    model: hopeless.xml
    recipe: classification
    data: loud.npz
    steps: quantize
    max_drop: 0.01
    simplify: false
    set: [{FEWER}, {EXACT}]
"""


def started(folder: Path, *more: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        run.command("sweep", "suite.yaml", "-o", "out", *BRIEF, *more),
        cwd=folder,
        env=run.user_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def stop_at(process: subprocess.Popen[str], line: str, number: int) -> tuple[int, str]:
    """Send a signal when this is said; the exit code and everything that was said."""
    said = ""
    with process:
        try:
            assert process.stderr is not None
            for found in process.stderr:
                said += found
                if found.startswith(line):
                    break
            else:
                pytest.fail(f"it never said {line!r}:\n{said}")
            process.send_signal(number)
            said += process.communicate(timeout=120)[1]
        finally:
            process.kill()
    return process.returncode, said


def table(folder: Path) -> Sweep:
    return Sweep.model_validate_json((folder / "out" / "sweep.json").read_bytes())


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any], run.Ran]:
    """A sweep that was killed in its first entry, interrupted in its last one, and gone on with."""
    folder = tmp_path_factory.mktemp("sweep")
    run.write_ir(folder / "tiny.xml")
    run.write_data(folder / "data.npz")
    hopeless(folder / "hopeless.xml")
    loud_data(folder / "loud.npz")
    (folder / "suite.yaml").write_text(SUITE, encoding="utf-8")
    code, _ = stop_at(started(folder), "prepare calibration samples", signal.SIGKILL)
    assert code == -signal.SIGKILL
    killed = table(folder)
    code, said = stop_at(started(folder, "--resume"), "3/3 hopeless", signal.SIGINT)
    between = {"code": code, "said": said, "killed": killed, "table": table(folder)}
    return folder, between, run.ovopt("sweep", "suite.yaml", "-o", "out", *BRIEF, "--resume", cwd=folder)


Swept = tuple[Path, dict[str, Any], run.Ran]


def test_a_sweep_that_was_killed_leaves_a_table_of_what_is_done(swept: Swept) -> None:
    killed = swept[1]["killed"]
    assert (killed.planned, killed.rows) == (3, ())


def test_ctrl_c_keeps_what_is_done_and_says_how_to_go_on(swept: Swept) -> None:
    between = swept[1]
    assert between["code"] == 130
    assert "2 of 3 models are kept in out; --resume goes on from there" in between["said"]
    assert [row.state for row in between["table"].rows] == ["optimized", "failed"]


def test_going_on_takes_what_is_done_and_tries_failures_again(swept: Swept) -> None:
    folder, between, done = swept
    lines = done.stderr.splitlines()
    assert "easy: unchanged, as of the last run" in lines
    assert "gone: failed: <b>gone</b>.xml: no such model file" in lines
    assert table(folder).rows[0] == between["table"].rows[0]


def test_one_failure_stops_no_other_model_and_is_the_exit_code(swept: Swept) -> None:
    folder, _, done = swept
    assert done.code == 1
    rows = {row.name: row for row in table(folder).rows}
    assert {name: row.state for name, row in rows.items()} == {
        "easy": "optimized", "gone": "failed", "hopeless": "refused",
    }  # fmt: skip
    assert (rows["gone"].ships, rows["hopeless"].ships) == (None, "original")
    assert rows["hopeless"].said.startswith("ship the original: none of ")


def test_a_row_holds_the_figures_of_its_comparison(swept: Swept) -> None:
    folder, _, _ = swept
    row = table(folder).rows[0]
    stored = json.loads((folder / "out" / str(row.comparison)).read_text())
    (pair,) = stored["pairs"]
    assert row.speedups.keys() == {"latency"}
    assert row.speedups["latency"].model_dump() == pair["latency"]
    assert row.change is not None
    assert row.change.model_dump() == pair["accuracy"]["top1"]
    assert row.original is not None
    assert row.original.value == stored["arms"][0]["accuracy"]["top1"]["value"]
    assert row.verdict == stored["gate"]["verdict"]
    assert [budget["budget"] for budget in stored["gate"]["checks"]] == ["accuracy.top1.max_drop"]
    manifest = read_manifest(folder / "out" / str(row.bundle))
    assert manifest is not None
    assert row.size_ratio == pytest.approx(manifest.model.size_bytes / manifest.source.size_bytes)


def test_a_refused_model_still_tells_what_the_original_is_worth(swept: Swept) -> None:
    folder, _, _ = swept
    row = table(folder).rows[2]
    stored = json.loads((folder / "out" / str(row.comparison)).read_text())
    assert row.original is not None
    assert row.original.value == stored["arms"][0]["accuracy"]["top1"]["value"] == 1.0
    assert row.bundle is None


def test_the_table_is_printed_with_means_and_reasons(swept: Swept) -> None:
    out = swept[2].stdout
    lines = out.splitlines()
    assert [line.split()[0] for line in lines[:4]] == ["model", "easy", "gone", "hopeless"]
    assert "Shippable speed-up in latency: " in out
    assert "Failed, and not counted: gone." in lines
    assert "gone: failed: <b>gone</b>.xml: no such model file" in lines
    assert lines[-1] == "page: out/index.html"


def test_the_page_shows_hostile_text_and_runs_none(swept: Swept) -> None:
    text = (swept[0] / "out" / "index.html").read_text(encoding="utf-8")
    assert "<script" not in text
    assert "<img" not in text
    assert "&lt;b&gt;gone&lt;/b&gt;.xml: no such model file" in text
    assert "&lt;/title&gt;&lt;script&gt;alert(&#34;x&#34;)&lt;/script&gt; &amp; &lt;img src=x&gt;" in text


def test_another_setting_of_an_entry_makes_that_one_anew(swept: Swept) -> None:
    folder, _, _ = swept
    changed = SUITE.split("  - name: gone", maxsplit=1)[0].replace("steps: quantize", "steps: simplify")
    (folder / "other.yaml").write_text(changed, encoding="utf-8")
    options = ("-o", "out", *BRIEF, "--resume", "--format", "json")
    done = run.ovopt("sweep", "other.yaml", *options, cwd=folder)
    assert (done.code, "unchanged" in done.stderr) == (0, False)
    (row,) = Sweep.model_validate_json(done.stdout).rows
    assert row.steps == "simplify"
    assert row.size_ratio == pytest.approx(1.0, abs=0.5)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("models: []\n", "suite.yaml: ovopt: must be given\nsuite.yaml:1: models: tuple should have at least 1 item"),
        ("ovopt: 1\nmodels:\n  - name: a\n    modl: x.xml\n    model: x.xml\n",
         "suite.yaml:4: models[0].modl: unknown key; did you mean 'model'?"),
        ("ovopt: 1\nmodels:\n  - {name: a, model: x, steps: shrink}\n",
         "suite.yaml:3: models[0].steps: 'shrink' is not one of optimize, quantize, compress, simplify"),
        ("ovopt: 1\nmodels:\n  - {name: ../up, model: x}\n", "suite.yaml:3: models[0].name: string should match"),
        ("ovopt: 1\nmodels:\n  - {name: Sweep.json, model: x}\n",
         "suite.yaml:3: models[0]: sweep.json is the name of a file of the sweep's own"),
        ("ovopt: 1\nmodels:\n  - {name: a, model: x}\n  - {name: A, model: y}\n", "Name every model once (a is twice)"),
        ("ovopt: 1\nmodels:\n  - {name: a, model: x, max_drop: 0.1}\n",
         "suite.yaml:3: models[0]: give max_drop with `steps: quantize` or `steps: compress` (optimize)"),
        ("- name: a\n", "suite.yaml: a suite is a mapping of keys, this is a list"),
        ("models: [\n", "suite.yaml:2: not valid YAML"),
    ],
    ids=["empty", "key", "steps", "path", "reserved", "twice", "budget", "list", "yaml"],
)  # fmt: skip
def test_a_bad_suite_is_refused_with_its_line_before_anything_is_done(
    tmp_path: Path, content: str, message: str
) -> None:
    from ovopt.errors import RecipeError
    from ovopt.suite import load_suite

    (tmp_path / "suite.yaml").write_text(content)
    with pytest.raises(RecipeError) as told:
        load_suite(tmp_path / "suite.yaml")
    said = str(told.value).replace(f"{tmp_path}/", "")
    assert message.casefold() in said.casefold()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("none.yaml", "-o", "new"), "none.yaml: no such file"),
        (("suite.yaml", "-o", "new", "--scenario", "latncy"), "--scenario latncy: unknown; did you mean 'latency'?"),
        (("suite.yaml", "-o", "out"), "out: holds a sweep; --resume goes on with it, --force starts it anew"),
        (("suite.yaml", "-o", "."), ".: not the folder of a sweep (no sweep.json in it); choose another -o/--output"),
        (("suite.yaml", "-o", "suite.yaml"), "suite.yaml: is a file; name a folder"),
    ],
    ids=["file", "scenario", "there", "folder", "output"],
)
def test_what_cannot_begin_says_why(swept: Swept, words: tuple[str, ...], message: str) -> None:
    done = run.ovopt("sweep", *words, cwd=swept[0])
    assert (done.code, done.stdout, done.message) == (2, "", f"error: {message}")
    assert not (swept[0] / "new").exists()
