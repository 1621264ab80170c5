"""Writers of the content types that have a format of their own: images, sounds, archives, arrays."""

import base64
import bz2
import gzip
import io
import json
import lzma
import math
import sqlite3
import struct
import tarfile
import textwrap
import wave
import zipfile
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

# isort: split  # the modules of this folder
from templates import load_templates
from vocabulary import Dice

PDF_PAGE = """<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842]
/Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>"""
FIRST_ZIP_DATE = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class BinaryType:
    """How to write one kind of file that has a format of its own."""

    extension: str
    write: Callable[[Dice], bytes]


def json_value(dice: Dice, depth: int) -> object:
    """Give a random JSON value, with lists and objects nested at most ``depth`` deep."""
    kinds = ("int", "float", "phrase", "bool", "none") + ("object", "object", "list") * min(depth, 1)
    match dice.rng.choice(kinds):
        case "object":
            return {dice.fill("@adj@_@noun@"): json_value(dice, depth - 1) for _ in range(dice.between(1, 5))}
        case "list":
            return [json_value(dice, depth - 1) for _ in range(dice.between(0, 5))]
        case "int":
            return dice.between(0, 10_000)
        case "float":
            return dice.below_hundred()
        case "bool":
            return dice.rng.random() < 0.5
        case "none":
            return None
        case kind:
            return dice.fill(f"@{kind}@")


def write_json(dice: Dice) -> bytes:
    """Write an object of 3 to 12 random values, with the indentation that chance picks."""
    record = {dice.fill("@noun@"): json_value(dice, 3) for _ in range(dice.between(3, 12))}
    return json.dumps(record, indent=dice.rng.choice((1, 2, 4))).encode() + b"\n"


def picture(dice: Dice) -> Image.Image:
    """Draw a colour gradient and a few ellipses, boxes and lines, 12 to 40 pixels a side."""
    width, height = dice.between(12, 40), dice.between(12, 40)
    rows, columns = np.mgrid[0:height, 0:width]
    slopes = [(dice.between(-5, 5), dice.between(-5, 5), dice.between(0, 255)) for _ in range(3)]
    planes = [np.clip(start + down * rows + right * columns, 0, 255) for down, right, start in slopes]
    image = Image.fromarray(np.stack(planes, axis=-1).astype(np.uint8))
    draw = ImageDraw.Draw(image)
    for _ in range(dice.between(1, 6)):
        left, right = sorted((dice.between(0, width - 1), dice.between(0, width - 1)))
        top, bottom = sorted((dice.between(0, height - 1), dice.between(0, height - 1)))
        shape = dice.rng.choice((draw.ellipse, draw.rectangle, draw.line))
        shape((left, top, right, bottom), fill=f"#{dice.fill('@hex@')}")
    return image


def image_writer(file_format: str) -> Callable[[Dice], bytes]:
    """Give the function that writes a picture in a format of Pillow."""

    def write(dice: Dice) -> bytes:
        stream = io.BytesIO()
        picture(dice).save(stream, file_format)
        return stream.getvalue()

    return write


def write_wav(dice: Dice) -> bytes:
    """Write a sum of three sines: mono, 8 or 16 bit, at most 4 KB."""
    width = dice.rng.choice((1, 2))
    rate = dice.rng.choice((8_000, 16_000, 22_050))
    time = np.arange(dice.between(300, 2_000)) / rate
    tones = [np.sin(2 * np.pi * dice.between(100, 3_000) * time) for _ in range(3)]
    signal = np.sum(tones, axis=0) / 3
    samples = (signal * 120 + 128).astype(np.uint8) if width == 1 else (signal * 32_000).astype("<i2")
    stream = io.BytesIO()
    with wave.open(stream, "wb") as sound:
        sound.setparams((1, width, rate, len(samples), "NONE", "not compressed"))
        sound.writeframes(samples.tobytes())
    return stream.getvalue()


def members(dice: Dice) -> dict[str, bytes]:
    """Give one to three named text files to put into an archive."""
    templates = load_templates()
    labels = dice.rng.sample(sorted(templates), dice.between(1, 2))
    return {dice.fill(f"@adj@_@noun@.{templates[label].extension}"): templates[label].write(dice) for label in labels}


def text(dice: Dice) -> bytes:
    """Give one to twelve paragraphs, to be compressed."""
    return "\n\n".join(dice.paragraph() for _ in range(dice.between(1, 30))).encode()


