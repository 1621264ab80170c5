"""The page of a sweep in a real browser: Chromium, without a head. Where there is none, nothing here runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ovopt.reports.leaderboard import page
from tests.reports.samples import HOSTILE
from tests.reports.test_browser import PHONE, RULES, WIDE, Axe, Visit, browser, pytestmark
from tests.reports.test_leaderboard import FAILED, KEPT, row, table

__all__ = ["browser", "pytestmark"]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All states, with hostile names."""
    made = tmp_path_factory.mktemp("page") / "index.html"
    hostile = [row(name, said=name, model=name) for name in HOSTILE if name.strip()]
    made.write_text(page(table(row(), KEPT, FAILED, *hostile)), encoding="utf-8", errors="replace")
    return made


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_the_page_is_sound_accessible_and_asks_for_nothing(
    browser: Any, file: Path, size: dict[str, int], scheme: str
) -> None:
    with Visit(browser, file, size, color_scheme=scheme) as visit:
        assert visit.page.locator("#models tbody tr").count() == 3 + len([name for name in HOSTILE if name.strip()])
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        assert visit.said == []
        assert visit.requests == [file.as_uri()]
        found = Axe().run(visit.page, options=RULES)
        assert [(v["id"], v["nodes"][0]["html"]) for v in found.response["violations"]] == []
