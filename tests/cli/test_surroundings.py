"""The system around a run."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ovopt.cli.surroundings import check_words, show_any_text
from ovopt.errors import UsageError
from tests.cli import run
from tests.factories import exactly


@pytest.mark.parametrize(
    ("encoding", "seen"),
    [
        ("ascii", "a2 sqrt2 +-3 % um #-* ... ? e"),
        ("latin-1", "a² sqrt2 ±3 % µm #-* ... ? é"),
        ("utf-8", "a² √2 ±3 % µm █─▆ … 📏 é"),
    ],
)
def test_a_terminal_shows_what_its_encoding_lacks_by_what_is_like_it(
    monkeypatch: pytest.MonkeyPatch, encoding: str, seen: str
) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding))
    show_any_text()
    print("a² √2 ±3 % µm █─▆ … 📏 é", end="", flush=True)
    assert raw.getvalue().decode(encoding) == seen


def test_a_name_that_is_no_text_is_refused_at_the_start() -> None:
    check_words(["größe.onnx", "-o", "out"])
    message = (
        "b\\xfcse.onnx: is no text in utf-8, the encoding of this process; "
        "rename it, or set LC_ALL=C.UTF-8 where it is UTF-8"
    )
    with pytest.raises(UsageError, match=exactly(message)):
        check_words(["compare", os.fsdecode(b"b\xfcse.onnx")])


def test_standard_output_that_takes_nothing_is_told(tmp_path: Path) -> None:
    told = "error: standard output: No space left on device; make room there\n"
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            run.command("--version"), cwd=tmp_path, env=run.user_environment(), stdout=full, stderr=subprocess.PIPE,
            text=True, check=False,
        )  # fmt: skip
    assert (done.returncode, done.stderr) == (1, told)
