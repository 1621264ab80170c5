"""Rewriting by pattern, on OpenVINO's own matcher passes."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ovopt.model.rewrite import Rewrite

if TYPE_CHECKING:
    import openvino
    from openvino.passes import Matcher


class PatternRewrite(Rewrite):
    """A pattern of operations, and what takes the place of its last one."""

    name: ClassVar[str]

    @abstractmethod
    def pattern(self) -> openvino.Node:
        """The last operation of the pattern, made of `WrapType` and `AnyInput`. Kept parts are attributes of self."""

    @abstractmethod
    def replacement(self, match: Matcher) -> openvino.Node | None:
        """What computes the same; None where the details do not fit the identity after all."""

    def apply(self, model: openvino.Model) -> int:
        """Wherever it fits, until it fits nowhere; the number of places."""
        from openvino.passes import Manager, Matcher, MatcherPass

        places = 0

        def replace(match: Matcher) -> bool:
            nonlocal places
            new = self.replacement(match)
            if new is None:
                return False
            old = match.get_match_root()
            new.set_friendly_name(old.get_friendly_name())
            for mine, theirs in zip(old.outputs(), new.outputs(), strict=True):
                mine.replace(theirs)
            places += 1
            return True

        manager = Manager()
        manager.register_pass(MatcherPass(Matcher(self.pattern(), self.name), replace))
        manager.run_passes(model)
        return places


def constant(node: openvino.Node) -> NDArray[Any] | None:
    """A constant's values, through a conversion of its type; None for anything else."""
    kind = node.get_type_name()
    if kind == "Convert" and node.input_value(0).get_node().get_type_name() == "Constant":
        values = node.input_value(0).get_node().data
        return np.asarray(values, node.get_output_element_type(0).to_dtype())
    return np.asarray(node.data) if kind == "Constant" else None


def scalar(node: openvino.Node) -> float | None:
    """The one value of a constant, however many dimensions it has."""
    values = constant(node)
    return float(values.reshape(())) if values is not None and values.size == 1 else None
