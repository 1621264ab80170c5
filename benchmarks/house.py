"""How the code is cut, in numbers: `python benchmarks/house.py [--root FOLDER]` prints a table, and judges nothing.

`--list COUNT [PATH ...]` names what a count found, below these paths.
`--walk` also runs `ovopt quantize --max-drop` on a small model and follows it from room to room.
"""

from __future__ import annotations

import argparse
import ast
import os
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from inspect import CO_OPTIMIZED
from pathlib import Path
from statistics import median
from types import FrameType

SMALL_LINES = 60
OPENINGS = ("What", "Whether", "Which", "How", "Where", "Of", "By")
ARRAY = re.compile(r"\b(Array|NDArray|Tensors|ndarray)\b")
SHAPE = re.compile(r"\[[\w\s,.:*+/()-]*\]")
"""`[n, 4]`, `[N, C, H, W]`, `[]`: how a docstring gives a shape."""
CUTTING = (
    "startswith",
    "endswith",
    "removeprefix",
    "removesuffix",
    "partition",
    "rpartition",
    "split",
    "find",
    "index",
)
TOLD = re.compile(r"ovopt/((cli|workflow|tune)/.+|[^/]+)$")
SCENARIOS = Path("ovopt", "bench", "scenarios")
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """A file of the package: its dotted name, path, text and syntax tree."""

    name: str
    path: Path
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """The parsed file."""
        return ast.parse(self.text)

    @property
    def lines(self) -> int:
        """Their number, blank ones included."""
        return len(self.text.splitlines())

    @property
    def is_help(self) -> bool:
        """Docstrings of the command line are what `--help` prints."""
        return self.name.startswith("ovopt.cli.")

    def documented(self) -> Iterator[tuple[int, str]]:
        """Line and docstring of the module, its classes and its functions."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Module | ast.ClassDef | Function) and (said := ast.get_docstring(node)):
                yield getattr(node, "lineno", 1), said

    def public(self) -> Iterator[Function]:
        """Functions and methods without an underscore in front, in classes without one."""
        waiting: list[ast.AST] = [self.tree]
        while waiting:
            for node in ast.iter_child_nodes(waiting.pop()):
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    waiting.append(node)
                if isinstance(node, Function) and not node.name.startswith("_"):
                    yield node


@dataclass(frozen=True)
class House:
    """The package `ovopt` below a folder."""

    root: Path

    @cached_property
    def modules(self) -> dict[str, Module]:
        """All files, by dotted name."""
        found = {}
        for path in sorted((self.root / "ovopt").rglob("*.py")):
            parts = path.relative_to(self.root).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            found[name] = Module(name, path.relative_to(self.root), path.read_text(encoding="utf-8"))
        return found

    @cached_property
    def imports(self) -> dict[str, set[str]]:
        """Module -> the modules of the package that it imports, wherever in the file."""
        return {name: set(self._imported(module)) - {name} for name, module in self.modules.items()}

    def _imported(self, module: Module) -> Iterator[str]:
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                for alias in node.names:
                    inner = f"{node.module}.{alias.name}"
                    yield from (
                        one for one in (inner if inner in self.modules else node.module,) if one in self.modules
                    )
            elif isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names if alias.name in self.modules)

    def importers(self, name: str) -> int:
        """The number of modules that import one."""
        return sum(name in imported for imported in self.imports.values())

    def rooms(self, folder: str) -> tuple[set[str], set[tuple[str, str]]]:
        """The rooms directly in a folder, and the pairs of which one imports the other."""

        def room(name: str) -> str | None:
            return name.removeprefix(f"{folder}.").partition(".")[0] if name.startswith(f"{folder}.") else None

        pairs = {(room(name), room(other)) for name, imported in self.imports.items() for other in imported}
        return (
            {one for name in self.modules if (one := room(name))},
            {(first, second) for first, second in pairs if first and second and first != second},
        )

    @cached_property
    def errors(self) -> set[str]:
        """The names of ovopt's own errors."""
        tree = self.modules["ovopt.errors"].tree
        return {node.name for node in tree.body if isinstance(node, ast.ClassDef) and node.name.endswith("Error")}

    def touched_by(self, scenario: str) -> list[str]:
        """The files that name a scenario."""
        named = re.compile(rf"\b{scenario}\b")
        return [str(module.path) for module in self.modules.values() if named.search(module.text)]


