"""A process that has imported what is dear to import, and is forked for every command of a test: a command is a process
of its own from its first line on, without the three seconds of CPU time that NNCF's import takes."""

from __future__ import annotations

import atexit
import multiprocessing
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

PLAIN = {"COLUMNS": "200", "TERMINAL_WIDTH": "200", "NO_COLOR": "1", "TERM": "dumb", "HF_HUB_OFFLINE": "1"}
"""A wide terminal without colours, and no network."""

_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload(["tests.cli.dear_imports"])


def run(words: Sequence[str], folder: Path, environment: Mapping[str, str], files: Path, timeout: float) -> int:
    """Exit code of `ovopt WORDS` in a folder, whose streams go to `files`/stdout and `files`/stderr."""
    process = _SERVER.Process(target=_command, args=([*words], folder, dict(environment), files))
    process.start()
    process.join(timeout)
    if process.exitcode is None:
        process.kill()
        raise subprocess.TimeoutExpired([*words], timeout)
    return process.exitcode


def _command(words: list[str], folder: Path, environment: dict[str, str], files: Path) -> None:
    for descriptor, name in ((1, "stdout"), (2, "stderr")):
        os.dup2(os.open(files / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), descriptor)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv[1:] = words
    from ovopt.cli.main import main

    try:
        main()
    finally:
        atexit._run_exitfuncs()
