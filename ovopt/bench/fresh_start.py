"""One start of a model in a process of its own: nothing but the interpreter and the engine's import is warm."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Mapping

from ovopt.bench.mapped_tensors import SampleFile
from ovopt.bench.protocol import Load
from ovopt.bench.workers import Crew, obituary, worker_environment
from ovopt.caller import telemetry_off
from ovopt.contracts import Engine, Started, plugin
from ovopt.errors import ArmLostError, OvoptError


def start_fresh(load: Load, properties: Mapping[str, str], limit_s: float) -> Started:
    """Start a model in a new process. Raises ArmLostError where it dies, fails, or gives no answer in this time."""
    reading, writing = os.pipe()
    with (
        os.fdopen(reading, "rb") as answers,
        subprocess.Popen(
            [sys.executable, "-m", "ovopt.bench.fresh_start", str(writing)],
            pass_fds=[writing],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
            env=worker_environment(),
        ) as process,
    ):
        os.close(writing)
        try:
            _, said = process.communicate(pickle.dumps((load, dict(properties))), timeout=limit_s)
        except subprocess.TimeoutExpired:
            raise ArmLostError(f"a fresh process gave no answer within {limit_s:.0f} s (--answer-limit)") from None
        finally:
            process.kill()
        answer = answers.read()
    if not answer:
        raise ArmLostError(obituary("a fresh process", process.returncode, said))
    result = pickle.loads(answer)
    if isinstance(result, OvoptError):
        raise result
    assert isinstance(result, Started)
    return result


def start_arm(crew: Crew, name: str, properties: Mapping[str, str], during: str) -> Started | None:
    """Start an arm's model in a new process; None, and the arm lost, where that fails, and where it is lost already."""
    if name in crew.lost:
        return None
    try:
        return start_fresh(crew.arms[name].load, properties, crew.limit_s)
    except ArmLostError as loss:
        crew.lost[name] = f"{loss} (during {during})"
        return None


def main(descriptor: int) -> None:
    """Start what standard input asks for."""
    load, properties = pickle.load(sys.stdin.buffer)
    answer: object
    try:
        sample = SampleFile(load.timed)[0]
        answer = plugin("ovopt.bench.engines", Engine, load.engine).start(load.placement, properties, sample)
    except OvoptError as error:
        answer = error
    except Exception as error:  # whatever native code raises must reach the caller as words
        answer = ArmLostError(f"{type(error).__name__}: {error}".strip())
    with os.fdopen(descriptor, "wb") as stream:
        pickle.dump(answer, stream)


if __name__ == "__main__":
    with telemetry_off():
        main(int(sys.argv[1]))
