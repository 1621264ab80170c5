"""Recordings: files, channels, rate, length, windows; against soundfile, librosa and plain numpy."""

import io
import sys
from contextlib import suppress
from itertools import pairwise

import librosa
import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from ovopt.contracts import Parts
from ovopt.errors import DataError, SettingsError
from ovopt.model.ports.inputs import bind
from ovopt.records import Port
from ovopt.transforms.audio import (
    DecodeAudio,
    ExpectRate,
    FixLength,
    Frame,
    Mono,
    Resample,
    ToSamples,
    Window,
)
from ovopt.transforms.numbers import Cast, Scale
from ovopt.transforms.sound import Sound
from tests.factories import exactly

RANDOM = np.random.default_rng(0)
NOISE = RANDOM.uniform(-0.5, 0.5, (4000, 2)).astype(np.float32)


def _file(samples, rate=8000, form="WAV", **options):
    stream = io.BytesIO()
    soundfile.write(stream, samples, rate, format=form, **options)
    return stream.getvalue()


def _sound(samples, rate=8000):
    array = np.asarray(samples, np.float32)
    return Sound(array if array.ndim == 2 else array[:, np.newaxis], rate)


@pytest.mark.parametrize("form", ["WAV", "FLAC", "OGG", "MP3", "AIFF"])
@pytest.mark.parametrize("channels", [1, 2])
def test_a_recording_of_any_format_becomes_samples_and_rate(form, channels):
    content = _file(NOISE[:, :channels], 16000, form)
    sound = DecodeAudio()(content)
    expected, rate = soundfile.read(io.BytesIO(content), dtype="float32", always_2d=True)
    assert (sound.rate, sound.channels, sound.samples.dtype) == (rate, channels, np.float32)
    assert len(sound.samples) == len(expected)
    np.testing.assert_array_equal(sound.samples, expected)


@pytest.mark.parametrize(("subtype", "step"), [("PCM_U8", 2**-7), ("PCM_16", 2**-15), ("PCM_24", 2**-23), ("FLOAT", 0)])
def test_samples_of_any_width_are_taken_to_1(subtype, step):
    sound = DecodeAudio()(_file(NOISE, subtype=subtype))
    np.testing.assert_allclose(sound.samples, NOISE, rtol=0, atol=step)


def test_a_recording_in_memory_passes_through():
    sound = _sound(NOISE)
    assert DecodeAudio()(sound) is sound


def test_a_wav_file_that_is_cut_off_is_an_error():
    content = _file(NOISE)
    message = "decode_audio: a WAV recording that is cut off: its header says 16,044 bytes, there are 9,000"
    with pytest.raises(DataError, match=exactly(message)):
        DecodeAudio()(content[:9000])


@pytest.mark.parametrize("size", [b"\xff\xff\xff\xff", bytes(4)])
def test_a_wav_file_of_unknown_length_is_read_as_far_as_it_goes(size):
    content = bytearray(_file(NOISE))
    content[4:8] = size
    assert len(DecodeAudio()(bytes(content)).samples) == len(NOISE)


def test_other_files_that_are_cut_off_are_an_error():
    content = _file(NOISE, form="FLAC")
    with pytest.raises(DataError, match=r"\Adecode_audio: .* it seems to be a FLAC recording \(900 bytes\): "):
        DecodeAudio()(content[:900])


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # a broken header makes soundfile seek
@settings(deadline=None, max_examples=60)
@given(st.sampled_from(["WAV", "FLAC", "AIFF", "OGG"]), st.dictionaries(st.integers(0, 100), st.integers(0, 255)))
def test_whatever_happened_to_a_file_the_outcome_is_a_recording_or_an_error_of_data(form, damage):
    content = bytearray(_file(NOISE[:500], form=form))
    for place, value in damage.items():
        content[place] = value
    with suppress(DataError):
        assert DecodeAudio()(bytes(content)).rate > 0


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", "an empty file"),
        (b"<html>", "an HTML page"),
        (b"\x89PNG\r\n\x1a\n", "a PNG image"),
        (b"ID3", "an MP3 rec"),
    ],
)
def test_what_is_no_recording_is_an_error_that_says_what_it_seems_to_be(content, kind):
    with pytest.raises(DataError, match=rf"\Adecode_audio: not a recording that can be read; it seems to be {kind}"):
        DecodeAudio()(content)


def test_a_recording_without_samples_is_an_error():
    with pytest.raises(DataError, match=exactly("decode_audio: a recording without samples")):
        DecodeAudio()(_file(np.zeros((0, 1))))


