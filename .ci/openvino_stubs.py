"""Copies OpenVINO's own type stubs to where mypy reads them: `python .ci/openvino_stubs.py FOLDER`.

Each stub of the wheel opens with `# type: ignore`, which makes mypy skip the whole file; the copy leaves that line out.
"""

import importlib.util
import sys
from pathlib import Path

IGNORE = "# type: ignore\n"
UNSTUBBED = ("passes",)
"""Packages in Python without stubs."""


def copy_stubs(target: Path) -> None:
    """Copy all stubs of the installed OpenVINO into `target/openvino`."""
    spec = importlib.util.find_spec("openvino")
    assert spec is not None, "openvino is not installed"
    package = Path(next(iter(spec.submodule_search_locations or ())))
    sources = [*package.rglob("*.pyi"), *(file for name in UNSTUBBED for file in (package / name).glob("*.py"))]
    for source in sources:
        copy = target / "openvino" / source.relative_to(package)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(source.read_text(encoding="utf-8").replace(IGNORE, "", 1), encoding="utf-8")


if __name__ == "__main__":
    copy_stubs(Path(sys.argv[1]))
