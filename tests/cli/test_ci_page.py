"""The CI examples of docs/ci.md: YAML that parses, command lines that ovopt takes, budgets that exist."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ovopt.recipe import budget_override, parse_budgets
from ovopt.records import Budgets
from tests.test_docs import fenced, parse

PAGE = Path(__file__).resolve().parents[2] / "docs" / "ci.md"
GITHUB, GITLAB = (yaml.safe_load(block) for block in fenced(PAGE, "yaml"))
GITLAB = GITLAB["model"]
GITHUB_STEPS = GITHUB["jobs"]["gate"]["steps"]
SCRIPTS = {
    **{f"github {step.get('name', step['run'])}": step["run"] for step in GITHUB_STEPS if "run" in step},
    **{f"gitlab {place}": line for place, line in enumerate(GITLAB["script"])},
}


def commands() -> Iterator[str]:
    """Every ovopt command of the examples, up to a redirection or what happens after it."""
    for script in SCRIPTS.values():
        for line in script.splitlines():
            if line.strip().startswith("ovopt "):
                yield line.strip().partition(" || ")[0]


def budgets() -> Iterator[str]:
    for command in commands():
        yield from re.findall(r"--budget (\S+)", command)


def test_both_examples_measure_judge_and_report() -> None:
    found = [command.split()[1] for command in commands()]
    assert found == ["quantize", "compare", "gate", "report", "report", "report"] * 2


@pytest.mark.parametrize("command", sorted(set(commands())))
def test_every_command_of_the_examples_is_one_that_the_command_line_takes(command: str) -> None:
    parse(command)


@pytest.mark.parametrize("name", SCRIPTS)
def test_every_script_of_the_examples_is_one_that_a_shell_takes(name: str) -> None:
    text = re.sub(r"\$\{\{.*?\}\}", "0", SCRIPTS[name])
    done = subprocess.run(["sh", "-n"], input=text, text=True, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("budget", sorted(set(budgets())))
def test_every_budget_of_the_examples_exists(budget: str) -> None:
    found, _ = parse_budgets({}, "a test", [budget_override(budget)])
    assert found != Budgets()


def test_the_files_that_the_examples_hand_on_are_those_that_they_write() -> None:
    written = {re.search(r"-o (\S+)", command)[1] for command in commands() if " -o " in command}
    artifacts = GITLAB["artifacts"]
    assert {*artifacts["paths"], artifacts["reports"]["junit"]} <= written
    (junit,) = (step["with"]["report_paths"] for step in GITHUB_STEPS if "junit" in step.get("uses", ""))
    assert junit in written
    for text in (SCRIPTS["github Comment"], " ".join(GITLAB["script"])):
        assert "comparison.md" in text


def test_only_an_open_gate_is_forgiven() -> None:
    assert GITLAB["allow_failure"] == {"exit_codes": [4]}
    decide = SCRIPTS["github Decide"]
    codes = {}
    for code in (0, 1, 2, 3, 4):
        text = decide.replace("${{ steps.gate.outputs.code }}", str(code))
        codes[code] = subprocess.run(["sh", "-c", text], capture_output=True, check=False).returncode
    assert codes == {0: 0, 1: 1, 2: 1, 3: 1, 4: 0}


def keys(kind: Any, path: str = "") -> Iterator[str]:
    for name, field in kind.model_fields.items():
        inner = [one for one in getattr(field.annotation, "__args__", ()) if hasattr(one, "model_fields")]
        at = f"{path}{name}"
        if inner:
            yield from keys(inner[0], f"{at}.METRIC." if name == "accuracy" else f"{at}.")
        else:
            yield at


def test_the_table_tells_only_budgets_that_exist_and_leaves_no_scenario_out() -> None:
    table = "\n".join(line for line in PAGE.read_text().splitlines() if line.startswith("|"))
    told = {code for code in re.findall(r"`([a-z_]+\.[A-Za-z0-9_.]+)`", table) if "." in code}
    known = set(keys(Budgets))
    sections = set(Budgets.model_fields)
    told = {code for code in told if code.partition(".")[0] in sections}
    assert told <= known
    assert {code.partition(".")[0] for code in told} == sections
