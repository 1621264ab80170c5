"""One page for everybody: the verdict in a sentence, the picture, every figure. It needs no network."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, ClassVar

from ovopt import units
from ovopt.contracts import Report, View
from ovopt.records import Comparison
from ovopt.reports import provenance
from ovopt.reports.budgets import budget_name, limit_text, measured_text
from ovopt.reports.cells import TONES, clean
from ovopt.reports.charts import (
    Chart,
    colours,
    end_to_end,
    executed,
    first_inference,
    latency_distributions,
    memory,
    served_load,
)
from ovopt.reports.remarks import doubts, noise, settings_lines
from ovopt.reports.rows import candidates_of, table_rows
from ovopt.reports.tables import long_tables
from ovopt.reports.tradeoff import tradeoffs
from ovopt.reports.verdict import key_figures, verdict_of

if TYPE_CHECKING:
    from jinja2 import Environment

PAGE = files("ovopt.reports") / "page"
SCRIPTS = ("vendor/d3.min.js", "vendor/plot.umd.min.js", "page.js")


class Html(Report):
    """One self-contained file with charts, light and dark, for screen, phone and print. Every text that comes from
    outside is escaped, and the page's own policy lets nothing run or load but the scripts that it brings."""

    name: ClassVar[str] = "html"
    mark: ClassVar[str] = '<meta name="generator" content="ovopt '

    def render(self, comparison: Comparison, view: View) -> str:
        """The whole page."""
        template = _environment().get_template("report.html.j2")
        return template.render(_facts(comparison)) + "\n"


def _facts(comparison: Comparison) -> dict[str, Any]:
    candidates = candidates_of(comparison)
    scripts = [_text(name) for name in SCRIPTS]
    return {
        "comparison": comparison,
        "verdict": verdict_of(comparison),
        "key_figures": key_figures(comparison),
        "columns": [comparison.arms[0], *candidates],
        "colours": colours(comparison),
        "rows": list(table_rows(comparison, candidates)),
        "tradeoffs": list(tradeoffs(comparison)),
        "charts": list(_charts(comparison)),
        "tables": list(long_tables(comparison)),
        "noise": noise(comparison),
        "doubts": list(doubts(comparison)),
        "problems": [(name, one.problems) for name, one in comparison.diagnoses.items() if one.problems],
        "settings_lines": list(settings_lines(comparison)),
        "provenance": provenance,
        "style": _markup(_text("style.css")),
        "scripts": [_markup(script) for script in scripts],
        "policy": " ".join(f"'sha256-{_digest(script)}'" for script in scripts),
    }


def _charts(comparison: Comparison) -> Iterator[Chart]:
    for make in (latency_distributions, end_to_end, first_inference, served_load, memory):
        chart = make(comparison)
        if chart:
            yield chart
    yield from executed(comparison)


@cache
def _environment() -> Environment:
    from jinja2 import BaseLoader, Environment, StrictUndefined, TemplateNotFound

    class Beside(BaseLoader):
        """Templates from the package, wherever it is installed."""

        def get_source(self, environment: Environment, template: str) -> tuple[str, None, None]:
            """The text of a template."""
            if not (PAGE / template).is_file():
                raise TemplateNotFound(template)
            return _text(template), None, None

    found = Environment(
        autoescape=True,
        loader=Beside(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_fit,
    )
    found.globals |= {
        "MISSING": units.MISSING,
        "TONES": TONES,
        "budget_name": budget_name,
        "limit_text": limit_text,
        "measured_text": measured_text,
        "moment": units.moment,
    }
    return found


def _fit(value: Any) -> Any:
    from markupsafe import Markup

    return clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _markup(text: str) -> Any:
    from markupsafe import Markup

    return Markup(text)


@cache
def _text(name: str) -> str:
    return (PAGE / name).read_text(encoding="utf-8")


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
