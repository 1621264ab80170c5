"""Records of the comparison file and the bundle's manifest, frozen.

Times carry their unit in the key, sizes are bytes, a share is 0 to 1, speed-ups and ratios are factors.
"""

from __future__ import annotations

from ovopt.records.bundle import (
    Judged as Judged,
    MadeBy as MadeBy,
    Manifest as Manifest,
    Postprocessing as Postprocessing,
    Preprocessing as Preprocessing,
    Standing as Standing,
    StepReport as StepReport,
)
from ovopt.records.comparison import (
    Comparison as Comparison,
    Measured as Measured,
    Preview as Preview,
    RecipeFile as RecipeFile,
    Settings as Settings,
)
from ovopt.records.diagnosis import Diagnosis as Diagnosis
from ovopt.records.figures import (
    Arm as Arm,
    Effective as Effective,
    Efficiency as Efficiency,
    EndToEnd as EndToEnd,
    EndToEndTurn as EndToEndTurn,
    Execution as Execution,
    FirstInference as FirstInference,
    Footprint as Footprint,
    Latency as Latency,
    LoadLimit as LoadLimit,
    LoadPoint as LoadPoint,
    Memory as Memory,
    ProcessorTime as ProcessorTime,
    Quality as Quality,
    ScenarioFigure as ScenarioFigure,
    ScenarioFigures as ScenarioFigures,
    ServedLoad as ServedLoad,
    StartTimes as StartTimes,
    Throughput as Throughput,
    Turn as Turn,
)
from ovopt.records.gate import (
    Budgets as Budgets,
    Check as Check,
    Decision as Decision,
    Gate as Gate,
    Ground as Ground,
    Verdict as Verdict,
)
from ovopt.records.model import (
    DataFacts as DataFacts,
    LeftOutKind as LeftOutKind,
    LeftOutSample as LeftOutSample,
    Machine as Machine,
    ModelFacts as ModelFacts,
    ModelFile as ModelFile,
    Port as Port,
    Record as Record,
)
from ovopt.records.pairs import (
    EndToEndSpeedup as EndToEndSpeedup,
    FirstInferenceSpeedup as FirstInferenceSpeedup,
    Flips as Flips,
    MemoryRatio as MemoryRatio,
    Pair as Pair,
    QualityDelta as QualityDelta,
    Reference as Reference,
    ScenarioSpeedups as ScenarioSpeedups,
    ServedLoadRatio as ServedLoadRatio,
    SizeRatio as SizeRatio,
    Speeds as Speeds,
    Speedup as Speedup,
    SpeedWord as SpeedWord,
)
