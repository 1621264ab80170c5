"""The gate as a test report: every budget of every candidate is a test case."""

from __future__ import annotations

from typing import ClassVar
from xml.etree import ElementTree as ET

from ovopt.contracts import Report, View
from ovopt.records import Arm, Check, Comparison
from ovopt.reports.budgets import checks_of, limit_text, measured_text
from ovopt.reports.cells import clean, one_line
from ovopt.reports.decision import reason
from ovopt.reports.rows import candidates_of


class Junit(Report):
    """JUnit XML. A missed budget is a failure, an open one and a lost arm are errors: neither may look green. Without
    budgets, each candidate has one skipped case. Every candidate is a suite of its own: one that misses stays red, even
    where another may ship."""

    name: ClassVar[str] = "junit"
    mark: ClassVar[str] = '<testsuites name="ovopt'

    def render(self, comparison: Comparison, view: View) -> str:
        """An XML document."""
        suites = ET.Element("testsuites", {"name": "ovopt"})
        baseline, candidates = comparison.arms[0], candidates_of(comparison)
        for arm in [baseline, *candidates] if baseline.lost or not candidates else candidates:
            suites.append(_suite(comparison, arm))
        _count(suites)
        ET.indent(suites)
        return ET.tostring(suites, encoding="unicode", xml_declaration=False) + "\n"


def _suite(comparison: Comparison, arm: Arm) -> ET.Element:
    name, lost, checks = arm.name, arm.lost, checks_of(comparison, arm.name)
    suite = ET.Element("testsuite", {"name": one_line(name), "timestamp": one_line(comparison.created)})
    for check in checks:
        _case(suite, name, check)
    if lost:
        error = ET.SubElement(_named(suite, name, "has a result"), "error", {"type": "lost", "message": one_line(lost)})
        error.text = clean(lost)
    elif not checks:
        ET.SubElement(_named(suite, name, "budgets"), "skipped", {"message": "no budget was given"})
    ET.SubElement(suite, "system-out").text = clean(reason(comparison))
    _count(suite)
    return suite


def _case(suite: ET.Element, name: str, check: Check) -> None:
    case = _named(suite, name, check.budget)
    said = f"measured {measured_text(check)}, allowed {limit_text(check)}"
    if check.verdict == "pass":
        ET.SubElement(case, "system-out").text = clean(said)
        return
    kind = "failure" if check.verdict == "fail" else "error"
    message = f"{said}; {check.note}" if check.note else said
    ET.SubElement(case, kind, {"type": check.verdict, "message": one_line(message)}).text = clean(message)


def _named(suite: ET.Element, candidate: str, budget: str) -> ET.Element:
    names = {"classname": f"ovopt.{one_line(candidate)}", "name": one_line(budget), "time": "0"}
    return ET.SubElement(suite, "testcase", names)


def _count(element: ET.Element) -> None:
    cases = list(element.iter("testcase"))
    element.set("tests", str(len(cases)))
    for kind, plural in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        element.set(plural, str(sum(case.find(kind) is not None for case in cases)))
