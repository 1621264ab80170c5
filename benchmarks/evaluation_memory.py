"""The memory that evaluating takes for 1,000 and for 100,000 samples, generated on the fly; 300 MiB more at most.

Each count runs in a process of its own; prints the peak resident set of that process (the worker that infers is
another, whose memory does not grow with the number of samples).

    python benchmarks/evaluation_memory.py [SAMPLES]
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from models import classifier

FEW, MANY, LIMIT_MIB = 1_000, 100_000, 300
RUN = """
import sys
import ovopt
from ovopt.bench.machine import peak_bytes
settings = [f"data.source.count={sys.argv[2]}"]
ovopt.evaluate([sys.argv[1], sys.argv[1]], settings=settings)
print(peak_bytes())
"""


def main() -> None:
    many = int(sys.argv[1]) if len(sys.argv) > 1 else MANY
    with tempfile.TemporaryDirectory() as scratch:
        model = classifier(Path(scratch) / "model.xml", 1, 4, 32, 10)
        few_mib, many_mib = (peak_mib(model, count) for count in (FEW, many))
    print(f"peak memory: {few_mib:.0f} MiB for {FEW:,} samples, {many_mib:.0f} MiB for {many:,}")
    print(f"{many_mib - few_mib:+.0f} MiB, limit {LIMIT_MIB}")


def peak_mib(model: Path, count: int) -> float:
    """Of one evaluation."""
    command = [sys.executable, "-c", RUN, str(model), str(count)]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout) / 2**20


if __name__ == "__main__":
    main()
