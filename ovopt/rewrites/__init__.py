"""Exact rewrites of the graph, one identity per class: what exporters spelled out becomes one operation again."""
