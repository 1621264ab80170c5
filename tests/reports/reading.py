"""Reads a page back, strictly: what a browser would forgive is an error here."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Any

VOID = {"meta", "input", "br", "link", "img"}
KNOWN = {
    *("html", "head", "meta", "title", "style", "body", "a", "header", "p", "strong", "span", "nav", "main", "section"),
    *("h1", "h2", "h3", "dl", "dt", "dd", "div", "ul", "li", "figure", "script", "details", "summary", "table"),
    *("caption", "thead", "tbody", "tr", "th", "td", "bdi", "br", "label", "input", "button", "pre", "code", "footer"),
    "img",
}
"""The elements that the templates write. Anything else came from outside."""
THUMBNAIL = re.compile(r"data:image/[a-z]+;base64,[A-Za-z0-9+/=]+")


class Page(HTMLParser):
    """Elements, attributes, texts and data of a page. Raises AssertionError on elements that do not nest."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.ids: list[str] = []
        self.data: list[Any] = []
        self.scripts: list[str] = []
        self._open: list[str] = []
        self._kind: str | None = None
        self._texts: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == [], f"never closed: {self._open}"

    @property
    def text(self) -> str:
        """All that a reader sees, on one line."""
        return " ".join(" ".join(self._texts).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in KNOWN, f"an element that no template writes: {tag}"
        assert tag != "img" or _is_thumbnail(dict(attrs)), f"an image that is no thumbnail: {attrs}"
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        self.ids += [value for name, value in attrs if name == "id" and value]
        if tag == "script":
            self._kind = dict(attrs).get("type") or "javascript"
            if self._kind == "javascript":
                self.scripts.append("")
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open, f"{tag} closed but not open"
        assert self._open.pop() == tag, f"{tag} closed out of order"

    def handle_data(self, data: str) -> None:
        inside = self._open[-1] if self._open else ""
        if inside == "script" and self._kind == "application/json":
            self.data.append(json.loads(data))
        elif inside == "script":
            self.scripts[-1] += data
        elif inside != "style":
            self._texts.append(data)


def _is_thumbnail(attributes: dict[str, str | None]) -> bool:
    """Brought along by the page, and told to those who do not see it."""
    complete = set(attributes) == {"src", "alt"} and bool(attributes["alt"])
    return complete and THUMBNAIL.fullmatch(attributes["src"] or "") is not None
