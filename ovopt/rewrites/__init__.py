"""Exact rewrites of the graph, one identity per file: what exporters spelled out becomes one operation again."""
