"""Drafts for films and models of clips."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from openvino import opset13 as ops

from ovopt.errors import UsageError
from tests.data.films import film
from tests.factories import exactly
from tests.workflow.drafting.test_layouts import drafted, given, model_of, steps, value


@pytest.mark.parametrize(
    ("shape", "stacked"),
    [((1, 3, 4, 16, 32), 1), ((1, 4, 3, 16, 32), 0), ((1, 4, 16, 32, 3), 0)],
    ids=["channels first", "frames first", "channels last"],
)
def test_the_frames_of_a_clip_go_where_the_model_takes_them(
    tmp_path: Path, shape: tuple[int, ...], stacked: int
) -> None:
    for name, frames in (("long", 40), ("short", 4)):
        for place in range(5):
            film(tmp_path / f"films/{name}/{place}.mkv", frames=frames)
    clip = given("clip", *shape)
    brightest = ops.reduce_max(clip, np.array([1, 2, 3, 4]), keep_dims=False)
    bright = ops.unsqueeze(ops.subtract(brightest, np.float32(0.2)), np.array(1))
    scores = ops.concat([bright, ops.negative(bright)], 1)
    model = model_of([clip], scores=scores)
    fault = (
        f"the model takes clips of 4 frames, 'clip' f32{str(list(shape)).replace(' ', '')}; a sample has 1; add --set "
    )
    with pytest.raises(UsageError, match=exactly(f"{fault}data.source.clip=4")):
        drafted(tmp_path, model, tmp_path / "films")
    made = drafted(tmp_path, model, tmp_path / "films", settings=["data.source.clip=4", "data.source.clips=1"])
    assert made.sections["data"]["group"] == "film"
    assert made.sections["data"]["classes"] == ["long", "short"]
    assert steps(made)[-1] == {"stack": stacked}
    assert ({"layout": "chw"} in steps(made)) == (shape[-1] != 3)
    assert value(made, "top1") == 1
