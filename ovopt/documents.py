"""YAML, JSON and XML that people give, read as plain values within limits: what is too large, too deep or no plain
value is an error with its line, and never a hang.

Dates are YAML 1.1's; numbers with colons, which YAML 1.1 reads to the base of 60, are text as in YAML 1.2.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn
from xml.etree import ElementTree

import yaml

from ovopt.errors import quoted


@dataclass(frozen=True)
class Limits:
    """The largest document that is read."""

    size_bytes: int
    values: int
    """Keys and values, those that an alias stands for included."""
    depth: int


WRITTEN_BY_HAND = Limits(1 << 20, 30_000, 32)
"""Of recipes, suites, settings and lists of class names."""
WHOLE = 1 << 63
"""Whole numbers stay below: OpenVINO, NumPy and SQLite know no larger ones."""

DIGITS = 9
"""Of an index, a size or the number of an entry: more are a typing error."""


class UnreadableError(ValueError):
    """A document that cannot be read: the reason, and the line (from 1) where that is known."""

    def __init__(self, why: str, line: int | None = None) -> None:
        super().__init__(why)
        self.line = line

    def at(self, file: Path) -> str:
        """The message that names the file and the line."""
        return f"{file}:{self.line}: {self}" if self.line else f"{file}: {self}"


def ordinal(text: str) -> int | None:
    """A number from 0 on in at most nine plain digits, such as an index or a version; None for any other text.

    >>> ordinal("12"), ordinal("-1"), ordinal("²"), ordinal("9" * 5000)
    (12, None, None, None)
    """
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= DIGITS else None


def parse_json(content: str | bytes, any_number: bool = False) -> Any:
    """The value of a JSON document. Raises UnreadableError for what is none, what is nested too deeply and, without
    `any_number`, for NaN, infinite numbers and whole numbers beyond 64 bits."""
    checks: Any = {"parse_int": _whole, "parse_float": _finite, "parse_constant": _refuse_constant}
    try:
        return json.loads(_decoded(content), **({} if any_number else checks))
    except json.JSONDecodeError as error:
        raise UnreadableError(f"not valid JSON: {error.msg}", error.lineno) from None
    except RecursionError:
        raise UnreadableError("not valid JSON: nested too deeply") from None
    except ValueError as error:  # UnreadableError, or Python's own limit of digits
        raise UnreadableError(str(error).partition(";")[0]) from None


def parse_yaml(content: str | bytes) -> Any:
    """The value of a YAML document. Raises UnreadableError as `composed` and `constructed`."""
    return constructed(composed(content))


def parse_xml(content: bytes) -> ElementTree.Element:
    """The root of an XML document. Raises UnreadableError for what is none, and for one with a document type, whose
    entities may stand for gigabytes, or for other files."""
    parser = ElementTree.XMLParser(target=_Elements())
    try:
        parser.feed(content)
        root: ElementTree.Element = parser.close()
    except ElementTree.ParseError as error:
        raise UnreadableError(f"not valid XML: {error.msg.partition(':')[0]}", error.position[0]) from None
    except UnreadableError:
        raise
    except (LookupError, ValueError) as error:  # an encoding that Python does not know
        raise UnreadableError(f"not valid XML: {error}") from None
    return root


class _Elements(ElementTree.TreeBuilder):
    def doctype(self, name: str, pubid: str | None, system: str | None) -> NoReturn:
        """Refuses every document type: it is where entities are declared."""
        raise UnreadableError(f"not plain XML: it declares a document type ({quoted(name)}); remove <!DOCTYPE ...>")


def composed(content: str | bytes, limits: Limits = WRITTEN_BY_HAND) -> yaml.Node | None:
    """The nodes of a YAML document, None of an empty one. Raises UnreadableError for what is none, and for one that
    is beyond the limits."""
    if len(content) > limits.size_bytes:
        raise UnreadableError(f"holds {len(content):,} bytes of YAML, and at most {limits.size_bytes:,} are read")
    try:
        return _Loader(_decoded(content), limits).get_single_node()
    except yaml.YAMLError as error:
        raise _unreadable(error) from None


def constructed(node: yaml.Node | None) -> Any:
    """The plain value of a document's nodes. Raises UnreadableError where one is not what its tag says."""
    if node is None:
        return None
    try:
        return _Loader("", WRITTEN_BY_HAND).construct_document(node)
    except yaml.YAMLError as error:
        raise _unreadable(error) from None


