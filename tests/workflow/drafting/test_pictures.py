"""Ways to bring images to an input, and the one that another must beat."""

from __future__ import annotations

import pytest

from ovopt.records import Port
from ovopt.workflow.drafting.pictures import Picture, pixels

PLAIN = ["0 to 1", "-1 to 1", "ImageNet's mean and deviation", "0 to 255"]


@pytest.mark.parametrize(
    ("shape", "task", "likeliest"),
    [
        ((1, 3, 224, 224), "classification", "ImageNet's mean and deviation"),
        ((1, 224, 224, 3), "classification", "0 to 1"),
        ((1, 3, 32, 32), "classification", "0 to 1"),
        ((1, 3, 640, 640), "detection", "0 to 1"),
    ],
)
def test_ranges_stand_from_the_plainest_on_and_the_likeliest_hangs_on_the_task(
    shape: tuple[int, ...], task: str, likeliest: str
) -> None:
    found = pixels(Picture.of(Port(name="image", dtype="f32", shape=shape), task), task)
    assert [option.said for option in found.options] == PLAIN
    assert found.options[found.likeliest].said == likeliest


def test_bytes_go_in_as_they_are() -> None:
    found = pixels(
        Picture.of(Port(name="image", dtype="u8", shape=(1, 3, 224, 224)), "classification"), "classification"
    )
    assert [(option.said, option.preprocess) for option in found.options] == [("0 to 255", ())]