def test_soundfile_missing_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "soundfile", None)
    with pytest.raises(SettingsError, match=exactly("recordings need soundfile: pip install 'ovopt[audio]'")):
        DecodeAudio()(b"bytes")


def test_mono_is_the_mean_of_all_channels():
    done = Mono()(_sound(NOISE))
    assert (done.channels, done.samples.dtype) == (1, np.float32)
    np.testing.assert_allclose(np.asarray(done), (NOISE[:, 0] + NOISE[:, 1]) / 2, rtol=1e-6)


def test_mono_lets_plain_samples_pass():
    assert Mono()(np.array([1.0, 2.0])).tolist() == [1, 2]


@pytest.mark.parametrize("rates", [(44100, 16000), (8000, 16000), (22050, 16000), (48000, 16000), (16000, 44100)])
def test_resampling_equals_librosas_polyphase(rates):
    source, target = rates
    done = Resample(rate=target)(_sound(NOISE, source))
    expected = librosa.resample(NOISE.T, orig_sr=source, target_sr=target, res_type="polyphase")
    assert (done.rate, done.samples.dtype) == (target, np.float32)
    np.testing.assert_allclose(done.samples.T, expected, atol=1e-6)


def test_a_recording_of_the_right_rate_stays_as_it_is():
    sound = _sound(NOISE, 16000)
    assert Resample(rate=16000)(sound) is sound
    assert ExpectRate(rate=16000)(sound) is sound


def test_plain_samples_are_resampled_from_the_rate_that_is_given():
    done = Resample(rate=4000, source_rate=8000)(NOISE[:, 0])
    np.testing.assert_array_equal(np.asarray(done), np.asarray(Resample(rate=4000)(_sound(NOISE[:, 0]))))


def test_to_samples_gives_all_channels():
    np.testing.assert_array_equal(ToSamples()(_sound(NOISE)), NOISE.T)
    np.testing.assert_array_equal(ToSamples(layout="channels_last")(_sound(NOISE)), NOISE)


def test_a_recording_of_one_channel_is_an_array_where_one_is_needed():
    sound = _sound([0.5, -0.25])
    assert Scale(divisor=0.5)(sound).tolist() == [1, -0.5]
    assert Cast(dtype="float64")(sound).dtype == np.float64
    (tensor,) = bind(sound, [Port(name="x", shape=(1, 2), dtype="f32")], "a.wav")
    assert tensor.tolist() == [[0.5, -0.25]]


def test_a_recording_of_several_channels_is_no_array():
    message = "a recording of 2 channels; put `mono` (or `to_samples`) into `preprocess`"
    with pytest.raises(DataError, match=exactly(message)):
        bind(_sound(NOISE), [Port(name="x", shape=(1, None), dtype="f32")], "a.wav")


@given(st.integers(1, 30), st.integers(1, 30))
def test_a_fixed_length_keeps_the_start(frames, length):
    array = np.arange(1, frames + 1)
    done = FixLength(samples=length, fill=-1)(array)
    assert done.tolist() == (list(array) + [-1] * length)[:length]
    assert done.dtype == array.dtype


@given(st.integers(1, 30), st.integers(1, 30))
def test_a_fixed_length_can_keep_the_middle(frames, length):
    done = FixLength(samples=length, align="center")(np.arange(1, frames + 1)).tolist()
    kept = [value for value in done if value]
    assert len(done) == length
    assert kept == list(range(kept[0], kept[0] + min(frames, length)))
    front, behind = (
        (kept[0] - 1, frames - kept[-1]) if frames > length else (done.index(kept[0]), done[::-1].index(kept[-1]))
    )
    assert behind - front in (0, 1)


def test_seconds_are_counted_at_the_recordings_rate():
    done = FixLength(seconds=0.25)(_sound(NOISE, 8000))
    assert (done.rate, done.samples.shape) == (8000, (2000, 2))
    np.testing.assert_array_equal(done.samples, NOISE[:2000])
    np.testing.assert_array_equal(FixLength(seconds=1)(_sound(NOISE)).samples[4000:], np.zeros((4000, 2)))


@given(st.integers(1, 40), st.integers(1, 12), st.integers(1, 12), st.integers(0, 5))
def test_windows_cover_every_sample_once_in_order(frames, size, hop, context):
    array = np.arange(1.0, frames + 1)
    windows = Window(size=size, hop=hop, context=context)(array)
    assert isinstance(windows, Parts)
    value_at = dict(enumerate(array))
    for i, window in enumerate(windows):
        assert window.tolist() == [value_at.get(i * hop + j, 0) for j in range(-context, size)]
    last = len(windows) - 1
    assert last * hop + size >= frames
    assert last == 0 or (last - 1) * hop + size < frames


