"""What the process of `warm` imports before it is forked, as the command line imports it: in its environment, reporting
nothing."""

import os

from ovopt.caller import telemetry_off
from tests.cli.warm import PLAIN

os.environ.update(PLAIN)
with telemetry_off():
    import datasets  # noqa: F401
    import nncf  # noqa: F401
    import openvino  # noqa: F401

    import ovopt.cli.compare
    import ovopt.cli.quantize
    import ovopt.workflow.comparing.compare
    import ovopt.workflow.optimizing.steps  # noqa: F401
