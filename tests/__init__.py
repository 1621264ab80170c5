"""ovopt first: its import switches the telemetry of openvino and nncf off, so it must stand before theirs."""

import ovopt  # noqa: F401 (imported for its effect)
