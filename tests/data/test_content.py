"""What files hold."""

import hashlib
import sys

import pytest

from ovopt.data.content import hash_of, hash_of_names, read_bytes, read_table, read_text
from ovopt.data.events import Events
from ovopt.data.images import files_below, image_size
from ovopt.errors import DataError, SettingsError
from tests.data.pictures import picture, recording
from tests.factories import exactly


@pytest.mark.parametrize("read", [read_bytes, read_text, hash_of, lambda file: hash_of_names(["x"], [file])])
def test_a_file_that_is_not_there_is_an_error(tmp_path, read):
    with pytest.raises(DataError, match=exactly(f"{tmp_path / 'x'}: cannot be read: No such file or directory")):
        read(tmp_path / "x")


def test_a_file_is_hashed_as_a_whole(tmp_path):
    content = bytes(range(256)) * 9000
    (tmp_path / "x").write_bytes(content)
    assert hash_of(tmp_path / "x") == hashlib.sha256(content).hexdigest()


def test_many_files_are_told_apart_by_name_size_and_what_else_is_given(tmp_path):
    (tmp_path / "a").write_text("1")
    (tmp_path / "b").write_text("12")
    a, b = tmp_path / "a", tmp_path / "b"
    cases = ((["a"], [a]), (["b"], [a]), (["a"], [b]), (["a", "b"], [a, b]), (["a"], [a], "x"), (["a"], [a], "y"))
    assert len({hash_of_names(*case) for case in cases}) == len(cases)


def test_a_table_has_lines_that_span_several(tmp_path):
    file = tmp_path / "t.csv"
    file.write_bytes(b'\xef\xbb\xbfname,label\r\n"a","two\r\nlines"\r\n\r\nb,"x, y",more\r\n')
    rows = list(read_table(file, ("name", "label")))
    assert rows == [(f"{file}:3", ["a", "two\r\nlines"]), (f"{file}:5", ["b", "x, y", "more"])]


def test_images_are_found_in_order_and_hidden_ones_left_out(tmp_path):
    for name in ("b.PNG", "a/c.jpg", ".x.png", ".git/y.png", "t.txt"):
        picture(tmp_path / name)
    assert files_below(tmp_path) == [tmp_path / "a/c.jpg", tmp_path / "b.PNG"]
    assert files_below(tmp_path, None) == [tmp_path / name for name in ("a/c.jpg", "b.PNG", "t.txt")]


def test_a_size_is_width_and_height(tmp_path):
    picture(tmp_path / "a.png", 7, 3)
    assert image_size(tmp_path / "a.png") == (7, 3)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_size_is_that_of_the_upright_image(tmp_path, suffix, orientation):
    from PIL import Image, ImageOps

    exif = Image.Exif()
    exif[0x0112] = orientation
    file = tmp_path / f"a{suffix}"
    Image.new("RGB", (16, 8)).save(file, exif=exif)
    with Image.open(file) as image:
        assert image_size(file) == ImageOps.exif_transpose(image).size


def test_an_image_that_went_away_or_is_no_image_is_an_error(tmp_path):
    with pytest.raises(DataError, match=exactly(f"{tmp_path / 'a.png'}: no such image")):
        image_size(tmp_path / "a.png")
    (tmp_path / "a.png").write_bytes(b"junk")
    with pytest.raises(DataError, match=exactly(f"{tmp_path / 'a.png'}: not a readable image")):
        image_size(tmp_path / "a.png")


def test_an_absurdly_large_image_is_an_error(tmp_path, monkeypatch):
    picture(tmp_path / "a.png", 300, 300)
    monkeypatch.setattr("PIL.Image.MAX_IMAGE_PIXELS", 1000)
    with pytest.raises(DataError, match=rf"\A{tmp_path / 'a.png'}: not a readable image: Image size .90000 pixels."):
        image_size(tmp_path / "a.png")


def test_a_missing_pillow_is_an_error_that_says_what_to_install(tmp_path, monkeypatch):
    picture(tmp_path / "a.png")
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    message = f"{tmp_path / 'a.png'}: reading its size needs Pillow: pip install 'ovopt[vision]'"
    with pytest.raises(SettingsError, match=exactly(message)):
        image_size(tmp_path / "a.png")


def test_a_missing_soundfile_is_an_error_that_says_what_to_install(tmp_path, monkeypatch):
    recording(tmp_path / "a.wav")
    (tmp_path / "events.csv").write_text("file,onset_s,offset_s,class\n")
    monkeypatch.setitem(sys.modules, "soundfile", None)
    message = f"{tmp_path / 'a.wav'}: reading its length needs soundfile: pip install 'ovopt[audio]'"
    with pytest.raises(SettingsError, match=exactly(message)):
        Events(path=str(tmp_path), frame_rate=10, class_count=2).open((), 0)
