"""Frames and clips of films."""

import numpy as np
import pytest

from ovopt.contracts import Parts
from ovopt.data.film import frame_count, frames_of
from ovopt.data.video import Video
from ovopt.errors import DataError
from tests.data.films import STEP, film, number_of
from tests.factories import exactly

SUFFIXES = [".mp4", ".avi", ".mkv"]


def opened(path, **keys):
    return Video(path=str(path), **keys).open((), 0)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_frame_is_found_by_its_number_wherever_the_key_frames_are(tmp_path, suffix):
    file = film(tmp_path / f"a{suffix}")
    assert frame_count(file) == 40
    for numbers in ([0], [39], [17], [11, 12, 13], [5, 5, 30], range(40)):
        assert [number_of(frame) for frame in frames_of(file, numbers)] == list(numbers)


def test_pixels_without_loss_are_those_that_were_written(tmp_path):
    (frame,) = frames_of(film(tmp_path / "a.mkv"), [9])
    assert (frame.dtype, frame.shape) == (np.uint8, (16, 32, 3))
    np.testing.assert_array_equal(frame[:, 16:], STEP * 9)
    np.testing.assert_array_equal(frame[:, :16], 0)


def test_samples_are_every_so_many_frames_of_every_film(tmp_path):
    for name in ("walk/a.mp4", "walk/b.avi", "run/deep/c.mkv"):
        film(tmp_path / name)
    samples = opened(tmp_path, every=16)
    assert Video.recognises(str(tmp_path))
    assert samples.ids == tuple(
        f"{name}@{start}" for name in ("run/deep/c.mkv", "walk/a.mp4", "walk/b.avi") for start in (0, 16, 32)
    )
    assert samples.labels == ("run",) * 3 + ("walk",) * 6
    assert [number_of(samples.load(index)) for index in range(9)] == [0, 16, 32] * 3
    assert samples.column("film") == ["run/deep/c.mkv"] * 3 + ["walk/a.mp4"] * 3 + ["walk/b.avi"] * 3


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"clip": 10}, [range(10), range(10, 20), range(20, 30), range(30, 40)]),
        ({"clip": 3, "stride": 5, "every": 20}, [(0, 5, 10), (20, 25, 30)]),
        ({"clip": 4, "stride": 2, "clips": 1}, [(16, 18, 20, 22)]),
        ({"clip": 4, "clips": 3}, [range(4), range(18, 22), range(36, 40)]),
        ({"clip": 4, "stride": 20}, [(0, 20, 39, 39)]),
    ],
)
def test_a_clip_is_parts(tmp_path, keys, expected):
    samples = opened(film(tmp_path / "a.mp4"), **keys)
    contents = [samples.load(index) for index in range(len(samples))]
    assert all(isinstance(content, Parts) for content in contents)
    assert [[number_of(frame) for frame in content] for content in contents] == [list(one) for one in expected]
    assert samples.labels is None


def test_a_film_shorter_than_a_clip_ends_in_its_last_frame_again_and_again(tmp_path):
    samples = opened(film(tmp_path / "a.avi", frames=3), clip=5)
    assert [number_of(frame) for frame in samples.load(0)] == [0, 1, 2, 2, 2]


def test_a_table_labels_films(tmp_path):
    for name in ("a.mp4", "b.mp4", "c.mp4"):
        film(tmp_path / name, frames=5)
    (tmp_path / "labels.csv").write_text("film,label\nc.mp4,run\na.mp4,walk\n")
    samples = opened(tmp_path, labels="labels.csv", every=4)
    assert Video.recognises(str(tmp_path))
    assert dict(zip(samples.ids, samples.labels, strict=True)) == {
        "a.mp4@0": "walk", "a.mp4@4": "walk", "c.mp4@0": "run", "c.mp4@4": "run",
    }  # fmt: skip


def test_a_table_labels_frames_which_alone_are_samples_then(tmp_path):
    film(tmp_path / "a.mp4")
    film(tmp_path / "b.mp4")
    (tmp_path / "frames.tsv").write_text("film\tframe\tlabel\na.mp4\t33\topen\na.mp4\t2\tshut\n")
    samples = opened(tmp_path, labels="frames.tsv")
    assert dict(zip(samples.ids, samples.labels, strict=True)) == {"a.mp4@2": "shut", "a.mp4@33": "open"}
    assert [number_of(samples.load(index)) for index in range(2)] == [2, 33]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("f,label\nx.mp4,a\n", "{0}/l.csv: 1 of its films are missing: {0}/x.mp4"),
        ("f,n,label\na.mp4,x,a\n", "{0}/l.csv:2: the frame is a number from 0 on, not 'x'"),
        ("f,n,label\na.mp4,1,a\na.mp4,1,b\n", "{0}/l.csv:3: a.mp4 has a label already"),
        ("f,label\n", "{0}/l.csv: names none of the films"),
    ],
)
def test_a_table_that_does_not_fit_is_an_error(tmp_path, text, fault):
    film(tmp_path / "a.mp4", frames=2)
    (tmp_path / "l.csv").write_text(text)
    with pytest.raises(DataError, match=exactly(fault.format(tmp_path))):
        opened(tmp_path, labels="l.csv")


def test_a_film_that_cannot_be_read_is_one_bad_sample(tmp_path):
    film(tmp_path / "a.mp4", frames=2)
    (tmp_path / "b.mp4").write_bytes(b"no film")
    samples = opened(tmp_path)
    assert samples.ids == ("a.mp4@0", "b.mp4@0")
    fault = f"{tmp_path}/b.mp4: not a readable film: Invalid data found when processing input"
    with pytest.raises(DataError, match=exactly(fault)):
        samples.load(1)


def test_a_frame_behind_the_end_is_an_error(tmp_path):
    file = film(tmp_path / "a.mp4", frames=4)
    fault = f"{file}: frame 9 cannot be decoded; the film is cut off, or shorter than it says"
    with pytest.raises(DataError, match=exactly(fault)):
        frames_of(file, [2, 9])


def test_folders_of_other_things_are_no_films(tmp_path):
    (tmp_path / "notes.txt").write_text("x")
    assert not Video.recognises(str(tmp_path))
    film(tmp_path / "a.mp4", frames=2)
    (tmp_path / "a.png").write_bytes(b"x")
    assert not Video.recognises(str(tmp_path))
    assert Video.recognises(str(tmp_path / "a.mp4"))
    (tmp_path / "void").mkdir()
    with pytest.raises(DataError) as caught:
        opened(tmp_path / "void")
    assert str(caught.value).startswith(f"{tmp_path}/void: holds no films (.avi, .m4v, ")
