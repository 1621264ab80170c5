"""Commands that write are killed at random moments or run with too little of everything; what they leave is looked at.

Nothing may be lost, half written under a final name, left running or called an internal error, and nothing may hang.
Prints a line for every run that went wrong, and a table of counts, with the exit codes. Full disks and a small /dev/shm
are mounts of this script's own, where the system lets it make some (`unshare -m`).

    python benchmarks/faults.py [--kills 300] [--seed 0]
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import psutil
from models import classifier

from ovopt.claim import ENDING
from ovopt.model.files.locate import MANIFEST, describe

MARK = "OVOPT_FAULTS"
HANGS_S = 240.0
GONE_S = 15.0
"""Workers end when their coordinator has, a moment later."""
BESIDE = (".search.jsonl", ".steps", ".checkpoint.pt")
"""What a command keeps beside its output for the next run."""
DATA = ("-r", "classification", "--data", "data.npz")
BRIEF = ("--scenario", "latency", "--time-budget", "2")
ASKED = ("compare", "model.xml", "int8", "--time-budget", "9", "--answer-limit", "3", "-o", "out.json", "--force")
SCENARIOS = ("latency", "throughput", "processor_time", "end_to_end", "first_inference", "memory", "served_load")
EMBED = """
ovopt: 1
family: pictures
data: {source: {kind: files, path: pictures, label: none}, splits: {calibration: 4, tuning: 0, gate: rest}}
preprocess: [decode_image, {resize: {size: 16, antialias: false}}, {scale: 255}, {layout: chw}]
"""
SUITE = "ovopt: 1\nmodels: [{name: one, model: model.xml, recipe: classification, data: data.npz, steps: quantize}]\n"
FULL = (
    "mkdir ../disk ../copy && mount -t tmpfs -o size=$(($(du -sk . | cut -f1) + {size}))k tmpfs ../disk && "
    'cp -a . ../disk && (cd ../disk && "$@"); code=$?; cp -a ../disk/. ../copy; exit $code'
)
"""Works on a disk that has so many kilobytes left, of which what is there in the end outlives the mount."""


@dataclass(frozen=True)
class Command:
    """The words of a command, and what it writes."""

    words: tuple[str, ...]
    output: str = "out"
    old: str = "int8"
    """Stands at the output before, where something does."""


COMMANDS = (
    Command(("quantize", "model.xml", *DATA, "-o", "out", "--force")),
    Command(("quantize", "model.xml", *DATA, "-o", "out", "--force", "--max-drop", "0.5", "--time-budget", "5")),
    Command(("compress", "model.xml", *DATA, "-o", "out", "--force")),
    Command(("prune", "model.xml", *DATA, "-o", "out", "--force")),
    Command(("embed", "model.xml", "-r", "embed.yaml", "--time-budget", "1", "-o", "out", "--force")),
    Command(("optimize", "model.xml", *DATA, "--set", "optimize=[compress, quantize]", "-o", "out", "--force")),
    Command(("rebuild", "int8", "-o", "out", "--force")),
    Command(("sweep", "suite.yaml", "-o", "out", *BRIEF, "--force"), old=""),
    Command(("compare", "model.xml", "int8", *BRIEF, "-o", "out.json", "--force"), "out.json", "c.json"),
    Command(("benchmark", "model.xml", *BRIEF, "-o", "out.json", "--force"), "out.json", "c.json"),
    Command(("evaluate", "model.xml", *DATA, "-o", "out.json", "--force"), "out.json", "c.json"),
    Command(("diagnose", "model.xml", "int8", "--time-budget", "5", "-o", "out.json", "--force"), "out.json", ""),
    Command(("report", "c.json", "--format", "html", "-o", "out.html", "--force"), "out.html", "c.html"),
    Command(("card", "int8", "--force"), "int8/README.md", ""),
    Command(("history", "add", "c.json", "--store", "out.sqlite"), "out.sqlite", "old.sqlite"),
)


@dataclass(frozen=True)
class Ended:
    """A run that is over."""

    code: int
    said: str
    seconds: float


@dataclass
class Trial:
    """A command in a folder of its own."""

    command: Command
    folder: Path
    prefix: tuple[str, ...] = ()
    limits: tuple[tuple[int, int], ...] = ()
    mark: str = field(default_factory=lambda: uuid.uuid4().hex)

    def run(self, meanwhile: Callable[[subprocess.Popen[str]], None] = lambda process: None) -> Ended | None:
        """Start, do something meanwhile, and wait; None where it hangs."""
        began = time.monotonic()
        with tempfile.TemporaryFile("w+") as said:
            process = subprocess.Popen(
                [*self.prefix, sys.executable, "-m", "ovopt", *self.command.words],
                cwd=self.folder / "work",
                env={**os.environ, MARK: self.mark, "TMPDIR": str(self.folder / "temporary")},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=said,
                text=True,
                preexec_fn=self._limit,  # noqa: PLW1509 (this script has no threads)
            )
            try:
                meanwhile(process)
                code = process.wait(HANGS_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                return None
            said.seek(0)
            return Ended(code, said.read(), time.monotonic() - began)

    def _limit(self) -> None:
        for kind, soft in self.limits:
            resource.setrlimit(kind, (soft, resource.getrlimit(kind)[1]))
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)

    def processes(self) -> Iterator[psutil.Process]:
        """Its processes that live."""
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if process.environ().get(MARK) == self.mark and process.status() != psutil.STATUS_ZOMBIE:
                    yield process

    def workers(self) -> list[psutil.Process]:
        """Those of its processes that measure."""
        found = list[psutil.Process]()
        for process in self.processes():
            with suppress(psutil.Error):
                if any("ovopt.bench." in word for word in process.cmdline()):
                    found.append(process)
        return found


# What is left


def broken(path: Path) -> list[str]:
    """What is half written at a path, or below it."""
    files = [path] if path.is_file() else sorted(path.rglob("[!.]*"))
    files = [file for file in files if file.is_file() and file.parent.suffix != ENDING]
    return [f"{file.name}: {why}" for file in files if (why := _fault(file))]


def _fault(file: Path) -> str:
    try:
        if file.name == MANIFEST:
            stored = json.loads(file.read_text())["model"]["sha256"]
            return "" if describe(file.parent / "model.xml").sha256 == stored else "not the model that it names"
        match file.suffix:
            case ".json":
                json.loads(file.read_text())
            case ".xml":
                ElementTree.parse(file)
            case ".html":
                return "" if file.read_text().rstrip().endswith("</html>") else "cut short"
            case ".sqlite":
                with closing(sqlite3.connect(file)) as store:
                    store.execute("pragma integrity_check").fetchall()
            case _:
                return "" if file.stat().st_size or file.suffix == ".jsonl" else "empty"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""


def contents(folder: Path) -> dict[str, str]:
    """Every file below a folder, and the digest of its content."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def faults_of(trial: Trial, before: dict[str, str], ended: Ended | None, codes: Sequence[int]) -> list[str]:
    """All that is wrong behind a run, each begun by its kind."""
    work, output = trial.folder / "work", trial.command.output
    found = list[str]()
    if ended is None:
        found.append("hangs")
    else:
        if ended.code not in codes:
            found.append(f"exit code: {ended.code} {ended.said.strip()[-300:]}")
        if "internal error" in ended.said or "Traceback" in ended.said:
            found.append(f"internal error: {ended.said.strip()[-300:]}")
    deadline = time.monotonic() + GONE_S
    while (left := list(trial.processes())) and time.monotonic() < deadline:
        time.sleep(0.2)
    found += [f"left running: {' '.join(process.cmdline()[:4])}" for process in left]
    for process in left:
        process.kill()
    found += [f"half written: {said}" for said in broken(work / output)]
    after = contents(work)
    kept = {name: digest for name, digest in before.items() if not name.startswith(output)}
    found += [f"lost: {name}" for name, digest in kept.items() if after.get(name) != digest]
    if any(name.startswith(output) for name in before) and not (work / output).exists():
        found.append(f"lost: {output}")
    return found


