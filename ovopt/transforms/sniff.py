"""Kind of a file by its first bytes, for messages about files that cannot be decoded."""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence

Signature = tuple[int, bytes, str]
"""Offset, bytes, meaning."""
IMAGES: tuple[Signature, ...] = (
    (0, b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (0, b"\xff\xd8\xff", "a JPEG image"),
    (0, b"GIF8", "a GIF image"),
    (0, b"BM", "a BMP image"),
    (0, b"II*\0", "a TIFF image"),
    (0, b"MM\0*", "a TIFF image"),
    (8, b"WEBP", "a WebP image"),
    (4, b"ftypavif", "an AVIF image"),
    (4, b"ftyphei", "a HEIC image"),
    (4, b"ftypmif1", "a HEIC image"),
)
RECORDINGS: tuple[Signature, ...] = (
    (8, b"WAVE", "a WAV recording"),
    (8, b"AIFF", "an AIFF recording"),
    (4, b"ftypM4A", "an MPEG-4 recording"),
    (0, b"fLaC", "a FLAC recording"),
    (0, b"OggS", "an Ogg recording"),
    (0, b"ID3", "an MP3 recording"),
    (0, b"\xff\xfb", "an MP3 recording"),
    (0, b"\xff\xf3", "an MP3 recording"),
)
OTHERS: tuple[Signature, ...] = (
    (8, b"AVI ", "an AVI video"),
    (4, b"ftyp", "an MPEG-4 video"),
    (0, b"\x1aE\xdf\xa3", "a Matroska or WebM video"),
    (0, b"%PDF", "a PDF document"),
    (0, b"PK\x03\x04", "a ZIP archive"),
    (0, b"\x1f\x8b", "a gzip file"),
    (0, b"BZh", "a bzip2 file"),
    (0, b"\xfd7zXZ", "an xz file"),
    (0, b"7z\xbc\xaf", "a 7z archive"),
    (257, b"ustar", "a tar archive"),
    (0, b"\x7fELF", "an ELF binary"),
    (0, b"\x93NUMPY", "a NumPy array (use `npy`)"),
    (0, b"\x89HDF", "an HDF5 file"),
    (0, b"PAR1", "a parquet table"),
    (0, b"version https://git-lfs", "a Git LFS pointer, not the file itself (run `git lfs pull`)"),
)
"""The first match counts, of images before recordings before others."""
LOOKED_AT = 512
"""Bytes that tell text from anything else."""


def seems(content: bytes) -> str:
    """A noun phrase: "a PNG image", "an HTML page", "an empty file", "a file of unknown kind"."""
    if not content:
        return "an empty file"
    if known := _known(content, (*IMAGES, *RECORDINGS, *OTHERS)):
        return known
    if not any(content[:LOOKED_AT]):
        return "a file of zeros"
    return _text(content[:LOOKED_AT]) or "a file of unknown kind"


def is_image(content: bytes) -> bool:
    """True where the first bytes are those of an image."""
    return _known(content, IMAGES) is not None


def is_recording(content: bytes) -> bool:
    """True where the first bytes are those of a recording of sound."""
    return _known(content, RECORDINGS) is not None


def _known(content: bytes, signatures: Sequence[Signature]) -> str | None:
    return next((said for offset, start, said in signatures if content.startswith(start, offset)), None)


def _text(start: bytes) -> str | None:
    """The kind of text, or None. A character cut at the end of the stretch is no fault."""
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError:
        return None
    if any(ord(character) < 32 and character not in "\t\n\r\f" for character in text):
        return None
    head = text.lstrip("\ufeff \t\r\n").lower()
    if re.match(r"<(!doctype\s+)?html", head):
        return "an HTML page"
    if head.startswith(("<?xml", "<svg")):
        return "an SVG or XML document"
    return "JSON text" if head.startswith(("{", "[")) else "plain text"