def opens_badly(said: str) -> bool:
    """Opens with a clause rather than with what it is about."""
    return said.split(maxsplit=1)[0].rstrip(",:;") in OPENINGS if said.strip() else False


def raised(function: Function, errors: set[str]) -> set[str]:
    """The errors of ours that a function raises itself."""
    inner = {id(node) for child in ast.walk(function) if isinstance(child, Function) and child is not function
             for node in ast.walk(child)}  # fmt: skip
    found = (
        node.exc.func for node in ast.walk(function)
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and id(node) not in inner
    )  # fmt: skip
    return {name.id for name in found if isinstance(name, ast.Name)} & errors


def says_so(function: Function, names: set[str]) -> bool:
    said = ast.get_docstring(function) or ""
    return "raise" in said.lower() or any(name in said for name in names)


def has_arrays(function: Function) -> bool:
    arguments = (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)
    annotations = [argument.annotation for argument in arguments] + [function.returns]
    return any(annotation is not None and ARRAY.search(ast.unparse(annotation)) for annotation in annotations)


def sentence(node: ast.expr, constants: dict[str, str]) -> bool:
    """A text of ours: at least two words, as a literal or a constant of the module."""
    texts = [part.value for part in ast.walk(node) if isinstance(part, ast.Constant) and isinstance(part.value, str)]
    texts += [constants[part.id] for part in ast.walk(node) if isinstance(part, ast.Name) and part.id in constants]
    return any(re.search(r"[a-z]+ [a-z]+", text) for text in texts)


def read_sentences(module: Module) -> Iterator[int]:
    """Lines where a sentence is cut or looked for: ovopt's own, or another package's error, its only sign."""
    constants = {
        target.id: node.value.value
        for node in module.tree.body if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets if isinstance(target, ast.Name) and isinstance(node.value.value, str)
    }  # fmt: skip
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CUTTING:
            if any(sentence(argument, constants) for argument in node.args):
                yield node.lineno
        elif (
            isinstance(node, ast.Compare)
            and isinstance(node.ops[0], ast.In | ast.NotIn | ast.Eq)
            and isinstance(node.left, ast.Constant | ast.Name)
            and sentence(node.left, constants)
        ):
            yield node.lineno


def _openings(house: House) -> tuple[list[str], int]:
    every = [(m, line, said) for m in house.modules.values() for line, said in m.documented()]
    return [f"{m.path}:{line}: {said.splitlines()[0]}" for m, line, said in every if opens_badly(said)], len(every)


def _unsaid(
    house: House, concerned: Callable[[Function], bool], said: Callable[[Function], bool]
) -> tuple[list[str], int]:
    every = [(m, f) for m in house.modules.values() if not m.is_help for f in m.public() if concerned(f)]
    return [f"{m.path}:{f.lineno}: {f.name}" for m, f in every if not said(f)], len(every)


COUNTS: dict[str, Callable[[House], tuple[list[str], int]]] = {
    "openings": _openings,
    "raises": lambda house: _unsaid(
        house, lambda f: bool(raised(f, house.errors)), lambda f: says_so(f, raised(f, house.errors))
    ),
    "shapes": lambda house: _unsaid(house, has_arrays, lambda f: bool(SHAPE.search(ast.get_docstring(f) or ""))),
    "sentences": lambda house: (
        [f"{m.path}:{line}" for m in house.modules.values() for line in read_sentences(m)], len(house.modules)
    ),
    "small": lambda house: (
        [f"{m.path}: {m.lines}" for m in house.modules.values() if m.lines < SMALL_LINES], len(house.modules)
    ),
    "single": lambda house: (
        [str(m.path) for m in house.modules.values() if house.importers(m.name) == 1], len(house.modules)
    ),
}  # fmt: skip
"""Count -> what it found, of how many."""


def walked(root: Path) -> list[str]:
    """The files in which a use case is told (`cli/`, `workflow/`, top level) in the order in which one `quantize
    --max-drop` enters them: the first call of every function, in the command's own process."""
    with tempfile.TemporaryDirectory() as scratch:
        done = subprocess.run(
            [sys.executable, __file__, "--root", root, "--follow"],
            cwd=scratch,
            env={**os.environ, "PYTHONPATH": str(root)},
            capture_output=True,
            text=True,
            check=False,
        )
    rooms = [line for line in done.stdout.splitlines() if TOLD.match(line)]
    return rooms or sys.exit(f"the walk failed:\n{done.stderr}")


