"""`ovopt recipes`, as a user runs it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml
from typer.testing import CliRunner

from ovopt.cli.app import app
from ovopt.errors import OvoptError
from ovopt.locate import shipped
from ovopt.recipe import load_recipe
from ovopt.recipe.reference import recipe_schema, reference
from tests.cli.run import Ran, ovopt, snapshot, user_environment, write_data, write_ir

SHIPPED = sorted(file.stem for file in shipped("recipes").glob("*.yaml"))
FAULTY = """\
ovopt: 1
famly: mine
task: classification
metrics:
- top2
runtime:
  device: CPU
  hint: quick
optimize:
- quantize:
    preset: mixed
    prest: mixed
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*words: object) -> Ran:
    """`ovopt recipes ...` without a process of its own."""
    done = CliRunner().invoke(app, ["recipes", *map(str, words)])
    if isinstance(done.exception, OvoptError):
        return Ran(done.exception.exit_code, done.stdout, f"error: {done.exception}\n")
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Ran(done.exit_code, done.stdout, done.stderr)


# list, show, schema, reference


def test_list_shows_every_shipped_recipe_with_its_task_and_what_it_is_for(here: Path) -> None:
    done = run("list")
    assert (done.code, done.stderr) == (0, "")
    assert done.stdout.startswith("Shipped with ovopt:\n")
    assert list(rows(done.stdout)) == SHIPPED
    for name, said in rows(done.stdout).items():
        recipe = load_recipe(name)
        assert said == f"{recipe.task}: {recipe.description}"
        assert recipe.description