def write_zip(dice: Dice) -> bytes:
    """Write a zip archive in which each file has the first date that zip can hold."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members(dice).items():
            archive.writestr(zipfile.ZipInfo(name, FIRST_ZIP_DATE), content, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def write_tar(dice: Dice) -> bytes:
    """Write a tar archive that ends after its two closing blocks, without padding to a tape record."""
    blocks = []
    for name, content in members(dice).items():
        header = tarfile.TarInfo(name)
        header.size, header.mtime = len(content), dice.between(1_400_000_000, 1_700_000_000)
        header.uname = header.gname = dice.fill("@noun@")
        blocks += [header.tobuf(tarfile.USTAR_FORMAT), content, bytes(-len(content) % tarfile.BLOCKSIZE)]
    return b"".join([*blocks, bytes(2 * tarfile.BLOCKSIZE)])


def array(dice: Dice) -> NDArray[np.generic]:
    """Give a small random array of one to three dimensions."""
    shape = [dice.between(2, 8) for _ in range(dice.between(1, 3))]
    values = [dice.below_hundred() for _ in range(math.prod(shape))]
    return np.array(values).reshape(shape).astype(dice.rng.choice(("float32", "float64", "int64", "int32", "uint8")))


def write_npy(dice: Dice) -> bytes:
    """Write one array in NumPy's own format."""
    stream = io.BytesIO()
    np.save(stream, array(dice))
    return stream.getvalue()


def write_npz(dice: Dice) -> bytes:
    """Write one to four named arrays, compressed or not."""
    arrays = {dice.fill("@adj@_@noun@"): array(dice) for _ in range(dice.between(1, 4))}
    stream = io.BytesIO()
    save = dice.rng.choice((np.savez, np.savez_compressed))
    save(stream, allow_pickle=False, **arrays)
    return stream.getvalue()


def write_pdf(dice: Dice) -> bytes:
    """Write one page of Helvetica text as PDF 1.4 (reference, section 3.4: header, body, table, trailer)."""
    lines = [dice.sentence() for _ in range(dice.between(2, 12))]
    shown = "\n".join(f"({line}) Tj T*" for line in lines)
    page = f"BT /F1 {dice.between(8, 14)} Tf 14 TL {dice.between(40, 90)} 780 Td\n{shown}\nET"
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        PDF_PAGE,
        f"<< /Length {len(page)} >>\nstream\n{page}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        dice.fill("<< /Title (@Title@) /Author (@person@) /Producer (@Noun@ @version@) >>"),
    ]
    content, starts = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n", []
    for number, body in enumerate(objects, start=1):
        starts.append(len(content))
        content += f"{number} 0 obj\n{body}\nendobj\n".encode()
    size = len(objects) + 1
    table = "".join(f"{start:010} 00000 n \n" for start in starts)
    trailer = f"trailer\n<< /Size {size} /Root 1 0 R /Info 6 0 R >>\nstartxref\n{len(content)}\n%%EOF\n"
    return content + f"xref\n0 {size}\n0000000000 65535 f \n{table}{trailer}".encode()


def write_pem(dice: Dice) -> bytes:
    """Write random bytes under the heading of a certificate or a public key; none of them is a real one."""
    blocks = []
    for _ in range(dice.between(1, 2)):
        kind = dice.rng.choice(("CERTIFICATE", "PUBLIC KEY", "CERTIFICATE REQUEST"))
        size = dice.between(200, 900)
        der = b"\x30\x82" + struct.pack(">H", size) + dice.rng.randbytes(size)
        body = "\n".join(textwrap.wrap(base64.b64encode(der).decode(), 64))
        blocks.append(f"-----BEGIN {kind}-----\n{body}\n-----END {kind}-----\n")
    return "".join(blocks).encode()


def write_sqlite(dice: Dice) -> bytes:
    """Write a one-table database with 512-byte pages, without the version of the library that wrote it."""
    connection = sqlite3.connect(":memory:")
    connection.execute("PRAGMA page_size = 512")
    names = dice.fill("@noun@ @adj@_@noun2@ @noun3@_name").split()
    connection.execute(f"CREATE TABLE {names[0]} (id INTEGER PRIMARY KEY, {names[1]} REAL, {names[2]} TEXT)")
    rows = [(dice.below_hundred(), dice.fill("@person@, @city@")) for _ in range(dice.between(3, 70))]
    connection.executemany(f"INSERT INTO {names[0]} ({names[1]}, {names[2]}) VALUES (?, ?)", rows)
    connection.commit()
    content = bytearray(connection.serialize())
    connection.close()
    content[96:100] = bytes(4)  # SQLITE_VERSION_NUMBER, section 1.3 of the file format
    return bytes(content)


BINARIES = {
    "json": BinaryType("json", write_json),
    "png": BinaryType("png", image_writer("PNG")),
    "gif": BinaryType("gif", image_writer("GIF")),
    "bmp": BinaryType("bmp", image_writer("BMP")),
    "jpeg": BinaryType("jpg", image_writer("JPEG")),
    "tiff": BinaryType("tif", image_writer("TIFF")),
    "wav": BinaryType("wav", write_wav),
    "zip": BinaryType("zip", write_zip),
    "gzip": BinaryType("gz", lambda dice: gzip.compress(text(dice), mtime=0)),
    "bzip": BinaryType("bz2", lambda dice: bz2.compress(text(dice))),
    "xz": BinaryType("xz", lambda dice: lzma.compress(text(dice))),
    "tar": BinaryType("tar", write_tar),
    "npy": BinaryType("npy", write_npy),
    "npz": BinaryType("npz", write_npz),
    "pdf": BinaryType("pdf", write_pdf),
    "pem": BinaryType("pem", write_pem),
    "sqlite": BinaryType("sqlite", write_sqlite),
}