def scratch_left(trial: Trial, before: dict[str, str]) -> list[str]:
    """Files and folders that nobody asked for."""
    output = trial.command.output.partition("/")[0]
    known = {name.partition("/")[0] for name in before} | {output, *(output + ending for ending in BESIDE)}
    found = [path.name for path in (trial.folder / "work").iterdir() if path.name not in known]
    return [*found, *(path.name for path in (trial.folder / "temporary").iterdir())]


# The faults


class Campaign:
    """Runs, and counts of what they showed."""

    def __init__(self, template: Path, folder: Path, seed: int) -> None:
        self._template, self._folder = template, folder
        self._rng = random.Random(seed)
        self._takes: dict[tuple[str, ...], float] = {}
        self.counts: dict[str, Counter[str]] = {}
        self.codes: dict[str, Counter[int]] = {}

    def kill(self, index: int) -> None:
        """A signal at a random moment; what a SIGKILL leaves, the next start must mend."""
        number = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)[index % 3]
        trial, before = self._trial(COMMANDS[index % len(COMMANDS)])
        delay = self._rng.uniform(0.3, self._takes.get(trial.command.words, 5.0))

        def end(process: subprocess.Popen[str]) -> None:
            with suppress(subprocess.TimeoutExpired):
                process.wait(delay)
            process.send_signal(number)

        ended = trial.run(end)
        if ended and ended.code >= 0 and ended.code != 128 + number:
            self._takes[trial.command.words] = ended.seconds
        code = -number if number == signal.SIGKILL else 128 + number
        found = faults_of(trial, before, ended, (0, 3, 4, code))
        left, kind = scratch_left(trial, before), number.name
        if number != signal.SIGKILL:
            found += [f"left behind: {name}" for name in left]
        elif left:
            self._count(kind, "scratch left")
            again = replace(trial, mark=uuid.uuid4().hex)
            found += faults_of(again, before, again.run(), (0, 3, 4))
            found += [f"left behind by the next start: {name}" for name in scratch_left(again, before)]
        self._tell(kind, trial, ended, f"after {delay:.2f} s", found)

    def limit(self, what: str, kind: int, low: float, high: float) -> None:
        """A limit of the process, between these on a scale of factors."""
        soft = int(low * (high / low) ** self._rng.random())
        trial, before = self._trial(self._rng.choice(COMMANDS))
        trial.limits = ((kind, soft),)
        ended = trial.run()
        found = faults_of(trial, before, ended, (0, 1, 2, 3, 4))
        self._tell(
            what, trial, ended, f"of {soft:,}", [*found, *(f"left behind: {n}" for n in scratch_left(trial, before))]
        )

    def mount(self, what: str, place: str) -> None:
        """A file system with a few kilobytes left, at a place or, without one, where the command works."""
        size = int(4 * 32 ** self._rng.random())
        trial, before = self._trial(self._rng.choice(COMMANDS))
        script = f'mount -t tmpfs -o size={size}k tmpfs {place} && exec "$@"'
        trial.prefix = ("unshare", "-m", "sh", "-c", script if place else FULL.format(size=size), "sh")
        ended = trial.run()
        if not place:
            (trial.folder / "work").rename(trial.folder / "below")
            (trial.folder / "copy").rename(trial.folder / "work")
        self._tell(what, trial, ended, f"of {size} KiB", faults_of(trial, before, ended, (0, 1, 2, 3, 4)))

    def worker(self, what: str, number: int, index: int) -> None:
        """A worker that is killed, or stopped, in a scenario."""
        scenario = SCENARIOS[index % len(SCENARIOS)]
        trial, before = self._trial(Command((*ASKED, "--scenario", scenario), "out.json", "c.json"))

        def strike(process: subprocess.Popen[str]) -> None:
            while process.poll() is None and not trial.workers():
                time.sleep(0.05)
            with suppress(subprocess.TimeoutExpired):
                process.wait(self._rng.uniform(0, 6))
            if found := trial.workers():
                with suppress(psutil.Error):
                    self._rng.choice(found).send_signal(number)

        ended = trial.run(strike)
        self._tell(what, trial, ended, scenario, faults_of(trial, before, ended, (0, 1, 3, 4)))

    def _trial(self, command: Command) -> tuple[Trial, dict[str, str]]:
        folder = Path(tempfile.mkdtemp(dir=self._folder))
        shutil.copytree(self._template, folder / "work")
        (folder / "temporary").mkdir()
        if command.old and self._rng.random() < 0.7:
            old, new = folder / "work" / command.old, folder / "work" / command.output
            (shutil.copytree if old.is_dir() else shutil.copy)(old, new)
        return Trial(command, folder), contents(folder / "work")

    def _count(self, kind: str, what: str) -> None:
        self.counts.setdefault(kind, Counter())[what] += 1

    def _tell(self, kind: str, trial: Trial, ended: Ended | None, how: str, found: Sequence[str]) -> None:
        self._count(kind, "runs")
        if ended:
            self.codes.setdefault(kind, Counter())[ended.code] += 1
        for fault in {said.partition(":")[0] for said in found}:
            self._count(kind, fault)
        for said in found:
            print(f"{kind} {how}, {' '.join(trial.command.words)}: {said}", flush=True)
        shutil.rmtree(trial.folder, ignore_errors=True)