def _decoded(content: str | bytes) -> str:
    try:
        return content if isinstance(content, str) else content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableError(f"not UTF-8 text (byte {error.start})") from None


def _whole(digits: str) -> int:
    if len(digits) > 20 or not -WHOLE <= int(digits) < WHOLE:
        raise UnreadableError(f"not valid JSON: {quoted(digits)} is beyond 64 bits")
    return int(digits)


def _finite(digits: str) -> float:
    number = float(digits)
    return number if abs(number) != float("inf") else _refuse_constant(digits)


def _refuse_constant(said: str) -> NoReturn:
    raise UnreadableError(f"not valid JSON: {quoted(said)} is not a finite number")


def _unreadable(error: yaml.YAMLError) -> UnreadableError:
    mark = getattr(error, "problem_mark", None)
    why = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    if why.startswith("but "):
        why = f"{getattr(error, 'context', '')}, {why}"
    return UnreadableError(f"not valid YAML: {why}", mark.line + 1 if mark else None)


def _refuse(why: str, mark: Any) -> NoReturn:
    raise yaml.constructor.ConstructorError(None, None, why, mark)


@dataclass(frozen=True)
class _Extent:
    """Values of a node, and levels below it, once its aliases are what they stand for."""

    values: int
    height: int


class _Loader(yaml.SafeLoader):
    """Safe YAML within limits, whose every fault is a YAMLError with a line."""

    def __init__(self, text: str, limits: Limits) -> None:
        super().__init__(text)
        self._limits, self._level, self._values = limits, 0, 0
        self._extents: dict[yaml.Node, _Extent] = {}

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            return self._alias(parent, index)
        before, mark = self._values, self.peek_event().start_mark  # type: ignore[no-untyped-call]
        self._level += 1
        self._count(1, 0, mark)
        node = super().compose_node(parent, index)
        self._level -= 1
        if node is not None:
            height = 1 + max((self._extents[child].height for child in _below(node)), default=0)
            self._extents[node] = _Extent(self._values - before, height)
        return node

    def _alias(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        node = super().compose_node(parent, index)
        if node not in self._extents:
            _refuse(f"the alias {quoted(event.anchor)} stands for what it is a part of", event.start_mark)
        extent = self._extents[node]
        self._count(extent.values, extent.height, event.start_mark)
        return node

    def _count(self, values: int, height: int, mark: Any) -> None:
        self._values += values
        if self._values > self._limits.values:
            _refuse(f"more than {self._limits.values:,} keys and values, what aliases stand for included", mark)
        if self._level + height > self._limits.depth:
            _refuse(f"nested deeper than {self._limits.depth} levels", mark)

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        if node.tag in _NUMBERS and ":" in node.value:
            return node.value
        try:
            value = super().construct_object(node, deep)
        except yaml.YAMLError:
            raise
        except Exception:  # PyYAML lets through whatever int(), float() and datetime raise
            kind = node.tag.rpartition(":")[2]
            _refuse(f"{quoted(node.value)} cannot be read as {_KINDS.get(kind, kind)}", node.start_mark)
        if isinstance(value, int) and not -WHOLE <= value < WHOLE:
            _refuse(f"{quoted(node.value)} is beyond 64 bits", node.start_mark)
        return value


_NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")
_KINDS = {"int": "a whole number", "float": "a number", "bool": "true or false", "timestamp": "a date"}
"""Tags of YAML in words."""


def _below(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return node.value if isinstance(node, yaml.SequenceNode) else []