def rows(listed: str) -> dict[str, str]:
    """What the list says of each recipe, its lines joined."""
    joined = re.sub(r"\n {4,}", " ", listed)
    return dict(re.findall(r"^  (\S+) +(.*)$", joined, re.MULTILINE))


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_list_fits_the_terminal(here: Path, monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    assert max(map(len, run("list").stdout.splitlines())) <= columns


def test_list_in_json_says_where_each_recipe_lies(here: Path) -> None:
    found = json.loads(run("list", "--format", "json").stdout)
    assert [entry["name"] for entry in found] == SHIPPED
    assert all(load_recipe(entry["path"]).task == entry["task"] for entry in found)


def test_list_shows_ones_own_recipes_too(here: Path) -> None:
    (here / "recipes").mkdir()
    (here / "recipes" / "mine.yaml").write_text("ovopt: 1\nfamily: mine\ndescription: My own.\n")
    own, _, others = run("list").stdout.partition("\n\nShipped with ovopt:\n")
    assert own == "Yours, in ./recipes:\n  mine  any: My own."
    assert list(rows(others)) == SHIPPED


def test_list_marks_a_shipped_recipe_that_one_of_yours_hides(here: Path) -> None:
    (here / "recipes").mkdir()
    (here / "recipes" / "resnet.yaml").write_text("ovopt: 1\nfamily: mine\ndescription: My own.\n")
    own, _, others = run("list").stdout.partition("\n\nShipped with ovopt:\n")
    assert own == "Yours, in ./recipes:\n  resnet  any: My own."
    assert [name for name, said in rows(others).items() if said.startswith("[hidden by yours] ")] == ["resnet"]
    found = json.loads(run("list", "--format", "json").stdout)
    told = [(entry["origin"], entry["hidden"]) for entry in found if entry["name"] == "resnet"]
    assert told == [("yours", False), ("shipped", True)]


@pytest.mark.parametrize("text", ["ovopt: 1\nfamly: mine\n", "ovopt: [1\n", "", "- a\n", "ovopt: 1\novopt: 1\n"])
def test_a_broken_recipe_of_ones_own_does_not_hide_the_others(here: Path, text: str) -> None:
    (here / "recipes").mkdir()
    (here / "recipes" / "broken.yaml").write_text(text)
    done = run("list")
    assert done.code == 0
    assert list(rows(done.stdout)) == SHIPPED
    assert "recipes/broken.yaml:" in done.stderr
    assert [entry["name"] for entry in json.loads(run("list", "--format", "json").stdout)] == SHIPPED


@pytest.mark.parametrize("name", SHIPPED)
def test_show_prints_a_recipe_with_its_comments_and_what_it_prints_is_the_recipe(here: Path, name: str) -> None:
    text = run("show", name).stdout
    assert text.rstrip("\n") == (shipped("recipes") / f"{name}.yaml").read_text(encoding="utf-8").rstrip("\n")
    (here / "again.yaml").write_text(text, encoding="utf-8")
    assert load_recipe("again.yaml") == load_recipe(name)


def test_schema_prints_json() -> None:
    assert json.loads(run("schema").stdout) == recipe_schema()


def test_reference_prints_markdown() -> None:
    assert run("reference").stdout == reference()


# check


@pytest.mark.parametrize("name", SHIPPED)
def test_check_finds_nothing_wrong_with_a_shipped_recipe(name: str) -> None:
    done = run("check", name)
    assert (done.code, done.stderr) == (0, "")
    assert done.stdout.endswith(f"{name}.yaml: a sound recipe of the family {load_recipe(name).family!r}\n")


def test_check_in_json_prints_the_recipe_with_every_override() -> None:
    printed = json.loads(run("check", "digits", "--set", "data.splits.gate=17", "--format", "json").stdout)
    assert printed == load_recipe("digits", overrides=["data.splits.gate=17"]).resolved()
    assert printed["data"]["splits"]["gate"] == 17


def test_check_tells_every_fault_with_its_line(here: Path) -> None:
    (here / "mine.yaml").write_text(FAULTY)
    done = run("check", "mine.yaml")
    assert (done.code, done.stdout) == (2, "")
    assert set(done.message.removeprefix("error: ").splitlines()) == {
        "mine.yaml: family: must be given",
        "mine.yaml:2: famly: unknown key; did you mean 'family'?",
        "mine.yaml:5: metrics[0]: unknown 'top2'; did you mean 'top5'?",
        "mine.yaml:8: runtime.hint: 'QUICK' is not one of LATENCY, THROUGHPUT, NONE",
        "mine.yaml:12: optimize[0].quantize.prest: unknown key; did you mean 'preset'?",
    }


def test_check_blames_an_option_for_what_it_set_and_the_file_for_the_rest(here: Path) -> None:
    (here / "mine.yaml").write_text(FAULTY)
    sets = ("family=mine", "optimize.quantize.subset_size=0", "runtime.hint=slow", "metrics=[top1]")
    done = run("check", "mine.yaml", *(word for one in sets for word in ("--set", one)))
    size = "optimize[0].quantize.subset_size: input should be greater than 0, not 0"
    assert set(done.message.removeprefix("error: ").splitlines()) == {
        "--set runtime.hint=slow: runtime.hint: 'SLOW' is not one of LATENCY, THROUGHPUT, NONE",
        f"--set optimize.quantize.subset_size=0: {size}",
        "mine.yaml:2: famly: unknown key; did you mean 'family'?",
        "mine.yaml:12: optimize[0].quantize.prest: unknown key; did you mean 'preset'?",
    }


def test_an_option_may_set_what_the_recipe_does_not_list_yet(here: Path) -> None:
    (here / "mine.yaml").write_text("ovopt: 1\nfamily: mine\n")
    sets = ("--set", "optimize.quantize.preset=mixed", "--set", "metrics.top_k.k=3")
    printed = json.loads(run("check", "mine.yaml", *sets, "--format", "json").stdout)
    assert printed["optimize"] == [{"quantize": {"preset": "mixed"}}]
    assert printed["metrics"] == [{"top_k": {"k": 3}}]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ovopt: 1\nfamily: a\nfamily: b\n", "mine.yaml:3: family is given twice"),
        ("ovopt: 1\nfamily: [a\n", "mine.yaml:3: not valid YAML: expected ',' or ']', but got '<stream end>'"),
        (
            "ovopt: 1\nfamily: a\nmatch: &m {name: *m}\n",
            "mine.yaml:3: not valid YAML: the alias 'm' stands for what it is a part of",
        ),
        ("? [1, 2]\n: 3\n", "mine.yaml:1: not valid YAML: found unhashable key"),
    ],
)
def test_check_tells_the_line_of_what_yaml_itself_cannot_mean(here: Path, text: str, said: str) -> None:
    (here / "mine.yaml").write_text(text)
    done = run("check", "mine.yaml")
    assert done.code == 2
    assert done.message.startswith(f"error: {said}")


def test_check_knows_the_nearest_name(here: Path) -> None:
    assert run("check", "resnt").message == "error: no recipe is called 'resnt'; did you mean 'resnet'?"


# new


def test_new_writes_a_recipe_that_evaluate_takes_by_its_name_at_once(tmp_path: Path) -> None:
    write_ir(tmp_path / "tiny.xml")
    write_data(tmp_path / "data.npz")
    done = ovopt("recipes", "new", "tiny.xml", "--data", "data.npz", "-o", "recipes/mine.yaml", cwd=tmp_path)
    said = (
        "recipes/mine.yaml: written\n  top1 95.0 % [91.5 %, 97.1 %] on 240 samples, chance 28.7 %\n"
        "next: ovopt evaluate tiny.xml --recipe recipes/mine.yaml\n"
    )
    assert (done.code, done.stdout) == (0, said), done.stderr
    assert set(snapshot(tmp_path)) == {"data.npz", "recipes", "recipes/mine.yaml", "tiny.bin", "tiny.xml"}
    done = ovopt("evaluate", "tiny.xml", "--recipe", "mine", "--format", "json", "-q", cwd=tmp_path)
    assert (done.code, done.stderr) == (0, "")
    assert json.loads(done.stdout)["arms"][0]["accuracy"]["top1"]["value"] == pytest.approx(0.95)


