"""Kinds of operations that work element by element, or reduce axes."""

from __future__ import annotations

_SINGLE = """
    Abs Ceiling Clamp Convert Cos Elu Erf Exp Floor Gelu HSigmoid HSwish HardSigmoid Log LogicalNot Mish Negative Relu
    Round Selu Sigmoid Sign Sin SoftPlus SoftSign Sqrt Swish Tan Tanh
"""
_SEVERAL = """
    Add Divide Equal FakeQuantize FloorMod Greater GreaterEqual Less LessEqual LogicalAnd LogicalOr Maximum Minimum Mod
    Multiply NotEqual Power Select SquaredDifference Subtract
"""
UNARY = frozenset(_SINGLE.split())
"""On one tensor; further inputs are parameters, single numbers."""
BROADCASTING = frozenset(_SEVERAL.split())
"""On tensors that are broadcast against each other."""
REDUCING = frozenset({"ReduceL1", "ReduceL2", "ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd", "ReduceSum"})
"""Over the axes that their second input names."""
