"""Models that leave sizes open, where there are no samples."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops

from ovopt.errors import DataError
from ovopt.model.files.read import read_model
from ovopt.workflow.applying.trial_sizes import tried_inputs
from ovopt.workflow.beginning.options import options_of
from ovopt.workflow.beginning.run import begin
from ovopt.workflow.optimizing.steps import compress, simplify
from ovopt.workflow.rebuilding.rebuild import rebuild
from tests.models import saved

RNG = np.random.default_rng(0)


def words(folder: Path, positions: int = 100) -> Path:
    """Tokens of any number, and an embedding of each position of a few."""
    ids = ops.parameter([1, -1], np.int64, name="ids")
    ids.output(0).set_names({"ids"})
    table = RNG.standard_normal((32, 64)).astype(np.float32)
    node = ops.gather(ops.constant(table), ids, ops.constant(np.int64(0)))
    zero, one = ops.constant(np.array([0], np.int64)), ops.constant(np.array([1], np.int64))
    length = ops.gather(ops.shape_of(ids), one, ops.constant(np.int64(0)))
    places = ops.constant(RNG.standard_normal((1, positions, 64)).astype(np.float32))
    cut = ops.slice(places, zero, length, one, one)
    sizes = ops.concat([one, length, ops.constant(np.array([64], np.int64))], 0)
    node = ops.add(node, ops.reshape(cut, sizes, special_zero=False))
    node = ops.matmul(node, RNG.standard_normal((64, 64)).astype(np.float32), False, False, name="head")
    node.output(0).set_names({"scores"})
    return saved(ov.Model([node], [ids], "words"), folder)


def shapes(path: Path) -> list[str]:
    return [str(port.get_partial_shape()) for port in read_model(path).inputs]


@pytest.mark.parametrize("make", [compress, simplify])
def test_sizes_for_trying_are_no_shapes_of_the_result(tmp_path: Path, make: object) -> None:
    assert callable(make)
    make(words(tmp_path), tmp_path / "out")
    assert shapes(tmp_path / "out") == ["[1,?]"]


def test_a_bundle_that_was_made_so_is_made_again(tmp_path: Path) -> None:
    compress(words(tmp_path), tmp_path / "out")
    assert rebuild(tmp_path / "out", tmp_path / "again").weights_identical


@pytest.mark.parametrize(("positions", "size"), [(100, 64), (20, 16), (9, 8)])
def test_the_first_size_that_the_model_runs_on_is_taken(tmp_path: Path, positions: int, size: int) -> None:
    with begin([words(tmp_path, positions)], "generic", None, options_of()) as run:
        (port,) = tried_inputs(run, run.model.model)
    assert port.shape == (1, size)


def test_bounds_are_kept(tmp_path: Path) -> None:
    model = read_model(words(tmp_path), {"ids": (1, "2..5")})
    with begin([tmp_path / "model.xml"], "generic", None, options_of()) as run:
        (port,) = tried_inputs(run, model)
    assert port.shape == (1, 5)


def test_a_model_that_runs_in_no_size_wants_samples(tmp_path: Path) -> None:
    ids = ops.parameter([1, -1], np.float32, name="ids")
    five = ops.reshape(ids, np.array([1, 5], np.int64), special_zero=False)
    node = ops.matmul(five, RNG.standard_normal((5, 64)).astype(np.float32), False, False)
    message = (
        r"model\.xml: leaves sizes open, and runs on random inputs in none of the sizes 64, 224, 16, 8, 1 \(.*\); "
    )
    with pytest.raises(DataError, match=message + r"give real samples with --data\Z"):
        compress(saved(ov.Model([node], [ids], "five"), tmp_path), tmp_path / "out")
