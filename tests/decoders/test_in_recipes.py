"""Decoders as a recipe names them."""

import pytest

from ovopt.contracts import Decoder, plugins
from ovopt.decoders.scores import Argmax, Softmax, Threshold
from ovopt.decoders.shape import DropFirst, Pick, Transpose
from ovopt.decoders.ssd import BoxesScores
from ovopt.decoders.text import CtcGreedy
from ovopt.decoders.yolo import YoloV3, YoloV8
from ovopt.recipe import parse_recipe

KNOWN = plugins("ovopt.decoders", Decoder)


def _parsed(entries):
    return parse_recipe({"ovopt": 1, "family": "any", "postprocess": entries}, "recipe.yaml")


@pytest.mark.parametrize(
    ("entry", "decoder"),
    [
        ("softmax", Softmax()),
        ({"argmax": 0}, Argmax(axis=0)),
        ({"pick": [2, 0]}, Pick(index=(2, 0))),
        ({"pick": 1}, Pick(index=1)),
        ({"threshold": 0.25}, Threshold(score=0.25)),
        ({"transpose": [1, 0]}, Transpose(axes=(1, 0))),
        ({"drop_first": 2}, DropFirst(count=2)),
        ("yolo_v8", YoloV8()),
        ("yolo_nas", BoxesScores(normalised=False)),
        ({"ultra_light": {"iou": 0.5}}, BoxesScores(background=0, iou=0.5)),
        (
            {"yolo_v3": {"anchors": [[[10, 13], [16, 30]]], "strides": [8]}},
            YoloV3(anchors=(((10, 13), (16, 30)),), strides=(8,)),
        ),
        ({"ctc_greedy": {"characters": "abc", "blank": "last"}}, CtcGreedy(characters="abc", blank="last")),
    ],
)
def test_a_recipe_names_a_decoder(entry, decoder):
    recipe = _parsed([entry])
    assert recipe.postprocess == (decoder,)
    assert _parsed(recipe.resolved()["postprocess"]) == recipe


@pytest.mark.parametrize("kind", KNOWN.values(), ids=list(KNOWN))
def test_every_decoder_tells_what_it_does(kind):
    assert kind.__doc__
    assert kind.sole is None or kind.sole in kind.model_fields
    assert not kind.joins or kind.beside or kind.name.endswith("_parts")
