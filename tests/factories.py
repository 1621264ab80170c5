"""Records made as a measurement makes them: raw values first, every figure through `ovopt.comparison`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ovopt.bench.scenarios.latency import LatencyScenario
from ovopt.bench.scenarios.throughput import ThroughputScenario
from ovopt.comparison import MetricKind, quality_delta, quality_of, speedup
from ovopt.contracts import Metric
from ovopt.gate import judge
from ovopt.recipe import parse_recipe
from ovopt.records import (
    Arm,
    Budgets,
    Comparison,
    DataFacts,
    Effective,
    Execution,
    Flips,
    Machine,
    Measured,
    ModelFile,
    Pair,
    QualityDelta,
    Settings,
    SizeRatio,
    Speeds,
    Speedup,
    Turn,
)
from ovopt.reports.decision import with_reason
from ovopt.stats import Interval, speedup_interval

latency_of = LatencyScenario().figures
throughput_of = ThroughputScenario().figures

REPLICAS, ROUNDS, INFERENCES = 6, 5, 4
TOP1 = MetricKind("top1", "share", True, "accuracy", "share", lambda rows: float(rows.mean()))
ERROR = MetricKind("error", "px", False, "accuracy", "bootstrap", lambda rows: float(rows.mean()))
AGREEMENT = MetricKind("cosine", "", True, "agreement", "bootstrap", lambda rows: float(rows.mean()))
MACHINE = Machine(
    processor="Example processor",
    cores=2,
    isa=("avx2", "avx512_vnni"),
    memory_bytes=8 << 30,
    system="Linux 6.1",
    virtual=False,
    versions={"python": "3.11.7", "openvino": "2026.4.1"},
)


OLDER = Path(__file__).parent / "older"
"""Files as older versions of ovopt wrote them."""


def exactly(text: str) -> str:
    """The whole of a message, for `pytest.raises(match=...)`."""
    return rf"\A{re.escape(text)}\Z"


def latency_turns(ms: float, seed: int = 0, noise: float = 0.003) -> list[list[list[int]]]:
    """Nanoseconds, [replica][round][inference]."""
    drawn = np.random.default_rng(seed).normal(0, noise, (REPLICAS, ROUNDS, INFERENCES))
    return (ms * 1e6 * np.exp(drawn)).astype(int).tolist()


def throughput_turns(rate: float, seed: int = 0, noise: float = 0.003) -> list[list[Turn]]:
    """What turns of about 0.1 s complete, [replica][round]."""
    drawn = np.random.default_rng(seed).normal(0, noise, (REPLICAS, ROUNDS))
    return [[Turn(samples=200, elapsed_ns=int(2e11 / rate * np.exp(x))) for x in rounds] for rounds in drawn]


def effective(**changed: Any) -> Effective:
    """Settings as a compiled model reports them."""
    settings = {"device": "CPU", "inference_precision": "f32", "streams": 1, "threads": 2, "requests": 1}
    return Effective(**{**settings, "hint": "LATENCY", **changed})


def arm(
    name: str = "original", role: Any = "baseline", ms: float = 1.0, size_bytes: int = 9_800_000, **more: Any
) -> Arm:
    """A measured arm; its throughput is that of two busy cores."""
    seed = sum(name.encode())
    measured = {
        "latency": latency_of(latency_turns(ms, seed)),
        "throughput": throughput_of(throughput_turns(2000 / ms, seed)),
        "effective": {"latency": effective(), "throughput": effective(streams=2, requests=2, hint="THROUGHPUT")},
        "execution": Execution(
            ops_by_precision={"f32": 12}, time_by_precision={"f32": 700.0, "int8": 300.0}, ops_us=1000, wall_us=1250
        ),
    }
    model = ModelFile(path=f"{name}/model.xml", sha256="0" * 64, size_bytes=size_bytes)
    return Arm(name=name, role=role, model=model, **{**measured, **more})


def rows(n: int, wrong: Sequence[int] = ()) -> np.ndarray:
    """Right-or-wrong outcomes of `n` samples."""
    outcome = np.ones(n)
    outcome[list(wrong)] = 0
    return outcome


def speed(estimate: float, half: float = 0.01, verdict: Any = None) -> Speedup:
    """A judged speed-up; the word follows from the interval unless given."""
    low, high = estimate - half, estimate + half
    word = verdict or ("faster" if low > 1 else "slower" if high < 1 else "no clear difference")
    return Speedup(estimate=estimate, low=low, high=high, level=0.95, verdict=word, why="as the test says")


def delta(change: float, low: float, high: float, **more: Any) -> QualityDelta:
    """A metric that was 0.94 and changed."""
    facts = {
        "unit": "share",
        "n": 1000,
        "higher_is_better": True,
        "kind": "accuracy",
        "flips": Flips(lost=12, gained=10, p_value=0.83),
        "minimum_detectable_drop": 0.012,
        "verdict": "higher" if low > 0 else "lower" if high < 0 else "no clear difference",
    }
    return QualityDelta(baseline=0.94, candidate=0.94 + change, delta=change, low=low, high=high, **{**facts, **more})


def pair(candidate: str = "int8", latency: Speedup | None = None, size: float = 0.26, **more: Any) -> Pair:
    """A candidate against the original."""
    return Pair(baseline="original", candidate=candidate, latency=latency, size=SizeRatio(ratio=size), **more)


def _figures(measured: Arm) -> tuple[np.ndarray, np.ndarray]:
    """Time per inference of each turn, in both scenarios, [replica, round]."""
    assert measured.latency is not None
    assert measured.throughput is not None
    per_turn = np.median(np.array(measured.latency.raw_ns), axis=2)
    return per_turn, np.array([[t.elapsed_ns / t.samples for t in rounds] for rounds in measured.throughput.raw])


def speedups(baseline: Arm, candidate: Arm) -> tuple[Interval, Interval]:
    """Latency and throughput."""
    before, after = _figures(baseline), _figures(candidate)
    return speedup_interval(before[0], after[0]), speedup_interval(before[1], after[1])


def comparison(
    candidates: Mapping[str, float] | None = None,
    budgets: Budgets | None = None,
    lost: Mapping[str, str] | None = None,
    labelled: bool = True,
    **more: Any,
) -> Comparison:
    """A whole comparison: `candidates` by name and latency in ms, `lost` ones by name and reason."""
    n, before = 1000, rows(1000, range(60))
    metric, name = (TOP1, "top1") if labelled else (AGREEMENT, "cosine")
    quality = quality_of(before, metric, 0)
    baseline = arm(accuracy={name: quality}, latency=latency_of(latency_turns(1.09, 1)))
    control = arm("control", "control", latency=latency_of(latency_turns(1.09, 2)))
    footing = speedups(baseline, control)
    lost = lost or {}
    made, pairs = [], []
    for place, (title, ms) in enumerate((candidates if candidates is not None else {"int8": 0.55}).items()):
        after = quality_of(rows(n, range(5 + place, 68 + place)), metric, 0)
        measured = arm(title, "candidate", ms, 2_600_000 + place, accuracy={name: after})
        made.append(measured)
        found = speedups(baseline, measured)
        pairs.append(
            pair(
                title,
                speedup(found[0], footing[0]),
                measured.model.size_bytes / baseline.model.size_bytes,
                throughput=speedup(found[1], footing[1]),
                accuracy={name: quality_delta(quality.rows, after.rows, metric, 0)},
            )
        )
    nothing = {"latency": None, "throughput": None, "execution": None, "effective": {}}
    gone = [arm(title, "candidate", 1.0, 2_500_000, lost=why, **nothing) for title, why in lost.items()]
    measured = Measured(replicas=REPLICAS, rounds=REPLICAS * ROUNDS, seconds=30.0, stopped="precision reached")
    facts = {
        "ovopt": "0.1.0",
        "created": "2026-01-01T00:00:00+00:00",
        "machine": MACHINE,
        "recipe": {"ovopt": 1, "family": "example"},
        "data": DataFacts(source="example.npz", fingerprint="0" * 64, seed=0, splits={"gate": ("example.npz#0",)}),
        "settings": Settings(
            scenarios=("latency", "throughput"),
            device="CPU",
            hint=None,
            properties={},
            seed=0,
            time_budget_s=60.0,
            precision=0.02,
            measured={"latency": measured, "throughput": measured},
        ),
        "arms": (baseline, control, *made, *gone),
        "control": Speeds(latency=speedup(footing[0], None), throughput=speedup(footing[1], None)),
        "pairs": tuple(pairs),
        "gate": judge(pairs, budgets or Budgets(), lost),
    }
    return with_reason(Comparison(**{**facts, **more}))


def metric_named(name: str) -> Metric:
    """A metric or preset, as a recipe names it."""
    return parse_recipe({"ovopt": 1, "family": "example", "metrics": [name]}, "a test").metrics[0]
