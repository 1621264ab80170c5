# The public names of ovopt, each with its home: read by type checkers, and by `__init__.py`.

from ovopt.bench.request_loops import Demand as Demand
from ovopt.bundle import read_manifest as read_manifest
from ovopt.contracts import Boxes as Boxes, Progress as Progress, View as View
from ovopt.drift import compare_runs as compare_runs
from ovopt.errors import (
    ArmLostError as ArmLostError,
    BudgetMissedError as BudgetMissedError,
    DataError as DataError,
    DoesNotRunError as DoesNotRunError,
    ModelError as ModelError,
    NoEffectError as NoEffectError,
    OutputError as OutputError,
    OvoptError as OvoptError,
    RecipeError as RecipeError,
    SettingsError as SettingsError,
    StepError as StepError,
    UsageError as UsageError,
)
from ovopt.recipe import Recipe as Recipe, load_recipe as load_recipe
from ovopt.records import (
    Arm as Arm,
    Budgets as Budgets,
    Comparison as Comparison,
    DataFacts as DataFacts,
    Diagnosis as Diagnosis,
    Gate as Gate,
    Machine as Machine,
    Manifest as Manifest,
    ModelFacts as ModelFacts,
    ModelFile as ModelFile,
    Pair as Pair,
    Port as Port,
    Quality as Quality,
    QualityDelta as QualityDelta,
    StepReport as StepReport,
)
from ovopt.records.bundle import Rebuilt as Rebuilt
from ovopt.records.sweep import Sweep as Sweep, SweepRow as SweepRow
from ovopt.suite import Suite as Suite, load_suite as load_suite
from ovopt.workflow.comparing.compare import Plan as Plan, benchmark as benchmark, compare as compare
from ovopt.workflow.comparing.evaluate import evaluate as evaluate
from ovopt.workflow.demo import Demo as Demo, demo as demo
from ovopt.workflow.diagnosing.diagnose import diagnose as diagnose
from ovopt.workflow.doctor import Checkup as Checkup, doctor as doctor
from ovopt.workflow.optimizing.pipeline import Planned as Planned, optimize as optimize, plan as plan
from ovopt.workflow.optimizing.prune import prune as prune
from ovopt.workflow.optimizing.steps import (
    compress as compress,
    embed as embed,
    quantize as quantize,
    simplify as simplify,
)
from ovopt.workflow.rebuilding.rebuild import rebuild as rebuild
from ovopt.workflow.recipe_check import CheckedRecipe as CheckedRecipe, check_recipe as check_recipe
from ovopt.workflow.drafting.draft import Draft as Draft
from ovopt.workflow.drafting.new_recipe import draft_recipe as draft_recipe
from ovopt.workflow.stored.comparison_file import judge_again as judge_again, read_comparison as read_comparison
from ovopt.workflow.stored.history import History as History
from ovopt.workflow.stored.mlflow import log_to_mlflow as log_to_mlflow
from ovopt.workflow.stored.report import render as render, write_card as write_card, write_report as write_report
from ovopt.workflow.sweeping.entry import Effort as Effort
from ovopt.workflow.sweeping.sweep import sweep as sweep

__version__: str
__all__: list[str]