@given(st.integers(1, 40), st.integers(1, 12), st.integers(1, 12))
def test_without_padding_only_full_windows_remain(frames, size, hop):
    array = np.arange(frames)
    expected = [list(array[i : i + size]) for i in range(0, frames - size + 1, hop)]
    if not expected:
        message = f"window: a length of {frames} does not fill a window of {size}; set `pad: true`"
        with pytest.raises(DataError, match=exactly(message)):
            Window(size=size, hop=hop, pad=False)(array)
    else:
        assert [window.tolist() for window in Window(size=size, hop=hop, pad=False)(array)] == expected


def test_windows_of_a_recording_are_recordings():
    windows = Window(size=1500)(_sound(NOISE, 8000))
    assert [(window.rate, len(window.samples), window.channels) for window in windows] == [(8000, 1500, 2)] * 3
    np.testing.assert_array_equal(np.concatenate([window.samples for window in windows])[:4000], NOISE)


def test_windows_of_features_run_along_the_first_axis():
    features = RANDOM.random((10, 3))
    windows = Window(size=4, hop=2)(features)
    assert [window.shape for window in windows] == [(4, 3)] * 4
    for first, second in pairwise(windows):
        np.testing.assert_array_equal(first[2:], second[:2])


@pytest.mark.parametrize(("size", "hop"), [(400, 160), (512, 512), (100, 250), (4000, 1)])
def test_frames_equal_librosas(size, hop):
    done = Frame(size=size, hop=hop)(_sound(NOISE[:, 0]))
    expected = librosa.util.frame(NOISE[:, 0], frame_length=size, hop_length=hop, axis=0)
    np.testing.assert_array_equal(done, expected)


@pytest.mark.parametrize(
    ("transform", "content", "message"),
    [
        (DecodeAudio(), np.zeros(3), "decode_audio: wants a file's bytes, not a ndarray"),
        (Mono(), np.zeros((3, 2)), "mono: wants the samples of a recording, not an array of shape [3, 2]"),
        (Mono(), b"bytes", "mono: wants an array, not bytes; decode the file first"),
        (Resample(rate=8000), np.zeros(3), "resample: an array does not carry its rate; give `source_rate`"),
        (
            Resample(rate=16000),
            _sound([0.0], 44101),
            "resample: 44101 Hz to 16000 Hz is 16000/44101 in lowest terms, too uneven to resample; "
            "is the file's rate right?",
        ),
        (
            ExpectRate(rate=16000),
            _sound([0.0], 8000),
            "expect_rate: a recording of 8000 Hz, not 16000 Hz; convert it, or use `resample: 16000`",
        ),
        (
            ExpectRate(rate=8000),
            np.zeros(3),
            "expect_rate: wants a recording, not a ndarray; put `decode_audio` before",
        ),
        (ToSamples(), [1.0], "to_samples: wants a recording, not a list; put `decode_audio` before"),
        (
            FixLength(seconds=1),
            np.zeros(3),
            "fix_length: an array does not carry its rate; give `samples` instead of `seconds`",
        ),
        (FixLength(samples=1), 3.0, "fix_length: a single number has no length"),
        (
            FixLength(samples=4, fill=0.5),
            np.zeros(3, np.int64),
            "fix_length: `fill` 0.5 is no value of an array of int64",
        ),
        (Window(size=3), np.zeros(0), "window: nothing to cut in an array of shape [0]"),
        (Window(size=3), 5.0, "window: nothing to cut in an array of shape []"),
        (
            Frame(size=4, hop=1),
            np.zeros(3),
            "frame: 3 samples do not fill a frame of 4; use `fix_length` before",
        ),
        (Frame(size=4, hop=1), _sound(NOISE), "frame: a recording of 2 channels; put `mono` before it"),
    ],
)
def test_content_that_does_not_fit_is_an_error(transform, content, message):
    with pytest.raises(DataError, match=exactly(message)):
        transform(content)


def test_a_recording_of_more_samples_than_the_limit_is_refused_before_they_are_decoded():
    stream = io.BytesIO()
    soundfile.write(stream, np.zeros((1000, 2), np.float32), 8000, format="FLAC")
    assert DecodeAudio(max_bytes=8000)(stream.getvalue()).samples.shape == (1000, 2)
    message = "decode_audio: 8,000 bytes of samples, `max_bytes` is 7,999; raise it if that is meant"
    with pytest.raises(DataError, match=exactly(message)):
        DecodeAudio(max_bytes=7999)(stream.getvalue())
