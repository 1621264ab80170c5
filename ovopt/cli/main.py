"""The entry point: every error becomes a message and an exit code here, and only here."""

from __future__ import annotations

import atexit
import os
import re
import signal
import sys
from contextlib import suppress
from types import FrameType
from typing import NoReturn

INTERRUPTED = 130
WORD, LINE = 300, 2000
"""Characters of a word of a message, and of a line."""
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main() -> NoReturn:
    """Run the command line and exit: 0 done, 1 error in the run, 2 wrong usage, 3 gate failed, 4 gate inconclusive,
    130 interrupted."""
    ending = _Ending()
    atexit.register(ending.leave)
    for number in ENDINGS:
        if signal.getsignal(number) != signal.SIG_IGN:  # nohup, and a shell's background jobs, want them ignored
            signal.signal(number, ending.heed)
    with suppress(KeyboardInterrupt, SystemExit):  # while the message is written: the code is known
        ending.settle(_run())
    sys.exit(ending.code)


class _Ending:
    """The exit code, which a signal has the last word on until the process is gone."""

    def __init__(self) -> None:
        self.code = 1
        self._settled = False

    def settle(self, code: int) -> None:
        """The run is over, and nothing is left that a signal would have to stop."""
        self.code = code
        self._settled = True

    def heed(self, number: int, frame: FrameType | None) -> None:
        """Let `finally` blocks end the workers and remove what is half written, which no second Ctrl-C may cut
        short."""
        for ending in ENDINGS:
            signal.signal(ending, signal.SIG_IGN)
        self.code = 128 + number
        if not self._settled:
            raise KeyboardInterrupt if number == signal.SIGINT else SystemExit(self.code)

    def leave(self) -> None:
        """Leave at once, behind all else that is done at the end: Python gives signals back to the system before it is
        gone, which would end it by them."""
        for stream in filter(None, (sys.stdout, sys.stderr)):  # a closed one is None
            with suppress(OSError, ValueError):
                stream.flush()
        os._exit(self.code)


def _run() -> int:
    """The exit code of a run, whose errors have been told."""
    try:
        from ovopt.caller import telemetry_off
        from ovopt.cli.surroundings import check_words, show_any_text

        show_any_text()
        check_words(sys.argv[1:])
        from ovopt.cli.app import app

        with telemetry_off():
            code = app(prog_name="ovopt", standalone_mode=False) or 0
        if sys.stdout:
            sys.stdout.flush()  # while an error can be told
    except KeyboardInterrupt:
        code = INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except SystemExit as stop:
        code = int(stop.code or 0)
    except Exception as error:
        message, code = _told(error)
        print("\n".join(map(_in_short, message.split("\n"))), file=sys.stderr)
        return code
    if code == INTERRUPTED:
        print("interrupted; nothing half-written is left", file=sys.stderr)
    return code


def _in_short(line: str) -> str:
    """A line of a message: what a user gave in a word of a million characters, or a million words, is not given
    back."""
    line = re.sub(rf"\S{{{WORD},}}", lambda word: f"{word[0][: WORD // 2]}...{word[0][-WORD // 2 :]}", line)
    return line if len(line) <= LINE else f"{line[: LINE // 2]} ... {line[-LINE // 2 :]}"


def _told(error: Exception) -> tuple[str, int]:
    """The message on an error, and the exit code. Raises it again where it is a fault of ovopt and OVOPT_DEBUG asks for
    the traceback."""
    from ovopt.errors import OvoptError
    from ovopt.room import exhausted

    if isinstance(error, OvoptError):
        return f"error: {error}", error.exit_code
    if hasattr(error, "format_message"):  # mistyped words; where the class stands differs between releases of Typer
        from ovopt.cli.help import mistyped

        return mistyped(error), 2
    if os.environ.get("OVOPT_DEBUG"):
        raise error
    if told := exhausted(error):
        return f"error: {told}", 1
    from ovopt.contracts import blamed

    if plugin := blamed(error):
        return (
            f"error: {plugin} failed: {type(error).__name__}: {error}\n"
            "Update that package, or report this to its makers; OVOPT_DEBUG=1 shows how it came about."
        ), 1
    if isinstance(error, OSError):
        from ovopt.workflow.beginning.refused import refusal

        return f"error: {refusal(error)}", 1
    return (
        f"internal error: {type(error).__name__}: {error}\n"
        "This is a fault of ovopt. Run it again with OVOPT_DEBUG=1 and report what it prints."
    ), 1
