"""Stored comparisons: read them, and judge them again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError
from pydantic_core import ErrorDetails

import ovopt
from ovopt.documents import UnreadableError, ordinal, parse_json
from ovopt.errors import UsageError, quoted, shortened
from ovopt.gate import decide, decision_on, lost_arms
from ovopt.given_file import check_file, read_file
from ovopt.recipe import budget_override, parse_budgets
from ovopt.records import Budgets, Comparison, Decision
from ovopt.reports.decision import with_reason
from ovopt.workflow.beginning.options import as_path, check
from ovopt.workflow.stored.inputs import changed_inputs
from ovopt.workflow.stored.recompute import check_unchanged

SCHEMA = "ovopt.comparison/"
NEWEST = 2
EDITED = "the file was changed after ovopt wrote it: take the original one, or measure again"
OLDER = f'"{SCHEMA}{NEWEST - 1}"'.encode()


def read_comparison(path: str | Path) -> Comparison:
    """The comparison in a file, of this version or of version 1.

    Raises UsageError where it is none: what is wrong with it, and what to do.
    """
    file = as_path("path", path)
    check_file(file, "comparison file", UsageError)
    return parse_comparison(read_file(file, UsageError), str(file))


def parse_comparison(content: bytes, said: str) -> Comparison:
    """The comparison in the content of a file called `said`. Raises UsageError where it is none."""
    try:
        comparison = _validated(content)
    except ValidationError as error:
        fault = _fault(content, error)
    else:
        fault = _unsound(comparison) if "schema_" in comparison.model_fields_set else _no_schema(None)
        if not fault:
            return comparison
    raise UsageError(f"{said}: not a comparison of this version of ovopt: {fault}")


def _validated(content: bytes) -> Comparison:
    """A comparison of this version, or one of version 1, which had no kind of decision: it follows from the rest."""
    upgraded = _upgraded(content) if OLDER in content else None
    if upgraded is None:
        return Comparison.model_validate_json(content)
    found = Comparison.model_validate_json(upgraded)
    gate = found.gate.model_copy(update={"decision": _decision(found)})
    return found.model_copy(update={"gate": gate})


def _upgraded(content: bytes) -> str | None:
    """The file with the keys of this version; None where it is no mapping of version 1."""
    try:
        written = parse_json(content)
    except UnreadableError:
        return None
    if not isinstance(written, dict) or written.get("schema") != f"{SCHEMA}{NEWEST - 1}":
        return None
    if isinstance(written.get("gate"), dict):
        written["gate"]["decision"] = {"kind": "evaluated"}
    return json.dumps({**written, "schema": f"{SCHEMA}{NEWEST}"})


def _decision(comparison: Comparison) -> Decision:
    if comparison.pairs or lost_arms(comparison.arms):
        return decision_on(comparison.pairs, comparison.gate.checks)
    return Decision(kind="measured" if comparison.settings.scenarios else "evaluated")


def labelled(comparison: Comparison) -> Comparison:
    """The comparison, with a note where its figures do not follow from its raw values: a report shows it anyway."""
    try:
        check_unchanged(comparison, "these figures cannot be relied on")
    except UsageError as fault:
        return comparison.model_copy(update={"notes": (*comparison.notes, str(fault))})
    return comparison


def judge_again(comparison: Comparison, budgets: Sequence[str], said: str = "the comparison") -> Comparison:
    """The comparison, called `said` in messages, with the gate of its recipe's budgets and the given ones
    (`latency.min_speedup=1.2`).

    UsageError where there is nothing to judge, or where figures do not follow from their raw values.
    """
    check("comparison", comparison, "an ovopt.Comparison", isinstance(comparison, Comparison))
    listed = isinstance(budgets, list | tuple) and all(isinstance(one, str) for one in budgets)
    check("budgets", budgets, "a list of KEY=VALUE, such as ['latency.min_speedup=1.2']", listed)
    found, section = parse_budgets(
        comparison.recipe.get("budgets"), f"{said}, recipe", [budget_override(budget) for budget in budgets]
    )
    if not comparison.pairs and not any(arm.lost for arm in comparison.arms):
        raise UsageError(f"{said}: nothing was compared; `ovopt compare ... -o FILE` writes what a gate can judge")
    if found == Budgets():
        raise UsageError(f"{said}: no budget to judge by; give one, for example --budget accuracy.top1.max_drop=0.01")
    check_unchanged(comparison, said)
    try:
        gate = decide(comparison, found)
    except UsageError as error:
        raise UsageError(f"{said}: {error}") from None
    judged = {"gate": gate, "recipe": {**comparison.recipe, "budgets": section}}
    notes = tuple(dict.fromkeys((*changed_inputs(comparison), *comparison.notes)))
    return with_reason(comparison.model_copy(update={**judged, "notes": notes}))


def _fault(content: bytes, error: ValidationError) -> str:
    """The first fault, and what to do about it."""
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        return _no_json(content, first)
    try:
        written = parse_json(content, any_number=True)
    except UnreadableError as unreadable:
        return f"{unreadable}; {EDITED}"
    if not isinstance(written, dict):
        return "the file holds no mapping of keys; `ovopt compare ... -o FILE` writes one"
    schema = written.get("schema")
    if not isinstance(schema, str) or not schema.startswith(SCHEMA):
        return _no_schema(schema)
    return _other_version(schema, written) or _broken(first, written)


def _unsound(comparison: Comparison) -> str:
    """Faults that no single key tells: arms that pairs are about but that are not there, and rows that are no
    numbers; empty where all is well."""
    names = {arm.name for arm in comparison.arms}
    about = (name for pair in comparison.pairs for name in (pair.baseline, pair.candidate))
    if not names:
        return f"arms: nothing was measured; {EDITED}"
    if (missing := next((name for name in about if name not in names), None)) is not None:
        return f"pairs: there is no arm {quoted(missing)}; {EDITED}"
    for arm in comparison.arms:
        for metric, quality in arm.accuracy.items():
            if not _are_numbers(quality.rows):
                return f"arms.{arm.name}.accuracy.{shortened(metric)}.rows: not all numbers; {EDITED}"
    return ""


def _are_numbers(rows: Any) -> bool:
    """True where rows are finite numbers, or lists of them however deep; null stands for an undefined one."""
    try:
        return not bool(np.isinf(np.array(rows, dtype=np.float64)).any())
    except ValueError:
        return isinstance(rows, list | tuple) and all(map(_are_numbers, rows))
    except (TypeError, OverflowError):
        return False


def _no_schema(found: object) -> str:
    return f"schema: must begin with {SCHEMA!r}, is {quoted(found)}; `ovopt compare ... -o FILE` writes one"


def _no_json(content: bytes, fault: ErrorDetails) -> str:
    if not content.strip():
        return "the file is empty; measure again with `ovopt compare ... -o FILE`"
    what = fault["msg"].removeprefix("Invalid JSON: ")
    cut = "EOF" in what
    said = "it ends in the middle, so it was cut off" if cut else "it is not valid JSON"
    return f"{said} ({what}); take the file as ovopt wrote it, or measure again"


def _other_version(schema: str, written: dict[str, Any]) -> str | None:
    number = schema.removeprefix(SCHEMA)
    if number in (str(NEWEST), str(NEWEST - 1)):
        return None
    newer = (ordinal(number) or 0) > NEWEST
    advice = "update ovopt" if newer else "measure again"
    by = shortened(str(written.get("ovopt", "?")))
    return f"schema {shortened(schema)}, written by ovopt {by}; this is {ovopt.__version__}: {advice}"


def _broken(fault: ErrorDetails, written: dict[str, Any]) -> str:
    """A key that is missing, unknown or of a wrong value: another version's file, or an edited one."""
    where, by = ".".join(map(str, fault["loc"])), written.get("ovopt")
    said = shortened(f"{where}: {fault['msg'][0].lower()}{fault['msg'][1:]}")
    if by != ovopt.__version__:
        maker = shortened(str(by))
        return (
            f"{said}; it was written by ovopt {maker}, this is {ovopt.__version__}: use the newer one, or measure again"
        )
    return f"{said}; {EDITED}"
