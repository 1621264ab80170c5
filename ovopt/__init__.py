"""ovopt makes a model faster with OpenVINO and NNCF, and proves it.

The Python API is the command line: every command is one function here, and returns records.
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

# openvino and nncf report usage over the network as soon as they are imported, one process per event. They take a
# missing telemetry package as a no, so this must stand before their first import, wherever that is.
sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]

if TYPE_CHECKING:
    from ovopt.bundle import read_manifest
    from ovopt.errors import OvoptError
    from ovopt.recipe import load_recipe
    from ovopt.workflow.comparing.compare import Plan, benchmark, compare
    from ovopt.workflow.comparing.evaluate import evaluate
    from ovopt.workflow.diagnosing.diagnose import diagnose
    from ovopt.workflow.optimizing.pipeline import optimize
    from ovopt.workflow.optimizing.prune import prune
    from ovopt.workflow.optimizing.steps import compress, embed, quantize, simplify
    from ovopt.workflow.options import Options
    from ovopt.workflow.rebuilding.rebuild import rebuild
    from ovopt.workflow.searching.search import Goal
    from ovopt.workflow.stored.comparison_file import judge_again, read_comparison
    from ovopt.workflow.stored.history import History
    from ovopt.workflow.stored.mlflow import log_to_mlflow
    from ovopt.workflow.stored.report import render, write_card, write_report
    from ovopt.workflow.sweeping.sweep import sweep

__version__ = "0.1.0"
__all__ = [
    "Goal",
    "History",
    "Options",
    "OvoptError",
    "Plan",
    "__version__",
    "benchmark",
    "compare",
    "compress",
    "diagnose",
    "embed",
    "evaluate",
    "judge_again",
    "load_recipe",
    "log_to_mlflow",
    "optimize",
    "prune",
    "quantize",
    "read_comparison",
    "read_manifest",
    "rebuild",
    "render",
    "simplify",
    "sweep",
    "write_card",
    "write_report",
]

_HOMES = {
    "Goal": "ovopt.workflow.searching.search",
    "History": "ovopt.workflow.stored.history",
    "Options": "ovopt.workflow.options",
    "OvoptError": "ovopt.errors",
    "Plan": "ovopt.workflow.comparing.compare",
    "benchmark": "ovopt.workflow.comparing.compare",
    "compare": "ovopt.workflow.comparing.compare",
    "compress": "ovopt.workflow.optimizing.steps",
    "diagnose": "ovopt.workflow.diagnosing.diagnose",
    "embed": "ovopt.workflow.optimizing.steps",
    "evaluate": "ovopt.workflow.comparing.evaluate",
    "judge_again": "ovopt.workflow.stored.comparison_file",
    "load_recipe": "ovopt.recipe",
    "log_to_mlflow": "ovopt.workflow.stored.mlflow",
    "optimize": "ovopt.workflow.optimizing.pipeline",
    "prune": "ovopt.workflow.optimizing.prune",
    "quantize": "ovopt.workflow.optimizing.steps",
    "read_comparison": "ovopt.workflow.stored.comparison_file",
    "read_manifest": "ovopt.bundle",
    "rebuild": "ovopt.workflow.rebuilding.rebuild",
    "render": "ovopt.workflow.stored.report",
    "simplify": "ovopt.workflow.optimizing.steps",
    "sweep": "ovopt.workflow.sweeping.sweep",
    "write_card": "ovopt.workflow.stored.report",
    "write_report": "ovopt.workflow.stored.report",
}


def __getattr__(name: str) -> Any:
    """Import on first use, so that `import ovopt` and `ovopt --help` stay quick."""
    if name not in _HOMES:
        raise AttributeError(f"module 'ovopt' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
