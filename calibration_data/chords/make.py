"""Synthesise 24 short recordings of chords, with the notes that sound in them.

Writes ``00.flac`` to ``23.flac`` and ``events.csv`` beside this file. Every seed is fixed.
"""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

FOLDER = Path(__file__).resolve().parent
SEED = 0
COUNT = 24
RATE = 22050
LENGTH = 43844
"""Samples: one window of Basic Pitch, 1.988 s."""
CHORDS = ((0, 4, 7), (0, 3, 7), (0, 4, 7, 10), (0, 3, 6), (0, 7), (0,))
"""Intervals above the lowest note, in semitones."""


@dataclass(frozen=True)
class Note:
    """A note by its MIDI number, from onset to offset in seconds."""

    midi: int
    onset: float
    offset: float


def draw_notes(rng: np.random.Generator) -> list[Note]:
    """Draw two chords, one after the other, within the range 36..84."""
    notes = []
    middle = round(float(rng.uniform(0.8, 1.1)), 3)
    for begin, end in ((0.05, middle), (middle, 1.9)):
        onset = round(begin + float(rng.uniform(0, 0.1)), 3)
        offset = round(end - float(rng.uniform(0.02, 0.1)), 3)
        lowest = int(rng.integers(36, 75))
        notes += [Note(lowest + step, onset, offset) for step in CHORDS[int(rng.integers(len(CHORDS)))]]
    return notes


def sound(notes: list[Note]) -> NDArray[np.int16]:
    """Add up five harmonics of each note, which fade as those of a plucked string do."""
    time = np.arange(LENGTH) / RATE
    mixed = np.zeros(LENGTH)
    for note in notes:
        pitch = 440 * 2 ** ((note.midi - 69) / 12)
        since = time - note.onset
        shape = np.clip(since / 0.005, 0, 1) * np.clip((note.offset - time) / 0.02, 0, 1)
        for harmonic in range(1, 6):
            tone = np.sin(2 * np.pi * pitch * harmonic * since) * np.exp(-since * (1 + harmonic / 2))
            mixed += np.where(since > 0, shape * tone / harmonic**1.5, 0)
    return np.round(mixed / np.abs(mixed).max() * 0.5 * 32767).astype(np.int16)


def draw_all() -> list[list[Note]]:
    """Draw the notes of every recording, each from a seed of its own."""
    return [draw_notes(np.random.default_rng((SEED, place))) for place in range(COUNT)]


def main() -> None:
    """Synthesise and save."""
    with (FOLDER / "events.csv").open("w", newline="") as stream:
        table = csv.writer(stream, lineterminator="\n")
        table.writerow(("file", "onset_s", "offset_s", "class"))
        for place, notes in enumerate(draw_all()):
            name = f"{place:02d}.flac"
            soundfile.write(FOLDER / name, sound(notes), RATE, subtype="PCM_16")
            table.writerows((name, note.onset, note.offset, note.midi) for note in notes)


if __name__ == "__main__":
    main()
