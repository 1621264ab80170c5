"""Tiny models of text, audio and language whose answers can be worked out by hand, and the tokenizers of such texts."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import openvino as ov
from openvino import opset13 as ops

PADDING, UNKNOWN = "[PAD]", "[UNK]"
WINDOW, CONTEXT = 512, 64
KEPT = 0.9
"""What the energy follower keeps of its state from window to window."""
BLOCK = 8
"""Pixels of a line's width that make a step of the reader."""


def save(model: ov.Model, file: Path) -> Path:
    """As IR in 32 bits."""
    ov.save_model(model, file, compress_to_fp16=False)
    return file


def words(text: str) -> list[str]:
    """What `write_tokenizer`'s tokenizer takes for tokens."""
    return re.findall(r"\w+|[^\w\s]+", text.lower())


def vocabulary(texts: Sequence[str]) -> list[str]:
    """Padding, unknown, and every word of the texts."""
    return [PADDING, UNKNOWN, *sorted({word for text in texts for word in words(text)})]


def write_tokenizer(folder: Path, known: Sequence[str]) -> Path:
    """A `tokenizer.json` with a token for each word."""
    tokenizer = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": {"type": "Lowercase"},
        "pre_tokenizer": {"type": "Whitespace"},
        "post_processor": None,
        "decoder": None,
        "model": {"type": "WordLevel", "vocab": {word: i for i, word in enumerate(known)}, "unk_token": UNKNOWN},
    }
    file = folder / "tokenizer.json"
    file.write_text(json.dumps(tokenizer))
    return file


def rotation(size: int) -> np.ndarray:
    """A random orthogonal matrix: it keeps every angle."""
    return np.linalg.qr(np.random.default_rng(0).standard_normal((size, size)))[0].astype(np.float32)


def encoder(known: int) -> ov.Model:
    """Each token becomes its unit vector, turned: the cosine of two means is that of the bags of words."""
    ids, mask = _text_inputs()
    vectors = ops.gather(np.eye(known, dtype=np.float32), ids, np.int64(0))
    hidden = ops.matmul(vectors, rotation(known), False, False)
    return _named({"last_hidden_state": hidden}, [ids, mask])


def text_classifier(weights: np.ndarray) -> ov.Model:
    """The mean of the real tokens' `weights` [tokens, classes]."""
    ids, mask = _text_inputs()
    counted = ops.unsqueeze(ops.convert(mask, "f32"), np.int64(2))
    each = ops.multiply(ops.gather(weights.astype(np.float32), ids, np.int64(0)), counted)
    total = ops.reduce_sum(each, np.array([1]), keep_dims=False)
    return _named({"logits": ops.divide(total, ops.reduce_sum(counted, np.array([1]), keep_dims=False))}, [ids, mask])


def token_scores(table: np.ndarray, output: str = "logits") -> ov.Model:
    """For each token its row of `table`: a tagger, or a language model that looks at the last token alone."""
    ids, mask = _text_inputs()
    return _named({output: ops.gather(table.astype(np.float32), ids, np.int64(0))}, [ids, mask])


def remembering_scores(table: np.ndarray) -> ov.Model:
    """`token_scores` with the ports of a decoder that keeps what it has computed: scores of the tokens that it is told
    to remember come before those of the text's, all of them times the number of beams."""
    ids, mask = _text_inputs()
    past = ops.parameter([-1, 1, -1, 1], np.float32, name="past_key_values.0.key")
    beams = ops.parameter([-1], np.int32, name="beam_idx")
    remembered = ops.convert(ops.reshape(past, np.array([1, -1]), False), "i64")
    scores = ops.gather(table.astype(np.float32), ops.concat([remembered, ids], 1), np.int64(0))
    counted = ops.convert(ops.shape_of(beams, "i64"), "f32")
    return _named({"logits": ops.multiply(scores, counted)}, [ids, mask, past, beams])


def line_reader(classes: int) -> ov.Model:
    """Each block of pixels is the class whose grey level, -1 ... 1 in even steps, its mean is nearest to."""
    picture = ops.parameter([-1, 3, -1, -1], np.float32, name="x")
    mean = np.full((1, 3, 48, BLOCK), 1 / (3 * 48 * BLOCK), np.float32)
    grey = ops.convolution(picture, mean, [48, BLOCK], [0, 0], [0, 0], [1, 1])
    steps = ops.reshape(grey, np.array([1, -1, 1]), False)
    levels = np.linspace(-1, 1, classes, dtype=np.float32)
    return _named({"scores": ops.subtract(ops.multiply(steps, 2 * levels), levels**2)}, [picture])


def band_listener(bands: Sequence[slice], mels: int = 64) -> ov.Model:
    """The mean log-energy of each of several stretches of mel bands."""
    spectrogram = ops.parameter([1, 1, mels, -1], np.float32, name="spectrogram")
    over_time = ops.reduce_mean(spectrogram, np.array([1, 3]), keep_dims=False)
    weights = np.zeros((mels, len(bands)), np.float32)
    for place, band in enumerate(bands):
        weights[band, place] = 1 / len(weights[band])
    return _named({"scores": ops.matmul(over_time, weights, False, False)}, [spectrogram])


def burst_embedder(mels: int = 80) -> ov.Model:
    """In which bands something stands out now and then: the mean of what exceeds two deviations, turned."""
    frames = ops.parameter([1, -1, mels], np.float32, name="frames")
    beyond = ops.relu(ops.subtract(frames, np.float32(2)))
    return _named(
        {
            "embedding": ops.matmul(
                ops.reduce_mean(beyond, np.array([1]), keep_dims=False), rotation(mels), False, False
            )
        },
        [frames],
    )


def energy_follower() -> ov.Model:
    """Silero VAD's ports; the answer is the energy of the windows so far, the older ones counting less and less."""
    window = ops.parameter([1, WINDOW + CONTEXT], np.float32, name="input")
    state = ops.parameter([2, 1, 128], np.float32, name="state")
    counted = np.full((WINDOW + CONTEXT, 1), 1 / WINDOW, np.float32)
    counted[:CONTEXT] = 0
    energy = ops.matmul(ops.multiply(window, window), counted, False, False)
    new = ops.add(ops.multiply(state, np.float32(KEPT)), ops.multiply(energy, np.float32(1 - KEPT)))
    answer = ops.reduce_mean(new, np.array([0, 2]), keep_dims=False)
    return _named({"output": ops.reshape(answer, np.array([1, 1]), False), "stateN": new}, [window, state])


def _text_inputs() -> tuple[ov.Node, ov.Node]:
    return ops.parameter([-1, -1], np.int64, name="input_ids"), ops.parameter([-1, -1], np.int64, name="attention_mask")


def _named(outputs: Mapping[str, ov.Node], inputs: Sequence[ov.Node]) -> ov.Model:
    for node in inputs:
        node.output(0).set_names({node.get_friendly_name()})
    for name, node in outputs.items():
        node.output(0).set_names({name})
    return ov.Model(list(outputs.values()), list(inputs), "tiny")
