"""Names of classes in a draft."""

import pytest

from ovopt.workflow.drafting.classes import numbered


@pytest.mark.parametrize(
    ("names", "scores", "found"),
    [
        (["c3"], 5, ["c0", "c1", "c2", "c3", "c4"]),
        (["class_07", "class_10"], 12, [f"class_{place:02d}" for place in range(12)]),
        (["c5", "c2"], 5, ["c1", "c2", "c3", "c4", "c5"]),
        (["c7"], 5, []),
        (["c1", "d2"], 5, []),
        (["c1", "c01"], 5, []),
        (["c1", "cat"], 5, []),
        (["c0", "c1"], 2, []),
        (["ant"], 5, []),
    ],
)
def test_names_that_carry_numbers_stand_at_their_places(names: list[str], scores: int, found: list[str]) -> None:
    assert numbered(names, scores) == found
