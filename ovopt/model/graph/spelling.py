"""Matching an expression of operations, however an exporter spelled it, to rewrite it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import permutations
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ovopt.model.graph.nodes import Rewrite, scalar, substitute

if TYPE_CHECKING:
    import openvino

COMMUTATIVE = frozenset({"Add", "Multiply", "Minimum", "Maximum"})
CLOSE = 2.0**-11
"""A constant may have been rounded to half precision."""

Values = Mapping[str, "openvino.Output"]
"""The tensors that a spelling's names stand for."""


@dataclass(frozen=True)
class Op:
    """An operation of a kind on operands, with these attributes, and a name to find it by."""

    kind: str
    operands: tuple[Term, ...]
    attributes: tuple[tuple[str, Any], ...] = ()
    name: str = ""

    def named(self, name: str) -> Op:
        """The same, kept in the values under a name."""
        return replace(self, name=name)


@dataclass(frozen=True)
class Either:
    """One of several spellings."""

    terms: tuple[Term, ...]


Term = Op | Either | str | float
"""A string is any value, the same one wherever it returns; a float is a constant of this one value."""


def op(kind: str, *operands: Term, **attributes: Any) -> Op:
    """An operation; the operands of a commutative kind may stand in either order."""
    return Op(kind, operands, tuple(attributes.items()))


def either(*terms: Term) -> Either:
    """Any of these."""
    return Either(terms)


class SpellingRewrite(Rewrite):
    """All spellings of one expression, and the operation that computes it.

    A place fits if the expression is of floats and of a known rank, and nothing outside it uses what it computes on the
    way: that would have to be computed a second time.
    """

    name: ClassVar[str]
    spellings: ClassVar[tuple[Op, ...]]

    @abstractmethod
    def replacement(self, values: Values) -> openvino.Node | None:
        """The operation that computes the same; None where the details do not fit the identity after all."""

    def apply(self, model: openvino.Model) -> int:
        """Rewrites every place of the first spelling, then of the next; the number of places."""
        return sum(self._replaced(spelling, node) for spelling in self.spellings for node in model.get_ordered_ops())

    def _replaced(self, spelling: Op, node: openvino.Node) -> bool:
        for values in readings(spelling, node):
            new = self.replacement(values)
            if new is not None and _alike(node, new):
                substitute(node, new)
                return True
        return False


def readings(spelling: Op, node: openvino.Node) -> Iterator[Values]:
    """Every meaning of the names under which the node's value is spelled so and nothing else uses its parts."""
    if node.get_type_name() == spelling.kind and node.get_output_element_type(0).is_real():
        matches = _fits(spelling, node.output(0), _Match())
        yield from (match.values for match in matches if _is_closed(match, node))


def number(output: openvino.Output) -> float | None:
    """The one value of a constant."""
    return scalar(output.get_node())


@dataclass(frozen=True)
class _Match:
    values: Values = field(default_factory=dict)
    nodes: Mapping[str, openvino.Node] = field(default_factory=dict)

    def binding(self, name: str, output: openvino.Output) -> Iterator[_Match]:
        """With one more name, where it does not stand for something else."""
        if name not in self.values:
            yield replace(self, values={**self.values, name: output})
        elif self.values[name] == output:
            yield self

    def within(self, node: openvino.Node) -> _Match:
        return replace(self, nodes={**self.nodes, node.get_name(): node})


def _fits(term: Term, output: openvino.Output, match: _Match) -> Iterator[_Match]:
    if isinstance(term, str):
        yield from match.binding(term, output)
    elif isinstance(term, Either):
        for one in term.terms:
            yield from _fits(one, output, match)
    elif isinstance(term, Op):
        yield from _fits_operation(term, output, match)
    elif (value := number(output)) is not None and np.isclose(value, term, rtol=CLOSE, atol=0):
        yield match


def _fits_operation(term: Op, output: openvino.Output, match: _Match) -> Iterator[_Match]:
    node = output.get_node()
    if node.get_type_name() != term.kind or node.get_input_size() != len(term.operands):
        return
    attributes = node.get_attributes() if term.attributes else {}
    if any(not _is_equal(attributes.get(key), value) for key, value in term.attributes):
        return
    orders = permutations(term.operands) if term.kind in COMMUTATIVE else [term.operands]
    for start in match.binding(term.name, output) if term.name else [match]:
        for operands in orders:
            yield from _all_fit(operands, node.input_values(), start.within(node))


def _all_fit(terms: Sequence[Term], outputs: Sequence[openvino.Output], match: _Match) -> Iterator[_Match]:
    if not terms:
        yield match
        return
    for first in _fits(terms[0], outputs[0], match):
        yield from _all_fit(terms[1:], outputs[1:], first)


def _is_equal(found: Any, wanted: Any) -> bool:
    return bool(np.isclose(found, wanted)) if isinstance(wanted, float) and found is not None else found == wanted


def _is_closed(match: _Match, root: openvino.Node) -> bool:
    """True where only the expression itself uses what is computed on the way to its root."""
    inner = [node for node in match.nodes.values() if node.get_name() != root.get_name() and not _is_shape(node)]
    users = [user.get_node() for node in inner for user in node.output(0).get_target_inputs()]
    return all(user.get_name() in match.nodes for user in users)


def _is_shape(node: openvino.Node) -> bool:
    return node.get_type_name() == "ShapeOf"


def _alike(old: openvino.Node, new: openvino.Node) -> bool:
    """True where both give values of one type and shape, of a known rank."""
    mine, theirs = old.get_output_partial_shape(0), new.get_output_partial_shape(0)
    same_type = old.get_output_element_type(0) == new.get_output_element_type(0)
    return same_type and mine.rank.is_static and mine == theirs
