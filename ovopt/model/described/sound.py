"""Feature extractors of Hugging Face for recordings: a rate, and raw samples or a spectrogram."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import ClassVar

from pydantic import Field

from ovopt.model.described.record import Doubt, Entry, Fact
from ovopt.model.described.subject import Document, Schema, Subject

LONGEST_RATE = 1_000_000
VOCABULARY, DELIMITER = "vocab.json", "|"
"""The characters of a CTC head, and the one of them that stands between words."""
PADS = ("<pad>", "[PAD]")
SPECIAL = re.compile(r"<.*>|\[.*\]")
"""Tokens that are no text."""


class FeatureExtractor(Schema):
    """The keys that decide on a recording's preparation."""

    idle: ClassVar[frozenset[str]] = frozenset({
        "feature_extractor_type", "processor_class", "padding_side", "return_attention_mask", "n_samples",
        "nb_max_frames", "mel_filters", "dither", "auto_map", "return_tensors",
    })  # fmt: skip
    sampling_rate: int = Field(gt=0, le=LONGEST_RATE)
    feature_size: int = Field(default=1, gt=0)
    do_normalize: bool = False
    padding_value: float = 0
    n_fft: int = Field(default=400, gt=0)
    hop_length: int = Field(default=160, gt=0)
    chunk_length: int = Field(default=30, gt=0)


def sound_facts(subject: Subject, document: Document) -> Iterator[Fact | Doubt]:
    """Facts of a document about the preparation of recordings."""
    named = str(document.values.get("feature_extractor_type") or "Wav2Vec2FeatureExtractor")
    rate = document.values.get("sampling_rate")
    if named not in KINDS:
        yield Doubt(f"{document.said}: {named} is not known; the features that it makes are not prepared")
        if isinstance(rate, int) and 0 < rate <= LONGEST_RATE:
            yield Fact("rate", rate, document.source("sampling_rate"))
        return
    if not isinstance(rate, int) or not 0 < rate <= LONGEST_RATE:
        yield Doubt(f"{document.said}: sampling_rate: {rate!r} is not understood")
        return
    said, doubts = document.read(FeatureExtractor)
    yield from doubts
    yield Fact("rate", said.sampling_rate, document.source("sampling_rate"))
    heard: list[Entry] = ["decode_audio", "mono", {"resample": said.sampling_rate}]
    source = document.source("sampling_rate", "do_normalize", "feature_size", "n_fft", "hop_length", "chunk_length")
    yield Fact("preprocess", (*heard, *KINDS[named](said, subject)), source)


def _samples(said: FeatureExtractor, subject: Subject) -> Iterator[Entry]:
    """Raw samples, standardized where that is asked for."""
    if said.do_normalize:
        yield "standardize"
    length = next((port.shape[-1] for port in subject.facts.inputs if port.shape and len(port.shape) == 2), None)
    if length and length > 1:
        fill = {"fill": said.padding_value} if said.padding_value else {}
        yield {"fix_length": {"samples": length, **fill}}


def _whisper(said: FeatureExtractor, subject: Subject) -> Iterator[Entry]:
    """The log-mel spectrogram of thirty seconds."""
    yield {"fix_length": {"seconds": said.chunk_length}}
    yield {
        "log_mel": {
            "rate": said.sampling_rate,
            "n_fft": said.n_fft,
            "hop": said.hop_length,
            "mels": said.feature_size,
            "pad_mode": "reflect",
            "log": "log10",
            "dynamic_range": 8,
        }
    }
    yield {"slice": {"axis": 1, "stop": said.chunk_length * said.sampling_rate // said.hop_length}}
    yield {"scale": {"divisor": 4, "offset": -1}}


KINDS: Mapping[str, Callable[[FeatureExtractor, Subject], Iterator[Entry]]] = {
    "Wav2Vec2FeatureExtractor": _samples,
    "WhisperFeatureExtractor": _whisper,
}
"""What becomes of a recording of one channel, by the class's name."""


def ctc_facts(subject: Subject, pad_id: int | None) -> Iterator[Fact | Doubt]:
    """The characters of a CTC head, of which `pad_id` is the blank.

    Source: transformers, `Wav2Vec2CTCTokenizer`.
    """
    for document in subject.opened(VOCABULARY):
        if isinstance(document, Doubt):
            yield document
            continue
        by_id = {place: token for token, place in document.values.items() if isinstance(place, int)}
        blank = next((document.values[pad] for pad in PADS if pad in document.values), pad_id)
        width = (subject.facts.outputs[0].shape or (None,))[-1] or len(by_id)
        if not isinstance(blank, int) or not 0 <= blank < width or not {*by_id} <= {*range(width)}:
            yield Doubt(f"{document.said}: {len(by_id)} tokens do not fit the model's {width} scores; it is not used")
            continue
        names = ["" if SPECIAL.fullmatch(by_id.get(place, "")) else by_id.get(place, "") for place in range(width)]
        characters = [" " if name == DELIMITER else name for place, name in enumerate(names) if place != blank]
        yield Fact("postprocess", ({"ctc_greedy": {"characters": characters, "blank": blank}},), document.said)
