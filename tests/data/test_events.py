"""Recordings with events."""

import numpy as np
import pytest

from ovopt.data.events import Events
from ovopt.errors import DataError
from tests.data.pictures import recording
from tests.factories import exactly

HEADER = "file,onset_s,offset_s,class"


@pytest.fixture
def folder(tmp_path):
    for name in ("a.wav", "sub/b.flac", "silent.wav"):
        recording(tmp_path / name)
    return tmp_path


def write(folder, *lines, name="events.csv"):
    (folder / name).write_text("\n".join((HEADER, *lines)) + "\n")


def opened(folder, **keys):
    return Events(path=str(folder), **keys).open((), seed=0)


def test_labels_are_events_in_the_order_of_time(folder):
    write(folder, "a.wav,0.25,0.5,60", "sub/b.flac,0,0.125,61", "a.wav,0,0.375,64")
    samples = opened(folder, first_class=21)
    assert Events.recognises(str(folder))
    assert samples.ids == ("a.wav", "silent.wav", "sub/b.flac")
    assert samples.labels == ([(0.0, 0.375, 43), (0.25, 0.5, 39)], [], [(0.0, 0.125, 40)])
    assert samples.classes == ()
    assert samples.load(0) == (folder / "a.wav").read_bytes()


def test_classes_can_be_names(folder):
    write(folder, "a.wav,0,1,siren", "a.wav,1,2,dog bark")
    samples = opened(folder)
    assert samples.classes == ("dog bark", "siren")
    assert samples.labels[0] == [(0.0, 1.0, 1), (1.0, 2.0, 0)]


def test_with_a_frame_rate_labels_are_what_is_active_in_each_frame(folder):
    write(folder, "a.wav,0.1,0.3,1", "a.wav,0.25,0.5,0", "sub/b.flac,0.05,0.09,2")
    samples = opened(folder, frame_rate=20, class_count=3)
    times = np.arange(10) / 20
    events = [(0, 0.1, 0.3, 1), (0, 0.25, 0.5, 0), (2, 0.05, 0.09, 2)]
    for place, label in enumerate(samples.labels):
        expected = np.zeros((10, 3))
        for sample, onset, offset, index in events:
            if sample == place:
                expected[(times >= onset - 1e-9) & (times < offset - 1e-9), index] = 1
        np.testing.assert_array_equal(label, expected)


def test_named_classes_make_frames_without_a_count(folder):
    write(folder, "a.wav,0,1,x", "a.wav,0,1,y")
    assert opened(folder, frame_rate=10).labels[0].shape == (5, 2)


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("a.wav,0,1", "3 columns, not 4 (file, onset_s, offset_s, class)"),
        ("a.wav,x,1,2", "onset and offset are seconds, not 'x' and '1'"),
        ("a.wav,2,1,2", "an event begins at 0 or later and ends after that, not 2 to 1"),
        ("a.wav,1,1,2", "an event begins at 0 or later and ends after that, not 1 to 1"),
        ("a.wav,-1,1,2", "an event begins at 0 or later and ends after that, not -1 to 1"),
        ("a.wav,0,inf,2", "an event begins at 0 or later and ends after that, not 0 to inf"),
        ("a.wav,nan,1,2", "an event begins at 0 or later and ends after that, not nan to 1"),
        ("a.wav,0,1,", "the class is empty"),
        ("a.wav,0,1,20", "class 20 is below data.source.first_class 21"),
        ("../a.wav,0,1,30", "'../a.wav' leads outside {0}; give paths inside it"),
        (",0,1,30", "'' leads outside {0}; give paths inside it"),
    ],
)
def test_a_line_that_cannot_be_is_an_error(folder, line, fault):
    write(folder, "a.wav,0,1,60", line)
    with pytest.raises(DataError, match=exactly(f"{folder / 'events.csv'}:3: {fault.format(folder)}")):
        opened(folder, first_class=21)


def test_events_of_missing_recordings_are_an_error(folder):
    write(folder, "z.wav,0,1,60")
    message = f"{folder / 'events.csv'}: 1 of its recordings are missing: {folder / 'z.wav'}"
    with pytest.raises(DataError, match=exactly(message)):
        opened(folder)


@pytest.mark.parametrize(
    ("keys", "fault"),
    [
        ({}, "how many classes has a frame? Say it with --set data.source.class_count=..."),
        ({"class_count": 60}, "an event of class index 60, but data.source.class_count is 60"),
    ],
)
def test_frames_that_cannot_be_are_an_error(folder, keys, fault):
    write(folder, "a.wav,0,1,60")
    with pytest.raises(DataError, match=exactly(f"{folder / 'a.wav'}: {fault}")):
        opened(folder, frame_rate=10, **keys)


def test_an_unreadable_recording_of_unknown_length_is_an_error(folder):
    write(folder)
    (folder / "a.wav").write_bytes(b"junk")
    with pytest.raises(DataError, match=rf"\A{folder / 'a.wav'}: not a readable recording: ."):
        opened(folder, frame_rate=10, class_count=2)


def test_what_is_not_there_is_an_error(tmp_path):
    with pytest.raises(DataError, match=exactly(f"{tmp_path / 'x'}: no such folder")):
        opened(tmp_path / "x")
    with pytest.raises(DataError, match=exactly(f"{tmp_path / 'events.csv'}: no such table of events")):
        opened(tmp_path)
    write(tmp_path)
    message = f"{tmp_path}: holds no recordings (.aif, .aiff, .flac, .mp3, .ogg, .opus, .wav)"
    with pytest.raises(DataError, match=exactly(message)):
        opened(tmp_path)


def test_a_table_of_tabs_can_be_named(folder):
    (folder / "notes.tsv").write_text(HEADER.replace(",", "\t") + "\na.wav\t0\t1\t5\n")
    assert opened(folder, events="notes.tsv").labels[0] == [(0.0, 1.0, 5)]


def test_frames_that_no_memory_holds_are_refused(tmp_path):
    recording(tmp_path / "a.wav")
    (tmp_path / "events.csv").write_text("file,onset,offset,class\na.wav,0,1,1\n")
    source = Events(path=str(tmp_path), frame_rate=1e15, class_count=1000)
    with pytest.raises(DataError, match=rf"\A{tmp_path / 'a.wav'}: its frames of labels would take .* GiB, more than "):
        source.open((), seed=0)
