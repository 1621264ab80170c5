"""Templates of the pages that need no network, with what they bring: style, scripts, pieces that they share."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from ovopt import units
from ovopt.reports.budgets import budget_name, limit_text, measured_text
from ovopt.reports.cells import TONES, clean

if TYPE_CHECKING:
    from jinja2 import Template


@cache
def page_template(name: str) -> Template:
    """A page to render. Every text is escaped and made fit; what a template does not know is an error."""
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    environment = Environment(
        autoescape=True,
        loader=FunctionLoader(page_file),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_fit,
    )
    environment.globals |= {
        "MISSING": units.MISSING,
        "TONES": TONES,
        "budget_name": budget_name,
        "limit_text": limit_text,
        "measured_text": measured_text,
        "moment": units.moment,
        "style": as_it_is(page_file("style.css")),
    }
    return environment.get_template(name)


@cache
def page_file(name: str) -> str:
    """The text of a file that lies beside the templates, wherever the package is installed."""
    return (files("ovopt.reports.page") / name).read_text(encoding="utf-8")


def as_it_is(text: str) -> Any:
    """Our own text, that no template escapes."""
    from markupsafe import Markup

    return Markup(text)


def _fit(value: Any) -> Any:
    from markupsafe import Markup

    return clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value