def write_template(folder: Path) -> None:
    """A model, data, a recipe, a suite, and what commands made of them."""
    from PIL import Image

    rng = np.random.default_rng(0)
    classifier(folder / "model.xml", layers=2, channels=16, side=16, classes=4)
    np.savez(
        folder / "data.npz",
        inputs=rng.standard_normal((300, 3, 16, 16)).astype(np.float32),
        labels=rng.integers(4, size=300),
    )
    (folder / "pictures").mkdir()
    for index in range(8):
        Image.fromarray(rng.integers(0, 256, (40, 50, 3)).astype(np.uint8)).save(folder / f"pictures/{index}.png")
    (folder / "embed.yaml").write_text(EMBED)
    (folder / "suite.yaml").write_text(SUITE)
    for words in (
        ("quantize", "model.xml", *DATA, "-o", "int8"),
        ("compare", "model.xml", "int8", *BRIEF, "-o", "c.json"),
        ("report", "c.json", "--format", "html", "-o", "c.html"),
        ("history", "add", "c.json", "--store", "old.sqlite"),
    ):
        done = subprocess.run(
            [sys.executable, "-m", "ovopt", *words], cwd=folder, capture_output=True, text=True, check=False
        )
        if done.returncode not in (0, 3, 4):
            sys.exit(f"{' '.join(words)}:\n{done.stderr}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--kills", type=int, default=300, help="signals; of every other fault there are a tenth as many"
    )
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    mounts = subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode == 0
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="faults-") as scratch:
        template = Path(scratch, "template")
        template.mkdir()
        write_template(template)
        campaign = Campaign(template, Path(scratch), given.seed)
        for index in range(given.kills):
            campaign.kill(index)
        for index in range(-(-given.kills // 10)):
            campaign.limit("largest file", resource.RLIMIT_FSIZE, 1 << 10, 1 << 17)
            campaign.limit("few descriptors", resource.RLIMIT_NOFILE, 8, 100)
            campaign.limit("little memory", resource.RLIMIT_AS, 200 << 20, 4 << 30)
            campaign.worker("worker killed", signal.SIGKILL, index)
            campaign.worker("worker stopped", signal.SIGSTOP, index)
            if mounts:
                campaign.mount("full disk", "")
                campaign.mount("full TMPDIR", "../temporary")
                campaign.mount("small /dev/shm", "/dev/shm")
    print(f"\n{'' if mounts else 'no mounts of our own here: full disks and a small /dev/shm are left out'}")
    for kind, counts in campaign.counts.items():
        runs = counts.pop("runs")
        said = ", ".join(f"{what} {count}" for what, count in counts.most_common()) or "nothing wrong"
        codes = ", ".join(f"{code} ({count})" for code, count in sorted(campaign.codes.get(kind, Counter()).items()))
        print(f"{kind:16} {runs:4} runs: {said}; exit {codes}")
    print(f"{time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