def follow(root: Path) -> None:
    """Run the command on a small network and random images in this folder, and print every function's file once."""
    _small_model_and_data()
    from ovopt.cli.main import main

    package, seen = str(root / "ovopt") + os.sep, set[object]()

    def entered(frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        if (
            event == "call"
            and code.co_flags & CO_OPTIMIZED
            and code not in seen
            and code.co_filename.startswith(package)
        ):
            seen.add(code)
            if not code.co_name.startswith("<"):
                sys.stdout.write(f"ovopt/{code.co_filename.removeprefix(package)}\n")

    words = "quantize model.xml --recipe classification --data data.npz --max-drop 0.5 --time-budget 60 -o int8 -q"
    sys.argv = ["ovopt", *words.split()]
    threading.setprofile(entered)
    sys.setprofile(entered)
    try:
        main()
    finally:
        sys.setprofile(None)


def _small_model_and_data() -> None:
    import numpy as np
    import openvino
    from openvino import opset13 as ops

    draw = np.random.default_rng(0)
    image = ops.parameter([1, 3, 32, 32], np.float32, name="image")
    kernel = draw.normal(size=(16, 3, 3, 3)).astype(np.float32)
    features = ops.relu(ops.convolution(image, kernel, [1, 1], [1, 1], [1, 1], [1, 1]))
    pooled = ops.reduce_mean(features, np.array([2, 3]))
    scores = ops.matmul(pooled, draw.normal(size=(16, 10)).astype(np.float32), False, False)
    openvino.save_model(openvino.Model([scores], [image]), "model.xml", compress_to_fp16=False)
    images = draw.normal(size=(200, 3, 32, 32)).astype(np.float32)
    np.savez("data.npz", image=images, labels=draw.integers(0, 10, 200))


def returns(rooms: Sequence[str]) -> int:
    """How often a walk comes back to a room that it has left."""
    changes = [room for place, room in enumerate(rooms) if place == 0 or rooms[place - 1] != room]
    return len(changes) - len(set(changes))


def rows(house: House) -> Iterator[tuple[str, str]]:
    for folder in ("workflow", "model"):
        rooms, pairs = house.rooms(f"ovopt.{folder}")
        yield f"rooms directly in {folder}/, imports between them", f"{len(rooms)}, {len(pairs)}"
    lines = [module.lines for module in house.modules.values()]
    yield "files, median lines", f"{len(lines)}, {median(lines):.0f}"
    found = {name: count(house) for name, count in COUNTS.items()}
    share = {name: len(named) / whole if whole else 0 for name, (named, whole) in found.items()}
    yield f"files under {SMALL_LINES} lines", f"{len(found['small'][0])}"
    yield "modules with exactly one importer", f"{len(found['single'][0])}"
    touched = {
        path.stem: len(house.touched_by(path.stem)) for path in sorted((house.root / SCENARIOS).glob("[a-z]*.py"))
    }
    yield "files that name a scenario", ", ".join(f"{name} {count}" for name, count in touched.items())
    yield f"docstrings that open with {' / '.join(OPENINGS)}", f"{100 * share['openings']:.1f} %"
    for name, said in (
        ("raises", "that raise an ovopt error and say so"),
        ("shapes", "with arrays that name their shapes"),
    ):
        named, whole = found[name]
        yield f"public functions {said}", f"{whole - len(named)} of {whole} ({100 - 100 * share[name]:.0f} %)"
    yield "places where code reads a sentence", f"{len(found['sentences'][0])}"
    yield "lines of ovopt/", f"{sum(lines):,}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parents[1])
    parser.add_argument("--list", choices=COUNTS)
    parser.add_argument("--walk", action="store_true")
    parser.add_argument("--follow", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("paths", nargs="*")
    asked = parser.parse_args()
    if asked.follow:
        follow(asked.root.resolve())
        return
    house = House(asked.root.resolve())
    if asked.list:
        named, _ = COUNTS[asked.list](house)
        print("\n".join(line for line in named if not asked.paths or line.startswith(tuple(asked.paths))))
        return
    for what, count in rows(house):
        print(f"{what:78} {count}")
    if asked.walk:
        rooms = walked(house.root)
        whole = f"{len(set(rooms))}, {returns(rooms)}"
        print(f"{'rooms entered by quantize --max-drop, returns to a room already left':78} {whole}")


if __name__ == "__main__":
    main()
