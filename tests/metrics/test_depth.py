"""Figures of a map of depths, against the formulas as papers' own code has them."""

from pathlib import Path

import numpy as np
import pytest

from ovopt.contracts import LabelFile
from ovopt.errors import DataError
from ovopt.metrics.depth import AbsRel, Delta, DepthRmse, RmseLog, SqRel
from tests.factories import exactly

KINDS = {"abs_rel": AbsRel, "sq_rel": SqRel, "depth_rmse": DepthRmse, "rmse_log": RmseLog, "delta1": Delta}


def scene(seed, shape=(11, 17)):
    rng = np.random.default_rng(seed)
    truth = rng.uniform(0.5, 12, shape)
    found = truth * np.exp(rng.normal(0, 0.25, shape))
    truth[rng.random(shape) < 0.2] = 0
    return found, truth


def reference(name, found, truth):
    """As `compute_errors` of monodepth2 has it, on flat arrays."""
    ratio = np.maximum(truth / found, found / truth)
    return {
        "abs_rel": np.mean(np.abs(truth - found) / truth),
        "sq_rel": np.mean((truth - found) ** 2 / truth),
        "depth_rmse": np.sqrt(((truth - found) ** 2).mean()),
        "rmse_log": np.sqrt(((np.log(truth) - np.log(found)) ** 2).mean()),
        "delta1": (ratio < 1.25).mean(),
        "delta2": (ratio < 1.25**2).mean(),
        "delta3": (ratio < 1.25**3).mean(),
    }[name]


@pytest.mark.parametrize("name", KINDS)
def test_a_row_is_the_papers_figure_of_the_known_pixels(name):
    for seed in range(4):
        found, truth = scene(seed)
        known = (truth > 0) & (truth <= 10)
        row = KINDS[name](high=10.0).row(found[None], truth.astype(np.float32))
        clipped = np.clip(found[known], 1e-3, 10)
        assert row == pytest.approx(reference(name, clipped, truth[known]), rel=1e-6)


def test_each_power_of_the_factor_has_its_share():
    found, truth = scene(5)
    known = truth > 0
    for power in (1, 2, 3):
        metric = Delta(power=power)
        assert metric.label == f"delta{power}"
        assert metric.row(found, truth) == pytest.approx(reference(f"delta{power}", found[known], truth[known]))


@pytest.mark.parametrize("name", KINDS)
def test_the_median_brings_an_output_without_a_scale_to_the_label(name):
    found, truth = scene(6)
    known = truth > 0
    scaled = found[known] * np.median(truth[known]) / np.median(found[known])
    assert KINDS[name](align="median").row(found * 37, truth) == pytest.approx(reference(name, scaled, truth[known]))
    assert KINDS[name](align="median", inverse=True).row(1 / found, truth) == pytest.approx(
        reference(name, scaled, truth[known])
    )


@pytest.mark.parametrize("name", KINDS)
def test_least_squares_bring_nearness_to_that_of_the_label(name):
    found, truth = scene(7)
    known, nearness = truth > 0, 3 - 2 / found
    table = np.stack([nearness[known], np.ones(known.sum())], axis=1)
    factor, offset = np.linalg.lstsq(table, 1 / truth[known], rcond=None)[0]
    fitted = 1 / np.maximum(nearness[known] * factor + offset, 1 / 80)
    metric = KINDS[name](align="least_squares", inverse=True, high=80.0)
    assert metric.row(nearness, truth) == pytest.approx(reference(name, np.clip(fitted, 1e-3, 80), truth[known]))


def test_least_squares_bring_depths_to_the_label():
    _, truth = scene(8)
    assert AbsRel(align="least_squares").row(truth * 5 - 3, truth) == pytest.approx(0, abs=1e-9)
    known = truth > 0
    constant = np.full(truth.shape, 4.0)
    mean = np.full(known.sum(), truth[known].mean())
    assert AbsRel(align="least_squares").row(constant, truth) == pytest.approx(reference("abs_rel", mean, truth[known]))


def test_an_output_of_zeros_is_as_wrong_as_can_be_and_no_error():
    _, truth = scene(9)
    for align in ("none", "median", "least_squares"):
        for inverse in (False, True):
            for kind in KINDS.values():
                row = kind(align=align, inverse=inverse, high=80.0).row(np.zeros(truth.shape), truth)
                assert np.isfinite(row)


def test_an_output_of_another_size_is_brought_to_the_labels():
    rows, columns = np.mgrid[:8, :12]
    truth = 1.0 + rows + 2 * columns
    half = truth.reshape(4, 2, 6, 2).mean(axis=(1, 3))
    inside = np.zeros(truth.shape, bool)
    inside[1:-1, 1:-1] = True
    assert DepthRmse().row(half, np.where(inside, truth, np.nan)) == pytest.approx(0, abs=1e-12)


def test_a_label_is_a_map_of_numbers_or_a_file_of_one():
    AbsRel().check(np.ones((2, 3)), [], "s#0")
    AbsRel().check(LabelFile(Path("depth.png"), "values"), [], "s#0")
    fault = (
        "s#0: the label is no map of depths [height, width], which abs_rel needs; take a data source that gives one, "
        "as `{kind: masks, target: values}` does"
    )
    for label in (3, np.ones(3), LabelFile(Path("mask.png"), "mask")):
        with pytest.raises(DataError, match=exactly(fault)):
            AbsRel().check(label, [], "s#0")


def test_a_label_without_a_known_depth_and_an_output_that_is_no_map_are_errors():
    with pytest.raises(DataError, match=exactly("s#0: the label holds no depth from 0.001 to 5, which abs_rel needs")):
        AbsRel(high=5.0).check(np.full((2, 3), 6.0), [], "s#0")
    fault = "abs_rel needs maps of depths [height, width]; the output has shape (2, 4, 5), the label (4, 5)"
    with pytest.raises(DataError, match=exactly(fault)):
        AbsRel().row(np.ones((2, 4, 5)), np.ones((4, 5)))
