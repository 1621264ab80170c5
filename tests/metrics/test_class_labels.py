"""Class indices as labels."""

import pytest

from ovopt.errors import DataError
from ovopt.metrics.class_labels import REMEDY, check_class
from ovopt.records import Port
from tests.factories import exactly

ONE = Port(name="score", shape=(1, 1), dtype="f32")
SAID = f"output 'score' f32[1,1]; {REMEDY}"


def test_one_score_may_stand_for_two_classes():
    check_class(1, ONE, "s#0", least=2)
    said = "s#0: class 1, where output 'score' f32[1,1] holds one score; one score tells class 1 from class 0 by a "
    with pytest.raises(DataError, match=exactly(f"{said}threshold: --set metrics=[f1,auroc]")):
        check_class(1, ONE, "s#0")
    with pytest.raises(DataError, match=exactly(f"s#0: class 2 is outside the 2 classes of {SAID}")):
        check_class(2, ONE, "s#0", least=2)
