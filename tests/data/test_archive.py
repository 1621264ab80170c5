"""The files of an archive."""

import hashlib
import io
import tarfile
import zipfile
from concurrent.futures import ThreadPoolExecutor

import pytest

from ovopt.data.archive import Archive
from ovopt.errors import DataError
from tests.factories import exactly

FILES = {
    "set/cat/a.JPG": b"a" * 3000,
    "set/dog/b.png": b"b",
    "top.jpg": b"t",
    "set/.hidden/c.jpg": b"c",
    "__MACOSX/cat/a.jpg": b"x",
}


def write(file, files=FILES):
    if file.suffix == ".zip":
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.mkdir("set")
            for name, content in files.items():
                archive.writestr(name, content)
        return file
    with tarfile.open(file, "w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
        link = tarfile.TarInfo("set/cat/link.jpg")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    return file


@pytest.fixture(params=[".zip", ".tar"])
def file(request, tmp_path):
    return tmp_path / f"data{request.param}"


def opened(file, **keys):
    return Archive(path=str(file), **keys).open((), seed=0)


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({}, {"set/cat/a.JPG": "cat", "set/dog/b.png": "dog"}),
        ({"label": "extension"}, {"set/cat/a.JPG": "jpg", "set/dog/b.png": "png", "top.jpg": "jpg"}),
        ({"rename": {"dog": 4}}, {"set/dog/b.png": 4}),
        ({"suffixes": (".jpg",)}, {"set/cat/a.JPG": "cat"}),
    ],
)
def test_samples_are_its_files_with_labels_from_their_names(file, keys, expected):
    samples = opened(write(file), **keys)
    assert Archive.recognises(str(file))
    assert dict(zip(samples.ids, samples.labels, strict=True)) == expected
    assert [samples.load(i) for i in range(len(samples))] == [FILES[name] for name in expected]
    assert samples.fingerprint == hashlib.sha256(file.read_bytes()).hexdigest()


def test_labels_may_be_missing(file):
    samples = opened(write(file), label="none")
    assert samples.ids == ("set/cat/a.JPG", "set/dog/b.png", "top.jpg")
    assert samples.labels is None


def test_several_threads_read_at_once(file):
    files = {f"x/{i:03d}": bytes([i]) * 5000 for i in range(60)}
    samples = opened(write(file, files))
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(samples.load, range(60))) == list(files.values())


@pytest.mark.parametrize("name", ["../a", "a/../../b", "/etc/passwd", "a\\b"])
def test_a_name_that_leads_outside_is_refused(tmp_path, name):
    file = write(tmp_path / "data.tar", {"ok/a": b"1", name: b"2"})
    message = f"{file}: {name!r} leads outside the archive; make it again with plain names"
    with pytest.raises(DataError, match=exactly(message)):
        opened(file)


def test_a_file_that_is_too_large_is_an_error(file):
    samples = opened(write(file), max_bytes=100)
    message = f"{file}: set/cat/a.JPG: 3,000 bytes, data.source.max_bytes is 100; raise it if that is meant"
    with pytest.raises(DataError, match=exactly(message)):
        samples.load(0)
    assert samples.load(1) == b"b"


def test_an_archive_without_samples_is_an_error(file):
    with pytest.raises(DataError, match=exactly(f"{file}: no files with a label that the recipe knows")):
        opened(write(file), rename={"mouse": 1})


def test_a_missing_archive_is_an_error(file):
    with pytest.raises(DataError, match=exactly(f"{file}: no such archive")):
        opened(file)


def test_junk_is_an_error(file):
    file.write_bytes(b"junk" * 500)
    with pytest.raises(DataError) as told:
        opened(file)
    assert str(told.value).startswith(f"{file}: not a readable .zip or uncompressed .tar: ")


def test_damaged_bytes_are_an_error_of_their_file(tmp_path):
    file = write(tmp_path / "data.zip")
    samples = opened(file)
    content = file.read_bytes()
    place = content.index(b"a.JPG") + 10
    file.write_bytes(content[:place] + bytes(6) + content[place + 6 :])
    with pytest.raises(DataError) as told:
        samples.load(0)
    assert str(told.value).startswith(f"{file}: set/cat/a.JPG: cannot be read: ")


def test_an_archive_that_was_cut_off_is_an_error(tmp_path):
    file = write(tmp_path / "data.tar")
    samples = opened(file)
    file.write_bytes(file.read_bytes()[:1000])
    message = f"{file}: set/cat/a.JPG: cannot be read: the archive is cut off"
    with pytest.raises(DataError, match=exactly(message)):
        samples.load(0)