def test_new_for_unlabelled_data_writes_a_recipe_that_compare_takes_at_once(here: Path) -> None:
    write_ir(here / "tiny.xml")
    write_data(here / "data.npz", inputs=np.random.default_rng(0).normal(size=(12, 16)).astype(np.float32))
    assert run("new", "tiny.xml", "--data", "data.npz", "-o", "mine.yaml").code == 0
    words = ("--recipe", "mine.yaml", "--scenario", "latency", "--time-budget", 1, "--format", "json", "-q")
    done = ovopt("compare", "tiny.xml", "tiny.xml", *words, cwd=here)
    assert done.code == 0, done.stderr
    assert {"cosine", "top1_agreement"} <= json.loads(done.stdout)["pairs"][0]["accuracy"].keys()


def test_new_prints_the_recipe_where_no_output_is_named(here: Path) -> None:
    write_ir(here / "tiny.xml")
    write_data(here / "data.npz")
    before = snapshot(here)
    done = run("new", "tiny.xml", "--data", "data.npz", "-q")
    assert (done.code, done.stderr) == (0, "")
    assert yaml.safe_load(done.stdout)["family"] == "tiny"
    assert snapshot(here) == before


def test_new_replaces_a_recipe_only_when_forced_and_nothing_but_a_recipe(here: Path) -> None:
    write_ir(here / "tiny.xml")
    write_data(here / "data.npz")
    words = ("new", "tiny.xml", "--data", "data.npz", "-o", "mine.yaml")
    (here / "mine.yaml").write_text("ovopt: 1\nfamily: old\n")
    exists = "error: mine.yaml: exists already; choose another -o/--output, or --force to replace it"
    done = run(*words)
    assert (done.code, done.message) == (2, exists)
    assert load_recipe("mine.yaml").family == "old"
    assert run(*words, "--force").code == 0
    assert load_recipe("mine.yaml").family == "tiny"
    (here / "mine.yaml").write_text("my diary\n")
    done = run(*words, "--force")
    assert (done.code, done.message) == (
        2,
        "error: mine.yaml: not a file that ovopt wrote, so --force does not replace it",
    )
    assert (here / "mine.yaml").read_text() == "my diary\n"


def test_new_can_replace_what_it_has_written_itself(here: Path) -> None:
    write_ir(here / "tiny.xml")
    write_data(here / "data.npz")
    words = ("new", "tiny.xml", "--data", "data.npz", "-o", "mine.yaml", "--force")
    assert [run(*words).code for _ in range(2)] == [0, 0]


@pytest.mark.parametrize(
    ("model", "data", "said"),
    [
        ("tiny.xml", "nowhere", "nowhere: no such data"),
        (
            "tiny.xml",
            "notes.md",
            "notes.md: no source reads this kind of file; say which with --set data.source.kind=...",
        ),
        ("tiny.xml", "wide.npz", "wide.npz#"),
        ("nothing.xml", "data.npz", "nothing.xml: no such "),
    ],
)
def test_new_writes_nothing_where_model_and_data_do_not_go_together(
    here: Path, model: str, data: str, said: str
) -> None:
    write_ir(here / "tiny.xml")
    write_data(here / "data.npz")
    write_data(here / "wide.npz", inputs=np.zeros((4, 5), np.float32), labels=np.zeros(4, np.int64))
    (here / "notes.md").write_text("notes")
    before = snapshot(here)
    done = run("new", model, "--data", data, "-o", "recipes/mine.yaml")
    assert done.code == 2
    assert done.message.startswith(f"error: {said}")
    assert snapshot(here) == before


def test_the_subcommands_are_told_without_an_argument() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ovopt", "recipes"],
        capture_output=True,
        text=True,
        check=False,
        env=user_environment(),
    )
    assert done.returncode == 2
    for name in ("list", "show", "new", "schema", "reference", "check"):
        assert f" {name} " in done.stdout + done.stderr


def test_check_with_a_model_says_what_two_samples_gave(tmp_path: Path) -> None:
    write_ir(tmp_path / "tiny.xml")
    write_data(tmp_path / "data.npz")
    done = ovopt("recipes", "check", "classification", "tiny.xml", "--data", "data.npz", cwd=tmp_path)
    first, *samples, metrics, splits = done.stdout.splitlines()
    assert first.endswith("classification.yaml: sound, as far as 2 of 240 samples tell")
    assert [line.partition(" answer ")[0] for line in samples] == [
        "  data.npz#0: label 0,",
        "  data.npz#1: label 2,",
    ]
    assert metrics.startswith("  metrics on them: top1 ")
    assert splits == "  splits: calibration 60, tuning 60, gate 120"
