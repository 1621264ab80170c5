"""Ways to bring recordings to a model: rate and length."""

from __future__ import annotations

from collections import Counter
from typing import Any

from ovopt.errors import DataError
from ovopt.transforms.audio import DecodeAudio
from ovopt.workflow.drafting.choices import Choice, Option
from ovopt.workflow.drafting.question import option, question
from ovopt.workflow.drafting.subject import Subject

RATE = 16_000
"""That of most models of speech."""


def of_recordings(subject: Subject, rate: int | None = None) -> list[Choice]:
    """Choices for recordings. Raises UsageError, which asks, where the model takes no samples of sound."""
    port = next((port for port in subject.inputs if port.dtype.startswith("f")), subject.inputs[0])
    shape = port.shape or ()
    if len([dim for dim in shape[1:] if dim != 1]) > 1:
        raise question(
            f"the data are recordings, and the model takes {port}, which looks like a spectrogram: how is it made",
            [
                "--recipe audio-classification",
                option("--set", "preprocess=[decode_audio, mono, {resample: 16000}, log_mel]"),
            ],
        )
    length = shape[-1] if shape else None
    rates = (rate,) if rate else tuple(dict.fromkeys((*_own_rates(subject), RATE)))
    after: list[Any] = [{"fix_length": {"samples": length}}] if length and length > 1 else []
    after += [{"expand": 0}] if len(shape) == 3 and shape[1] in (1, None) else []
    options = tuple(Option(f"{one} Hz", ({"resample": one},)) for one in rates)
    return [Choice.none("decode_audio", "mono"), Choice("rate", options), *([Choice.none(*after)] if after else [])]


def _own_rates(subject: Subject) -> list[int]:
    """The rate of most of the recordings."""
    found: Counter[int] = Counter()
    for _, content in subject.some_contents()[:8]:
        try:
            found[DecodeAudio()(content).rate] += 1
        except DataError:
            continue
    return [rate for rate, _ in found.most_common(1)]
