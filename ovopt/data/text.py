"""A text file: a sample per line, paragraph, sentence of tagged words, or stretch of characters."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Field, model_validator

from ovopt.contracts import DataSource, Samples
from ovopt.data.content import Encoding, file_at, hash_of
from ovopt.errors import DataError
from ovopt.given_file import beyond, open_file
from ovopt.locate import expand
from ovopt.records import Port

MARK = b"\xef\xbb\xbf"
"""What a UTF-8 file may begin with."""
SENTENCES, DOCUMENT = ".conll", "-DOCSTART-"
"""The suffix of files with a word and its tag on each line, and what begins a document in them."""


class Text(DataSource):
    """A text file. A sample is a line, a paragraph, or a stretch of so many characters; blank ones are left out.

    Only the places of samples are held in memory, and each text is read when it is needed.
    """

    name: ClassVar[str] = "text"
    path: str
    label: Literal["none", "tab", "words"] | None = Field(
        default=None,
        description="where a label comes from: nowhere, behind the last tab of a line, or, of sentences between blank "
        "lines, from the last column of the line of each word, of which the first is the word; default: words in a "
        ".conll, else nowhere",
    )
    paragraphs: bool = Field(default=False, description="a sample is what stands between blank lines")
    chars: int | None = Field(
        default=None, gt=0, description="a sample is so many characters, for language models; the last has fewer"
    )
    encoding: Encoding = Field(default="utf-8", description="of a file that is not UTF-8, such as latin-1")
    take: int | None = Field(default=None, gt=0, description="only the first so many samples")
    max_bytes: int = Field(default=64 << 20, gt=0, description="a longer line or paragraph is refused")

    @model_validator(mode="after")
    def _one_way_to_divide(self) -> Text:
        labelled = self.label in ("tab", "words")
        if sum((self.paragraphs, self.chars is not None, labelled)) > 1:
            raise ValueError(
                f"only one of `paragraphs`, `chars` and `label: {self.label if labelled else 'tab'}` can be given"
            )
        if "\t\n".encode(self.encoding) != b"\t\n":
            raise ValueError(f"text in {self.encoding} is not read; convert the file, as `iconv -t utf-8` does")
        return self

    @classmethod
    def recognises(cls, path: str) -> bool:
        """True for the suffixes .txt and .conll."""
        return Path(path).suffix.lower() in (".txt", SENTENCES)

    @property
    def _labels(self) -> str:
        of_words = Path(self.path).suffix.lower() == SENTENCES and not self.paragraphs and self.chars is None
        return self.label or ("words" if of_words else "none")

    def open(self, inputs: Sequence[Port], seed: int) -> Samples:
        """Samples of the file's lines, paragraphs or stretches. Raises DataError where there is none, or it is of
        another encoding."""
        file = file_at(expand(self.path), "text file")
        found = self._found(file)
        if not found.begins:
            raise DataError(f"{file}: holds no text")

        def load(index: int) -> str | list[str]:
            begin, end = found.begins[index], found.ends[index]
            with open_file(file, DataError) as stream:
                stream.seek(begin)
                text = stream.read(end - begin).decode(self.encoding, errors="replace")
            if self._labels == "words":
                return [line.split()[0] for line in text.rstrip().split("\n")]
            return text if self.chars else text.rstrip("\r\n")

        return Samples(
            source=str(file),
            ids=tuple(f"{file.name}:{number}" for number in found.numbers),
            labels=None if self._labels == "none" else tuple(found.labels),
            load=load,
            fingerprint=hash_of(file),
            keys=tuple(map(str, found.numbers)),
        )

    def _found(self, file: Path) -> _Found:
        pieces = (
            _stretches(file, self.chars, self.encoding) if self.chars else _lines(file, self.max_bytes, self.encoding)
        )
        found = _Found()
        pieces = _paragraphs(pieces) if self.paragraphs else _sentences(pieces) if self._labels == "words" else pieces
        for piece in pieces:
            if self.take and len(found.begins) == self.take:
                break
            if piece.end - piece.begin > self.max_bytes:
                raise DataError(_too_long(file, piece.number, self.max_bytes))
            if piece.text.strip():
                found.add(*self._labelled(piece, file))
        return found

    def _labelled(self, piece: _Piece, file: Path) -> tuple[_Piece, str | list[str]]:
        if self._labels == "none":
            return piece, ""
        if self._labels == "words":
            lines = [line.split() for line in piece.text.rstrip().split("\n")]
            for number, columns in enumerate(lines, start=piece.number):
                if len(columns) < 2:
                    raise DataError(f"{file}:{number}: wants a word and, in the last column, its tag")
            return piece, [columns[-1] for columns in lines]
        text, tab, label = piece.text.rstrip("\r\n").rpartition("\t")
        if not tab or not text.strip() or not label.strip():
            raise DataError(f"{file}:{piece.number}: wants text, a tab and a label")
        return _Piece(piece.number, piece.begin, piece.begin + len(text.encode(self.encoding)), text), label.strip()


@dataclass(frozen=True)
class _Piece:
    number: int
    """Of the line that it begins with, or of the stretch; from 1 on."""
    begin: int
    end: int
    text: str


@dataclass(frozen=True)
class _Found:
    """Places of samples in the file, in 24 bytes each."""

    numbers: array[int] = field(default_factory=lambda: array("Q"))
    begins: array[int] = field(default_factory=lambda: array("Q"))
    ends: array[int] = field(default_factory=lambda: array("Q"))
    labels: list[Any] = field(default_factory=list)

    def add(self, piece: _Piece, label: str | list[str]) -> None:
        self.numbers.append(piece.number)
        self.begins.append(piece.begin)
        self.ends.append(piece.end)
        if label:
            self.labels.append(label)


def _lines(file: Path, limit: int, encoding: str) -> Iterator[_Piece]:
    begin = 0
    with open_file(file, DataError) as stream:
        for number, line in enumerate(iter(partial(stream.readline, limit + 1), b""), start=1):
            if len(line) > limit:
                raise DataError(_too_long(file, number, limit))
            mark = len(MARK) if number == 1 and line.startswith(MARK) else 0
            try:
                yield _Piece(number, begin + mark, begin + len(line), line[mark:].decode(encoding))
            except UnicodeDecodeError:
                raise DataError(f"{file}:{number}: {_of_another(encoding)}") from None
            begin += len(line)


def _of_another(encoding: str) -> str:
    said = encoding.upper() if encoding == "utf-8" else encoding
    return f"not {said} text; say how it is written, as in --set data.source.encoding=latin-1, or convert it"


def _too_long(file: Path, number: int, limit: int) -> str:
    return f"{file}:{number}: a text of {beyond(limit + 1, 'bytes or more', 'data.source.max_bytes', limit)}"


def _paragraphs(lines: Iterator[_Piece]) -> Iterator[_Piece]:
    number = begin = end = 0
    for line in lines:
        if line.text.strip():
            if not number:
                number, begin = line.number, line.begin
            end = line.end
        elif number:
            yield _Piece(number, begin, end, "paragraph")
            number = 0
    if number:
        yield _Piece(number, begin, end, "paragraph")


def _sentences(lines: Iterator[_Piece]) -> Iterator[_Piece]:
    """Lines of words between blank ones, and those that begin a document."""
    held: list[_Piece] = []
    for line in lines:
        if line.text.strip() and not line.text.startswith(DOCUMENT):
            held.append(line)
        elif held:
            yield _joined(held)
            held = []
    if held:
        yield _joined(held)


def _joined(lines: Sequence[_Piece]) -> _Piece:
    return _Piece(lines[0].number, lines[0].begin, lines[-1].end, "".join(line.text for line in lines))


def _stretches(file: Path, chars: int, encoding: str) -> Iterator[_Piece]:
    with file.open("rb") as raw:
        begin = len(MARK) if raw.read(len(MARK)) == MARK else 0
    number = 1
    with file.open(encoding="utf-8-sig" if begin else encoding, newline="") as stream:
        try:
            while text := stream.read(chars):
                end = begin + len(text.encode(encoding))
                yield _Piece(number, begin, end, text)
                number, begin = number + 1, end
        except UnicodeDecodeError:
            raise DataError(f"{file}: after {begin:,} bytes {_of_another(encoding)}") from None
