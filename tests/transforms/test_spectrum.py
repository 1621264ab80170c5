"""Log-mel spectrograms and cepstral coefficients, against librosa."""

import librosa
import numpy as np
import pytest

from ovopt.errors import DataError
from ovopt.transforms.numbers import Scale
from ovopt.transforms.shape import Slice
from ovopt.transforms.sound import Sound
from ovopt.transforms.spectrum import LogMel, Mfcc
from tests.factories import exactly

RANDOM = np.random.default_rng(0)
RATE = 16000
TIME = np.arange(RATE) / RATE
SIGNAL = (0.3 * np.sin(2 * np.pi * (200 + 3000 * TIME) * TIME) + RANDOM.normal(0, 0.05, RATE)).astype(np.float32)


def _mel(signal=SIGNAL, **options):
    return librosa.feature.melspectrogram(y=signal, sr=RATE, **options)


@pytest.mark.parametrize("htk", [False, True])
@pytest.mark.parametrize("norm", ["slaney", None])
@pytest.mark.parametrize("power", [1, 2, 1.5])
def test_energies_equal_librosas_in_every_scale(htk, norm, power):
    done = LogMel(
        rate=RATE, n_fft=400, hop=160, mels=40, htk=htk, norm=norm, power=power, f_min=20, f_max=7600, log="none"
    )(SIGNAL)
    expected = _mel(n_fft=400, hop_length=160, n_mels=40, htk=htk, norm=norm, power=power, fmin=20, fmax=7600)
    assert (done.dtype, done.shape) == (np.float32, (40, 101))
    np.testing.assert_allclose(done, expected, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize(
    ("n_fft", "win", "hop"), [(512, 400, 160), (1024, None, 256), (400, 321, 100), (401, 400, 133)]
)
@pytest.mark.parametrize(
    ("center", "pad_mode"), [(True, "constant"), (True, "reflect"), (True, "edge"), (False, "constant")]
)
def test_frames_lie_where_librosas_do(n_fft, win, hop, center, pad_mode):
    done = LogMel(rate=RATE, n_fft=n_fft, win=win, hop=hop, mels=32, center=center, pad_mode=pad_mode, log="none")(
        SIGNAL
    )
    expected = _mel(n_fft=n_fft, win_length=win, hop_length=hop, n_mels=32, center=center, pad_mode=pad_mode)
    np.testing.assert_allclose(done, expected, rtol=1e-4, atol=1e-7)


def test_the_defaults_are_librosas():
    done = LogMel(rate=RATE, log="db", dynamic_range=80)(SIGNAL)
    np.testing.assert_allclose(done, librosa.power_to_db(_mel()), atol=1e-3)


def test_decibels_relative_to_the_largest():
    done = LogMel(rate=RATE, log="db", relative=True, dynamic_range=60)(SIGNAL)
    np.testing.assert_allclose(done, librosa.power_to_db(_mel(), ref=np.max, top_db=60), atol=1e-3)


@pytest.mark.parametrize(("log", "function"), [("natural", np.log), ("log10", np.log10), ("none", lambda x: x)])
def test_the_logarithm_has_a_floor(log, function):
    done = LogMel(rate=RATE, log=log, floor=1e-2)(SIGNAL)
    np.testing.assert_allclose(done, function(np.maximum(_mel(), 1e-2)), rtol=1e-4, atol=1e-4)


def test_energies_can_be_raised_before_the_logarithm():
    done = LogMel(rate=RATE, added=0.01)(SIGNAL)
    np.testing.assert_allclose(done, np.log(_mel() + 0.01), atol=1e-4)


def test_silence_is_the_floor():
    features = LogMel(rate=RATE, floor=1e-5, log="log10")(np.zeros(RATE))
    np.testing.assert_allclose(features, -5, rtol=1e-6)


def test_whispers_features_are_a_recipe():
    options = {"rate": RATE, "n_fft": 400, "hop": 160, "mels": 80, "pad_mode": "reflect"}
    features = LogMel(**options, log="log10", dynamic_range=8)(SIGNAL)
    features = Scale(divisor=4, offset=-1)(Slice(axis=1, stop=-1)(features))
    energy = _mel(n_fft=400, hop_length=160, n_mels=80, pad_mode="reflect")
    expected = np.log10(np.maximum(energy, 1e-10))
    expected = (np.maximum(expected, expected.max() - 8) + 4) / 4
    np.testing.assert_allclose(features, expected[:, :-1], atol=1e-4)


def test_mfcc_equals_librosas():
    features = LogMel(rate=RATE, n_fft=512, hop=160, mels=40, log="db", dynamic_range=80)(SIGNAL)
    expected = librosa.feature.mfcc(y=SIGNAL, sr=RATE, n_mfcc=13, n_fft=512, hop_length=160, n_mels=40)
    np.testing.assert_allclose(Mfcc(coefficients=13)(features), expected, atol=1e-2, rtol=1e-4)


def test_a_recording_is_taken_at_its_rate():
    sound = Sound(SIGNAL[:, np.newaxis], RATE)
    np.testing.assert_array_equal(LogMel(rate=RATE)(sound), LogMel(rate=RATE)(SIGNAL))


@pytest.mark.parametrize(
    ("transform", "content", "message"),
    [
        (
            LogMel(rate=16000),
            Sound(SIGNAL[:, np.newaxis], 8000),
            "log_mel: a recording of 8000 Hz, not 16000 Hz; put `resample: 16000` before",
        ),
        (
            LogMel(rate=16000),
            Sound(np.zeros((9, 2), np.float32), 16000),
            "log_mel: a recording of 2 channels; put `mono` before it",
        ),
        (
            LogMel(rate=16000, n_fft=400, center=False),
            np.zeros(399),
            "log_mel: 399 samples do not fill a frame of 400; use `fix_length` before",
        ),
        (
            LogMel(rate=16000, n_fft=400, pad_mode="reflect"),
            np.zeros(200),
            "log_mel: 200 samples are too few to reflect 200; use `fix_length` before",
        ),
        (
            LogMel(rate=16000),
            np.zeros((2, 2)),
            "log_mel: wants the samples of a recording, not an array of shape [2, 2]",
        ),
        (LogMel(rate=16000), np.zeros(0), "log_mel: wants the samples of a recording, not an array of shape [0]"),
        (LogMel(rate=16000), b"RIFF", "log_mel: wants an array, not bytes; decode the file first"),
        (Mfcc(), np.zeros((13, 4)), "mfcc: no 20 coefficients in shape [13, 4]; use `log_mel` before"),
        (Mfcc(), np.zeros(40), "mfcc: no 20 coefficients in shape [40]; use `log_mel` before"),
    ],
)
def test_content_that_does_not_fit_is_an_error(transform, content, message):
    with pytest.raises(DataError, match=exactly(message)):
        transform(content)
