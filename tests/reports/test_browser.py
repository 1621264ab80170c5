"""The page in a real browser: Chromium, without a head. Where there is none, nothing here runs.

The browser is `OVOPT_CHROMIUM`, or `chromium` on the PATH. Playwright drives it, axe-core judges it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ovopt.contracts import View
from ovopt.records import Comparison
from ovopt.reports.html import Html
from tests.factories import comparison
from tests.reports.samples import full, many_layers
from tests.reports.test_every_format import hostile

sync_api = pytest.importorskip("playwright.sync_api", reason="the extra `dev` brings playwright")
Axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="the extra `dev` brings axe").Axe
CHROMIUM = os.environ.get("OVOPT_CHROMIUM") or shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on the PATH, and OVOPT_CHROMIUM is not set")
WIDE, PHONE = {"width": 1100, "height": 900}, {"width": 390, "height": 844}
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]}}
PAGES = {
    "full": full,
    "agreement": lambda: comparison(labelled=False),
    "lost": lambda: comparison({}, lost={"int4": "killed"}, control=None),
    "layers": many_layers,
    "hostile": hostile,
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    return {name: written(folder / f"{name}.html", make()) for name, make in PAGES.items()}


def written(file: Path, whole: Comparison) -> Path:
    file.write_text(Html().render(whole, View(80, False)), encoding="utf-8")
    return file


class Visit:
    """A page that is open, and what it did meanwhile."""

    def __init__(self, browser: Any, file: Path, size: dict[str, int], **context: Any) -> None:
        self.context = browser.new_context(viewport=size, offline=True, **context)
        self.page = self.context.new_page()
        self.said: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.said.append("a dialog"), dialog.dismiss()))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(file.as_uri())

    def __enter__(self) -> Visit:
        return self

    def __exit__(self, *error: object) -> None:
        self.context.close()


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_every_chart_is_drawn_without_an_error_a_request_or_sideways_scrolling(
    browser: Any, files: dict[str, Path], name: str, size: dict[str, int]
) -> None:
    with Visit(browser, files[name], size) as visit:
        charts = visit.page.locator("figure[data-chart]").count()
        assert visit.page.locator("figure[data-chart] .drawing > svg").count() == charts
        assert charts > 0 or name == "lost"
        marks = visit.page.locator(".drawing svg").evaluate_all(
            "all => all.map(s => s.querySelectorAll('path,rect').length)"
        )
        assert all(count > 0 for count in marks)
        assert "NaN" not in "".join(visit.page.locator(".drawing").evaluate_all("all => all.map(s => s.innerHTML)"))
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        assert visit.said == []
        assert visit.requests == [files[name].as_uri()]


BROKEN_WORDS = """() => [...document.querySelectorAll('table[data-long] :is(button bdi, td bdi)')].flatMap((cell) => {
  const node = cell.firstChild, range = document.createRange();
  return [...(node?.textContent ?? '').matchAll(/\\S+/g)].filter((word) => {
    if (word[0].length > 20) return false;
    range.setStart(node, word.index);
    range.setEnd(node, word.index + word[0].length);
    return range.getClientRects().length > 1;
  }).map(String);
})"""
STICKING_OUT = """() => [...document.querySelectorAll('.drawing svg text')].filter((text) => {
  const inner = text.getBoundingClientRect(), outer = text.closest('section').getBoundingClientRect();
  return inner.left < outer.left || inner.right > outer.right;
}).map((text) => text.textContent)"""


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("name", ["full", "layers"])
def test_words_stay_whole_in_tables_and_labels_inside_their_pictures(
    browser: Any, files: dict[str, Path], name: str, size: dict[str, int]
) -> None:
    with Visit(browser, files[name], size) as visit:
        assert visit.page.evaluate(BROKEN_WORDS) == []
        assert visit.page.evaluate(STICKING_OUT) == []


@pytest.mark.parametrize(
    ("name", "size", "scheme"),
    [("full", WIDE, "light"), ("full", WIDE, "dark"), ("full", PHONE, "dark"), ("agreement", PHONE, "light")],
    ids=["wide light", "wide dark", "phone dark", "phone light"],
)
def test_axe_finds_nothing_to_complain_of(
    browser: Any, files: dict[str, Path], name: str, size: dict[str, int], scheme: str
) -> None:
    with Visit(browser, files[name], size, color_scheme=scheme) as visit:
        visit.page.locator("details").evaluate_all("all => all.forEach(d => d.open = true)")
        found = Axe().run(visit.page, options=RULES)
        assert [(v["id"], v["nodes"][0]["html"]) for v in found.response["violations"]] == []
        assert len(found.response["passes"]) > 20


def test_light_and_dark_are_two_looks_of_one_page(browser: Any, files: dict[str, Path]) -> None:
    looks = []
    for scheme in ("light", "dark"):
        with Visit(browser, files["full"], WIDE, color_scheme=scheme) as visit:
            looks.append(visit.page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert looks == ["rgb(246, 247, 249)", "rgb(17, 20, 24)"]


def test_the_keyboard_alone_sorts_filters_and_opens(browser: Any, files: dict[str, Path]) -> None:
    with Visit(browser, files["full"], WIDE) as visit:
        page = visit.page
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to the report"
        header = page.locator("#flips th").first
        header.locator("button").focus()
        page.keyboard.press("Enter")
        assert header.get_attribute("aria-sort") == "ascending"
        rising = page.locator("#flips tbody tr td:first-child").all_inner_texts()
        assert rising == sorted(rising)
        page.keyboard.press("Space")
        assert header.get_attribute("aria-sort") == "descending"
        assert page.locator("#flips tbody tr td:first-child").all_inner_texts() == rising[::-1]
        page.locator("#flips-filter").focus()
        page.keyboard.type("0002 int8")
        shown = page.locator("#flips tbody tr:visible").all_inner_texts()
        assert len(shown) == 1
        assert "photos/0002.jpg" in shown[0]
        assert page.locator("#flips .count").inner_text() == f"1 of {len(rising)} rows"
        page.locator("figure summary").first.focus()
        page.keyboard.press("Enter")
        assert page.locator("figure details").first.get_attribute("open") is not None


def test_figures_are_sorted_by_their_size_not_by_their_letters(browser: Any, files: dict[str, Path]) -> None:
    with Visit(browser, files["layers"], WIDE) as visit:
        visit.page.locator("#kernels th button").nth(3).click()
        values = visit.page.locator("#kernels td:nth-child(4)").evaluate_all("all => all.map(c => +c.dataset.value)")
        assert len(values) > 500
        assert values == sorted(values)


def test_a_narrower_window_draws_the_charts_anew(browser: Any, files: dict[str, Path]) -> None:
    with Visit(browser, files["full"], WIDE) as visit:
        chart = visit.page.locator(".drawing svg").first
        before = chart.get_attribute("width")
        visit.page.set_viewport_size(PHONE)
        visit.page.wait_for_function("+document.querySelector('.drawing svg').getAttribute('width') < 400")
        assert int(visit.page.locator(".drawing svg").first.get_attribute("width")) < int(before)


def test_without_scripts_the_figures_are_all_there(browser: Any, files: dict[str, Path]) -> None:
    with Visit(browser, files["full"], WIDE, java_script_enabled=False) as visit:
        assert visit.page.locator("h1").inner_text() == "Not decided yet."
        assert visit.page.get_by_text("The picture needs JavaScript").first.is_visible()
        visit.page.locator("figure summary").first.click()
        assert visit.page.locator("figure details table").first.is_visible()


def test_the_policy_of_the_page_stops_what_would_get_in(browser: Any, files: dict[str, Path]) -> None:
    with Visit(browser, files["full"], WIDE) as visit:
        visit.page.evaluate(
            "document.body.append(Object.assign(document.createElement('script'), {textContent: 'window.got = 1'}),"
            "Object.assign(new Image(), {src: 'https://example.com/x.png'}))"
        )
        visit.page.wait_for_timeout(100)
        assert visit.page.evaluate("window.got") is None
        assert len(visit.said) == 2
        assert all("Content Security Policy" in line for line in visit.said)


def test_on_paper_everything_is_open_and_light(browser: Any, files: dict[str, Path], tmp_path: Path) -> None:
    with Visit(browser, files["full"], WIDE, color_scheme="dark") as visit:
        paper = visit.page.pdf()
        assert paper.startswith(b"%PDF")
        visit.page.emulate_media(media="print", color_scheme="dark")
        assert visit.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        visit.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        assert visit.page.locator("details:not([open])").count() == 0
        visit.page.evaluate("window.dispatchEvent(new Event('afterprint'))")
        assert visit.page.locator("details[open]").count() == 0
