"""Write the labelled files under ``files/``: one folder for each content type, the same bytes each time."""

import random
import shutil
from collections.abc import Callable
from pathlib import Path

from binaries import BINARIES
from templates import load_templates
from vocabulary import Dice

FILES = Path(__file__).resolve().parent / "files"
FILES_PER_TYPE = 9


def write_files(label: str, extension: str, write: Callable[[Dice], bytes]) -> None:
    """Write the files of one content type into its folder; each has its own seed."""
    folder = FILES / label
    folder.mkdir(parents=True)
    for number in range(1, FILES_PER_TYPE + 1):
        dice = Dice(random.Random(f"{label}/{number}"))
        name = dice.fill("@adj@_@noun@")
        (folder / f"{name}_{number}.{extension}").write_bytes(write(dice))


def main() -> None:
    """Replace ``files/`` and print how much was written."""
    shutil.rmtree(FILES, ignore_errors=True)
    types = load_templates() | BINARIES
    for label, kind in types.items():
        write_files(label, kind.extension, kind.write)
    size_bytes = sum(path.stat().st_size for path in FILES.rglob("*.*"))
    print(f"{len(types)} types, {len(types) * FILES_PER_TYPE} files, {size_bytes} bytes")


if __name__ == "__main__":
    main()
