"""Report formats, one per file: pure functions of a comparison."""
