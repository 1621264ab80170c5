"""What a first recipe says of the data."""

import pytest

from ovopt.contracts import Samples
from ovopt.workflow.drafting.draft import Draft
from ovopt.workflow.drafting.sources import with_sources_said


def data_of(splits):
    ids = tuple(map(str, range(len(splits or "one"))))
    samples = Samples(source="d", ids=ids, labels=None, load=int, fingerprint="", splits=splits)
    made = with_sources_said(Draft({"data": {"source": {"kind": "npz", "path": "d.npz"}}}), samples)
    return made.sections["data"].get("splits")


@pytest.mark.parametrize(
    ("own", "written"),
    [
        (("train", "val", "test"), {"calibration": "train", "tuning": "val", "gate": "test"}),
        (("train", "test"), {"calibration": "train", "tuning": {"test": 0.5}, "gate": {"test": "rest"}}),
        (("train", "dev", "test", "test2"), {"calibration": "train", "tuning": "dev", "gate": ["test", "test2"]}),
    ],
)
def test_own_splits_are_written_out(own, written):
    assert data_of(own) == written


@pytest.mark.parametrize("own", [None, ("train",), ("a", "b")])
def test_names_that_divide_nothing_are_left_out(own):
    assert data_of(own) is None
