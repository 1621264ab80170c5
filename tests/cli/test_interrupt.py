"""Ctrl-C at any moment: a message, exit code 130, no process and no file left behind."""

from __future__ import annotations

import signal
import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from tests.cli import run

MARK = "OVOPT_TEST_MARK"
MANY = 20_000
"""So many calibration samples take longer than any moment that is waited for here."""
QUANTIZE = ("quantize", "tiny.xml", "-r", "classification", "--data", "many.npz", "-o", "new/out",
            "--set", "optimize.quantize.subset_size=100000", "--set", "data.splits.calibration=1.0",
            "--set", "data.splits.tuning=0")  # fmt: skip
COMPARE = ("compare", "tiny.xml", "int8", "--time-budget", "60", "--precision", "0.001", "-o", "new/c.json")
GONE_WITHIN_S = 60


@dataclass
class Running:
    """A run that is under way, and whose workers can be told from those of other tests."""

    process: subprocess.Popen[str]
    mark: str
    said: str = ""

    def wait_for(self, line: str) -> None:
        """Read standard error up to a line of progress."""
        assert self.process.stderr is not None
        for found in self.process.stderr:
            self.said += found
            if found.rstrip("\n") == line:
                return
        pytest.fail(f"it never said {line!r}:\n{self.said}")

    def end(self, number: int) -> tuple[int, str]:
        """Send a signal; the exit code as a shell shows it, and everything that was said."""
        self.process.send_signal(number)
        stdout, rest = self.process.communicate(timeout=60)
        assert stdout == ""
        code = self.process.returncode
        return 128 - code if code < 0 else code, self.said + rest

    def workers(self) -> list[psutil.Process]:
        """The workers that this run started, as long as they live."""
        return [process for process in psutil.process_iter() if self._is_worker(process)]

    def wait_for_workers_to_go(self) -> None:
        """One that was started as the signal came ends by itself once it finds that nobody is there."""
        deadline = time.monotonic() + GONE_WITHIN_S
        while self.workers() and time.monotonic() < deadline:
            time.sleep(0.1)
        assert self.workers() == []

    def _is_worker(self, process: psutil.Process) -> bool:
        try:
            return process.environ().get(MARK) == self.mark and "ovopt.bench.worker" in process.cmdline()
        except psutil.Error:
            return False


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    inputs, labels = run.inputs_and_labels(MANY)
    return run.write_data(tmp_path_factory.mktemp("many") / "many.npz", inputs=inputs, labels=labels)


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    folder = tmp_path / "temporary"
    folder.mkdir()
    return folder


def heeding() -> None:
    """Signals as a shell in the foreground leaves them."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


@contextmanager
def running(work: Path, temporary: Path, *arguments: object, prefix: tuple[str, ...] = ()) -> Iterator[Running]:
    mark = uuid.uuid4().hex
    process = subprocess.Popen(
        [*prefix, *run.command(*arguments)],
        cwd=work,
        env=run.user_environment(TMPDIR=str(temporary), **{MARK: mark}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=heeding,  # noqa: PLW1509 (nothing else runs yet, and nohup may have started the tests)
    )
    started = Running(process, mark)
    with process:
        try:
            yield started
        finally:
            process.kill()
            for worker in started.workers():
                worker.kill()


MOMENTS: list[tuple[tuple[str, ...], str, float]] = [
    (QUANTIZE, "prepare calibration samples ...", 0.0),
    (QUANTIZE, "quantize ...", 0.0),
    (QUANTIZE, "quantize ...", 0.1),
    (COMPARE, "prepare samples ...", 0.0),
    (COMPARE, "prepare samples ...", 0.05),
    (COMPARE, "evaluate original ...", 0.0),
    (COMPARE, "evaluate int8 ...", 0.0),
    (COMPARE, "measure latency ...", 0.0),
    (COMPARE, "measure latency ...", 0.3),
]


@pytest.mark.parametrize(
    ("command", "line", "later_s"),
    MOMENTS,
    ids=[line.replace("...", f"{later_s} s later" if later_s else "") for _, line, later_s in MOMENTS],
)
def test_ctrl_c_leaves_nothing_behind(
    command: tuple[str, ...], line: str, later_s: float, work: Path, temporary: Path, many: Path
) -> None:
    (work / "many.npz").symlink_to(many)
    before = run.snapshot(work)
    with running(work, temporary, *command) as started:
        started.wait_for(line)
        time.sleep(later_s)
        code, said = started.end(signal.SIGINT)
        assert said.endswith("interrupted; nothing half-written is left\n")
        assert code == 130
        assert "Traceback" not in said
        started.wait_for_workers_to_go()
    assert run.snapshot(work) == before
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("gap_s", [0.002, 0.02])
def test_ctrl_c_kept_down_is_no_different(gap_s: float, work: Path, temporary: Path) -> None:
    before = run.snapshot(work)
    with running(work, temporary, *COMPARE) as started:
        started.wait_for("measure latency ...")
        while started.process.poll() is None:
            started.process.send_signal(signal.SIGINT)
            time.sleep(gap_s)
        code, said = started.end(signal.SIGINT)
        assert said.endswith("interrupted; nothing half-written is left\n")
        assert code == 130
        assert "Traceback" not in said
        started.wait_for_workers_to_go()
    assert run.snapshot(work) == before
    assert list(temporary.iterdir()) == []


def test_nohup_outlives_the_terminal(work: Path, temporary: Path) -> None:
    with running(work, temporary, *COMPARE, prefix=("nohup",)) as started:
        started.wait_for("evaluate original ...")
        started.process.send_signal(signal.SIGHUP)
        started.wait_for("measure latency ...")


@pytest.mark.parametrize(
    ("number", "wanted"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)], ids=["SIGTERM", "the terminal closes"]
)
def test_a_request_to_end_leaves_nothing_behind_either(number: int, wanted: int, work: Path, temporary: Path) -> None:
    before = run.snapshot(work)
    with running(work, temporary, *COMPARE) as started:
        started.wait_for("measure latency ...")
        code, said = started.end(number)
        assert code == wanted
        assert "Traceback" not in said
        started.wait_for_workers_to_go()
    assert run.snapshot(work) == before
    assert list(temporary.iterdir()) == []


def test_workers_end_by_themselves_when_the_coordinator_is_killed(work: Path, temporary: Path) -> None:
    with running(work, temporary, *COMPARE) as started:
        started.wait_for("measure latency ...")
        assert len(started.workers()) >= 3
        code, _ = started.end(signal.SIGKILL)
        assert code == 137
        started.wait_for_workers_to_go()


def test_a_reader_that_goes_away_is_no_traceback(work: Path) -> None:
    """`ovopt recipes show magika | head -1`."""
    shown = subprocess.Popen(
        run.command("recipes", "show", "magika"), cwd=work, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert shown.stdout is not None
    assert shown.stderr is not None
    shown.stdout.close()
    said = shown.stderr.read()
    shown.stderr.close()
    assert shown.wait(timeout=60) in (0, 1)
    assert said == ""
