"""Which parts of a model are worth leaving in floating point."""

from __future__ import annotations

import pytest

from ovopt.workflow.searching.quantize import MARGIN, partials

KINDS = {"conv": "Convolution", "deep": "GroupConvolution", "sum": "Add", "fc": "MatMul"}


def found(kinds: dict[str, str], quantized: dict[str, float], exact: dict[str, float]) -> dict[str, set[str]]:
    return {part.name: set(part.reverted) for part in partials(kinds, quantized, exact)}


def test_without_times_the_types_of_operations_tell() -> None:
    assert found(KINDS, {}, {}) == {
        "products alone": {"sum"},
        "no grouped convolutions": {"deep"},
        "convolutions alone": {"sum", "fc"},
        "matrix products alone": {"conv", "deep", "sum"},
    }


def test_what_is_slower_in_8_bits_by_more_than_the_margin_is_left_alone() -> None:
    quantized = dict.fromkeys(KINDS, 10.0)
    exact = {"conv": 10 * MARGIN, "deep": 10 * MARGIN - 0.1, "sum": 20.0, "fc": 1.0}
    said = found(KINDS, quantized, exact)
    assert said["what pays"] == {"deep", "fc"}
    assert said["products that pay"] == {"deep", "fc", "sum"}


def test_an_operation_that_floating_point_merges_into_another_costs_nothing_there() -> None:
    assert found({**KINDS, "act": "Multiply"}, {"act": 5.0}, {})["what pays"] == {"act"}


def test_nothing_is_proposed_twice_or_leaves_nothing_quantized() -> None:
    assert found({"conv": "Convolution"}, {"conv": 10.0}, {"conv": 1.0}) == {}
    proposed = [frozenset(part.reverted) for part in partials(KINDS, {"sum": 9.0}, {"sum": 1.0})]
    assert len(proposed) == len(set(proposed))
    assert all(proposed)


def test_the_order_of_execution_is_kept() -> None:
    (first, *_) = partials({"b": "Add", "a": "Multiply", "c": "MatMul"}, {}, {})
    assert first.reverted == ("b", "a")


def test_a_model_without_quantized_operations_has_no_parts() -> None:
    assert partials({}, {}, {}) == ()


@pytest.mark.parametrize(("exact", "worth"), [(98.1, False), (97.9, True)])
def test_what_can_save_next_to_nothing_is_not_worth_a_try(exact: float, worth: bool) -> None:
    quantized = {"conv": 0.0, "sum": 100.0, "fc": 0.0}
    assert ("products alone" in found(KINDS, quantized, {"sum": exact})) is worth
