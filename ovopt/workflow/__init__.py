"""The use cases, one per file: what every command does, and the Python API."""

import ovopt.reports.notebook  # noqa: F401  comparisons show themselves in notebooks
