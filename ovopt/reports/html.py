"""One page for everybody: the verdict in a sentence, the picture, every figure. It needs no network."""

from __future__ import annotations

import base64
import hashlib
from typing import Any, ClassVar

from ovopt.contracts import Report, View
from ovopt.records import Comparison
from ovopt.reports import provenance
from ovopt.reports.charts import charts, colours
from ovopt.reports.page import as_it_is, page_file, page_template
from ovopt.reports.remarks import doubts, noise, settings_lines
from ovopt.reports.rows import candidates_of, table_rows
from ovopt.reports.tables import long_tables
from ovopt.reports.tradeoff import tradeoffs
from ovopt.reports.verdict import key_figures, verdict_of

SCRIPTS = ("vendor/d3.min.js", "vendor/plot.umd.min.js", "page.js")


class Html(Report):
    """One self-contained file with charts, light and dark, for screen, phone and print. Every text that comes from
    outside is escaped, and the page's own policy lets nothing run or load but the scripts that it brings."""

    name: ClassVar[str] = "html"
    mark: ClassVar[str] = '<meta name="generator" content="ovopt '

    def render(self, comparison: Comparison, view: View) -> str:
        """The whole page."""
        return page_template("report.html.j2").render(_facts(comparison)) + "\n"


def _facts(comparison: Comparison) -> dict[str, Any]:
    candidates = candidates_of(comparison)
    scripts = list(map(page_file, SCRIPTS))
    digests = (hashlib.sha256(script.encode()).digest() for script in scripts)
    return {
        "comparison": comparison,
        "verdict": verdict_of(comparison),
        "key_figures": key_figures(comparison),
        "columns": [comparison.arms[0], *candidates],
        "colours": colours(comparison),
        "rows": list(table_rows(comparison, candidates)),
        "tradeoffs": list(tradeoffs(comparison)),
        "charts": list(charts(comparison)),
        "tables": list(long_tables(comparison)),
        "noise": noise(comparison),
        "doubts": list(doubts(comparison)),
        "problems": [(name, one.problems) for name, one in comparison.diagnoses.items() if one.problems],
        "settings_lines": list(settings_lines(comparison)),
        "provenance": provenance,
        "scripts": list(map(as_it_is, scripts)),
        "policy": " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests),
    }
