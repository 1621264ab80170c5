"""Steps under a budget: the search that finds the best of their settings, in the midst of other steps."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TypeGuard

from ovopt.contracts import Step, Stepped
from ovopt.model.files.read import read_model
from ovopt.model.ports.facts import facts
from ovopt.steps.compress import Compress
from ovopt.steps.quantize import Quantize
from ovopt.workflow.applying.work import Work
from ovopt.workflow.searching.compress import search_compression
from ovopt.workflow.searching.contest import Contest, Goal
from ovopt.workflow.searching.quantize import QuantizeSearch

Searched = Quantize | Compress
"""The steps whose settings may ask for a search."""


def has_search(step: Step) -> TypeGuard[Searched]:
    """Whether the step's settings ask for a search rather than for one way to do it."""
    return isinstance(step, Searched) and step.max_drop is not None


def searched(work: Work, step: Searched, output: Path, time_budget_s: float) -> Stepped:
    """The best model that keeps the step's budget against the original, found by a search whose journal is beside
    `output`, where its best model so far is: an interrupted one goes on. BudgetMissedError where none keeps it."""
    assert step.max_drop is not None, f"no budget for {step.name}"
    goal, work = Goal(step.max_drop, time_budget_s, resume=True), _comparable(work)
    match step:
        case Quantize():
            contest = Contest(step.name, work, [], goal, output, force=False)
            manifest = contest.run(QuantizeSearch(contest, step).run)
        case Compress():
            manifest = search_compression(step, work, [], replace(goal, aim=step.aim), output, force=False)
    return Stepped(read_model(output), manifest.steps[-1])


def _comparable(work: Work) -> Work:
    """Candidates take the samples that the original takes, or else they are held against the model in front of them."""
    mine, theirs = ([(p.name, p.dtype) for p in facts(each).inputs] for each in (work.current, work.original))
    embedded = any(report.embedded or report.decoded for report in work.reports)
    return replace(work, original=work.current) if embedded or mine != theirs else work
