"""The small sets that ovopt ships and makes itself: what they hold, and that their scripts make them."""

import importlib.util
import json
import sys

import numpy as np
import pytest

from ovopt.contracts import LabelFile
from ovopt.data.coco import Coco
from ovopt.data.events import Events
from ovopt.data.files import Files
from ovopt.data.hf import HuggingFace
from ovopt.data.images import image_size
from ovopt.data.masks import Masks
from ovopt.locate import shipped
from ovopt.records import Port

ROOT = shipped("calibration_data")
PORT = [Port(name="x", shape=(None, 3), dtype="f32")]
LIMITS = {"shapes": 300_000, "text_lines": 300_000, "chords": 1_000_000, "sentences": 50_000}


def script(name, monkeypatch):
    """The module `make.py` of a set."""
    spec = importlib.util.spec_from_file_location(f"make_{name}", ROOT / name / "make.py")
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    spec.loader.exec_module(module)
    return module


def pixels_of(file):
    from PIL import Image

    with Image.open(file) as image:
        return np.asarray(image)


@pytest.mark.parametrize("name", LIMITS)
def test_a_set_is_small_and_says_what_it_is(name):
    files = [file for file in (ROOT / name).rglob("*") if file.is_file() and "__pycache__" not in file.parts]
    assert sum(file.stat().st_size for file in files) < LIMITS[name]
    assert "CC0" in (ROOT / name / "README.md").read_text()


def test_the_script_of_sentences_makes_the_same_bytes_again(tmp_path, monkeypatch):
    made = script("sentences", monkeypatch)
    monkeypatch.setattr(made, "FOLDER", tmp_path)
    made.main()
    for name in ("pairs.csv", "reviews.csv"):
        assert (tmp_path / name).read_bytes() == (ROOT / "sentences" / name).read_bytes()


def test_the_script_of_shapes_draws_the_same_pictures_again(monkeypatch):
    made = script("shapes", monkeypatch)
    pictures = made.draw_all()
    assert made.annotations_of(pictures) == json.loads((ROOT / "shapes" / "annotations.json").read_text())
    for place, picture in enumerate(pictures):
        name = made.name_of(place)
        kept = {folder: pixels_of(ROOT / "shapes" / folder / name) for folder in ("images", "half", "masks")}
        np.testing.assert_array_equal(kept["masks"], picture.mask)
        # The last bit of a cosine may differ from one processor to another.
        np.testing.assert_allclose(kept["images"].astype(int), picture.pixels, atol=1)
        np.testing.assert_allclose(kept["half"].astype(int), made.halved(picture.pixels), atol=1)


def test_the_script_of_chords_makes_the_same_sound_again(monkeypatch):
    import soundfile

    made = script("chords", monkeypatch)
    for place, notes in list(enumerate(made.draw_all()))[::6]:
        kept, rate = soundfile.read(ROOT / "chords" / f"{place:02d}.flac", dtype="int16")
        assert rate == 22050
        np.testing.assert_allclose(kept.astype(int), made.sound(notes), atol=1)


def test_the_script_of_text_lines_draws_the_same_texts_again(monkeypatch):
    samples = Files(path=str(ROOT / "text_lines"), labels="labels.csv").open((), 0)
    texts = dict(zip(samples.ids, samples.labels, strict=True))
    lines = script("text_lines", monkeypatch).draw_all()
    assert texts == {f"lines/{place:02d}.png": line.text for place, line in enumerate(lines)}


def test_shapes_are_boxes_and_masks_that_agree():
    boxes = Coco(path=str(ROOT / "shapes")).open((), 0)
    masks = Masks(path=str(ROOT / "shapes")).open((), 0)
    assert boxes.classes == ("circle", "square", "triangle")
    assert len(boxes) == len(masks) == 60
    for label, mask in zip(boxes.labels, masks.labels, strict=True):
        pixels = pixels_of(mask.path)
        assert set(np.unique(pixels)) == {0, *(label.classes + 1)}
        for (x0, y0, x1, y1), index in zip(label.corners.astype(int), label.classes, strict=True):
            assert (pixels[y0:y1, x0:x1] == index + 1).any()


def test_shapes_serve_super_resolution():
    samples = Masks(path=str(ROOT / "shapes"), images="half", masks="images", target="image").open((), 0)
    assert samples.labels[0] == LabelFile(ROOT / "shapes/images/00.png", "image")
    assert image_size(ROOT / "shapes" / samples.ids[0]) == (32, 32)
    assert image_size(samples.labels[0].path) == (64, 64)


def test_chords_are_windows_of_basic_pitch():
    import soundfile

    events = Events(path=str(ROOT / "chords"), first_class=21).open((), 0)
    frames = Events(path=str(ROOT / "chords"), first_class=21, frame_rate=22050 / 256, class_count=88).open((), 0)
    assert len(events) == 24
    assert {label.shape for label in frames.labels} == {(172, 88)}
    for notes, active in zip(events.labels, frames.labels, strict=True):
        assert {index for _, _, index in notes} == set(np.flatnonzero(active.any(axis=0)))
    assert soundfile.info(ROOT / "chords" / events.ids[0]).frames == 43844


def test_the_notes_of_a_chord_are_loud_in_its_spectrum():
    import soundfile

    events = Events(path=str(ROOT / "chords")).open((), 0)
    for name, notes in zip(events.ids[:4], events.labels[:4], strict=True):
        samples, rate = soundfile.read(ROOT / "chords" / name)
        onset, offset, _ = notes[0]
        part = samples[int(onset * rate) : int(offset * rate)]
        spectrum, step = np.abs(np.fft.rfft(part * np.hanning(len(part)))), rate / len(part)
        for midi in (midi for begin, _, midi in notes if begin == onset):
            peak = round(440 * 2 ** ((midi - 69) / 12) / step)
            assert spectrum[peak - 2 : peak + 3].max() > 20 * np.median(spectrum)


def test_sentences_are_tables(tmp_path, monkeypatch):
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(tmp_path))
    folder = ROOT / "sentences"
    pairs = HuggingFace(path=str(folder / "pairs.csv"), inputs=("sentence1", "sentence2"), label="score").open(PORT, 0)
    assert len(pairs) == 150
    assert sorted(pairs.load(0)) == ["sentence1", "sentence2"]
    assert all(0 <= score <= 5 for score in pairs.labels)
    assert len(set(pairs.labels)) > 20
    reviews = HuggingFace(path=str(folder / "reviews.csv")).open(PORT, 0)
    assert [reviews.labels.count(name) for name in ("positive", "negative")] == [60, 60]
    assert len({reviews.load(i) for i in range(120)}) == 120
