"""The entry point: every error becomes a message and an exit code here, and only here."""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType
from typing import NoReturn

INTERRUPTED = 130
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main() -> NoReturn:
    """Run the command line and exit: 0 done, 1 error in the run, 2 wrong usage, 3 gate failed, 4 gate inconclusive,
    130 interrupted."""
    for number in ENDINGS:
        if signal.getsignal(number) != signal.SIG_IGN:  # nohup, and a shell's background jobs, want them ignored
            signal.signal(number, _end)
    try:
        from ovopt.caller import telemetry_off
        from ovopt.cli.app import app

        with telemetry_off():
            code = app(prog_name="ovopt", standalone_mode=False)
    except KeyboardInterrupt:
        code = INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except SystemExit as stop:
        code = stop.code
    except Exception as error:
        _leave(*_told(error))
    if code == INTERRUPTED:
        _leave("interrupted; nothing half-written is left", INTERRUPTED)
    sys.exit(code)


def _told(error: Exception) -> tuple[str, int]:
    """The message on an error, and the exit code. Raises it again where it is a fault of ovopt and OVOPT_DEBUG asks for
    the traceback."""
    from ovopt.errors import OvoptError

    if isinstance(error, OvoptError):
        return f"error: {error}", error.exit_code
    if hasattr(error, "format_message"):  # mistyped words; where the class stands differs between releases of Typer
        from ovopt.cli.help import mistyped

        return mistyped(error), 2
    if os.environ.get("OVOPT_DEBUG"):
        raise error
    return (
        f"internal error: {type(error).__name__}: {error}\n"
        "This is a fault of ovopt. Run it again with OVOPT_DEBUG=1 and report what it prints."
    ), 1


def _leave(message: str, code: int) -> NoReturn:
    print(message, file=sys.stderr)
    sys.exit(code)


def _end(number: int, frame: FrameType | None) -> None:
    """Let `finally` blocks end the workers and remove what is half written, which no second Ctrl-C may cut short."""
    for ending in ENDINGS:
        signal.signal(ending, signal.SIG_IGN)
    raise KeyboardInterrupt if number == signal.SIGINT else SystemExit(128 + number)
