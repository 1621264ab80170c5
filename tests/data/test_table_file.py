"""The file of a table, before a library reads it."""

import io
import sys
import tarfile

import pytest

from ovopt.data.table_file import TableLimits, check_table
from ovopt.errors import DataError
from tests.factories import exactly

LIMITS = TableLimits(columns=3, rows=2, bytes=1 << 16)
COLUMNS = "data.source.max_columns is 3; raise it if that is meant"
ROWS = "data.source.max_rows is 2; raise it if that is meant"
BYTES = "data.source.max_bytes is 65,536; raise it if that is meant"
NO_ROW = "not a row: a row of JSON is an object, on a line of its own or in a list"


def _written(folder, name, content):
    file = folder / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


NO_ROWS = ("null\n", "{}\nnull\n", "5\n", '"a"', "[1]\n[2]\n", "[{}, null]", "{", "{} null", "[{}] 1")


@pytest.mark.parametrize("text", NO_ROWS)
@pytest.mark.parametrize("name", ["t.json", "t.jsonl"])
def test_json_of_anything_but_objects_is_refused(tmp_path, name, text):
    file = _written(tmp_path, name, text)
    line = 2 if text.startswith("{}\n") else 1
    with pytest.raises(DataError, match=exactly(f"{file}:{line}: {NO_ROW}")):
        check_table(file, LIMITS)


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1}\n\n{"a": null}\n',
        '\ufeff{"a": "[[[["}\r\n',
        '[{"a": 1}, {"a": 2}]',
        '\n [\n  {"a": 1}\n]\n',
        '{\n"a": 1}\n{\n"a": 2}\n',
        f'{{"a": {"[" * 90 + "]" * 90}}}',
        f'{{"a": [{", ".join(["[]"] * 500)}]}}',
        f'{{"a": "{"[" * 500}"}}',
    ],
)
def test_json_rows_are_taken_in_every_usual_form(tmp_path, text):
    check_table(_written(tmp_path, "t.json", text), LIMITS)


def test_json_that_goes_too_deep_is_refused(tmp_path):
    for text in ('{"a": ' + "[" * 100_000 + "}", '{"a": ' + "[" * 100_000 + "]" * 100_000 + "}"):
        file = _written(tmp_path, "t.jsonl", text)
        message = f"{file}:1: 100,001 lists and objects inside each other, at most 100 are read"
        with pytest.raises(DataError, match=exactly(message)):
            check_table(file, TableLimits(3, 2, 1 << 20))
    file = _written(tmp_path, "t.json", "[" * 1000)
    with pytest.raises(
        DataError, match=exactly(f"{file}: 1,000 lists and objects inside each other, at most 100 are read")
    ):
        check_table(file, LIMITS)


def test_more_columns_rows_or_bytes_than_the_recipe_says_are_refused(tmp_path):
    for name, content, fault in (
        ("a.csv", "a,b,c,d\n", f": 4 columns, {COLUMNS}"),
        ("a.tsv", "a\tb\tc\td\n", f": 4 columns, {COLUMNS}"),
        ("a.json", '{"a": 1, "b": 1, "c": 1, "d": 1}', f": 4 columns, {COLUMNS}"),
        ("b.json", '[{"a": 1, "b": 1, "c": 1, "d": 1}]', f": 4 columns, {COLUMNS}"),
        ("a.jsonl", "{}\n" * 3, f": 3 rows, {ROWS}"),
        ("b.jsonl", b" " * 70_000, f":1: a line of 65,537 bytes or more, {BYTES}"),
        ("b.csv", b"\0" * 70_000, f":1: a line of 65,537 bytes or more, {BYTES}"),
    ):
        file = _written(tmp_path, name, content)
        with pytest.raises(DataError, match=exactly(f"{file}{fault}")):
            check_table(file, LIMITS)


def test_columns_and_rows_of_binary_tables_are_counted_before_they_are_loaded(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    wide, long = pyarrow.table({name: [1] for name in "abcd"}), pyarrow.table({"a": [1, 2, 3]})
    for table, fault in (
        (wide, f"4 columns, {COLUMNS}"),
        (long, f"3 rows, {ROWS}"),
    ):
        parquet.write_table(table, tmp_path / "t.parquet")
        (tmp_path / "t.arrow").write_bytes(_stream(table))
        for name in ("t.parquet", "t.arrow"):
            with pytest.raises(DataError, match=exactly(f"{tmp_path / name}: {fault}")):
                check_table(tmp_path / name, LIMITS)
            check_table(tmp_path / name, TableLimits(4, sys.maxsize, 1))


def test_offsets_that_lead_outside_an_arrow_file_are_refused(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    content = _stream(pyarrow.table({"a": ["xy", "z"]}))
    offsets = b"".join(number.to_bytes(4, "little") for number in (0, 2, 3))
    assert content.count(offsets) == 1
    far = b"".join(number.to_bytes(4, "little") for number in (0, 2, 1 << 30))
    file = _written(tmp_path, "t.arrow", content.replace(offsets, far))
    with pytest.raises(DataError, match=rf"\A{file}: not a readable .arrow file: ."):
        check_table(file, LIMITS)


@pytest.mark.parametrize("suffix", [".arrow", ".parquet"])
def test_junk_is_refused(tmp_path, suffix):
    pytest.importorskip("pyarrow")
    for junk in (b"", b"junk", b"PAR1" * 9, b"\xff" * 64):
        file = _written(tmp_path, f"t{suffix}", junk)
        with pytest.raises(DataError, match=rf"\A{file}: not a readable {suffix} file: ."):
            check_table(file, LIMITS)


def _stream(table):
    from pyarrow import ipc

    stream = io.BytesIO()
    with ipc.new_stream(stream, table.schema) as writer:
        writer.write_table(table)
    return stream.getvalue()


def test_a_parquet_row_of_more_values_than_memory_holds_is_refused(tmp_path, monkeypatch):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    file = tmp_path / "t.parquet"
    parquet.write_table(pyarrow.table({"a": [[0] * 5000]}), file)
    check_table(file, LIMITS)
    monkeypatch.setattr("ovopt.model.ports.extent.physical_bytes", lambda: 9998)
    message = f"{file}: a column would take 0.00477 MiB, more than half of this machine's memory; make it smaller"
    with pytest.raises(DataError, match=exactly(message)):
        check_table(file, LIMITS)


def _tar(file, *members):
    with tarfile.open(file, "w") as archive:
        for member in members:
            archive.addfile(member, io.BytesIO(bytes(member.size)))
    return file


def test_a_large_file_in_an_archive_is_refused(tmp_path):
    member = tarfile.TarInfo("0.jpg")
    member.size = 1 << 17
    file = _tar(tmp_path / "t.tar", member)
    with pytest.raises(DataError, match=exactly(f"{file}: '0.jpg' in it: 131,072 bytes, {BYTES}")):
        check_table(file, LIMITS)
    check_table(file, TableLimits(columns=3, rows=2, bytes=1 << 17))


def test_a_file_of_an_archive_that_is_longer_than_what_is_stored_is_refused(tmp_path):
    sparse = tarfile.TarInfo("0.jpg")
    sparse.type = tarfile.GNUTYPE_SPARSE
    file = _tar(tmp_path / "t.tar", sparse)
    with pytest.raises(DataError, match=exactly(f"{file}: '0.jpg' in it is sparse; write it as a plain file")):
        check_table(file, LIMITS)


def test_what_is_no_archive_is_refused(tmp_path):
    file = _written(tmp_path, "t.tar", b"junk")
    with pytest.raises(DataError, match=rf"\A{file}: not a readable \.tar file: ."):
        check_table(file, LIMITS)
