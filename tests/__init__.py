"""Telemetry of openvino and nncf stays off in tests: they take a missing package as a no, at their first import."""

import sys

sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
