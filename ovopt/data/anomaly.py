"""Images of what is as it should be, and of what is not, with the regions where it is not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from pydantic import Field

from ovopt.contracts import BadLabel, DataSource, LabelFile, Samples
from ovopt.data.content import MaxBytes, folder_at, hash_of_names, read_bytes
from ovopt.data.images import files_below
from ovopt.data.own_splits import own_splits_in
from ovopt.errors import DataError
from ovopt.given_file import LARGEST
from ovopt.locate import confined, expand, shown
from ovopt.records import Port
from ovopt.units import a_few

NORMAL = ("good", "ok", "normal")
"""What folders of normal images are called."""
Label = int | LabelFile | BadLabel


class Anomaly(DataSource):
    """Folders as MVTec AD, VisA and BTAD have them: `train/good`, `test/good`, `test/DEFECT`, and the region of each
    defect in `ground_truth/DEFECT/NAME_mask.png` or `NAME.png`.

    A sample is the image file's bytes. Its label is 0 where it is normal; else the file of the region, of which all
    that is not 0 is wrong, or 1 where there is no folder of regions. `train` and `test` are splits of its own.
    """

    name: ClassVar[str] = "anomaly"
    layout: ClassVar[str] = "normal images to train with, normal ones and others to test"
    priority: ClassVar[int] = 75
    path: str = Field(description="the folder of one category, which holds `train` and `test`")
    normal: str | None = Field(
        default=None, description=f"the folder of normal images; default: {', '.join(NORMAL)}, as `train` has it"
    )
    masks: str = Field(default="ground_truth", description="the folder of the regions, which may be missing")
    suffix: str = Field(default="_mask", description="what a region's name may have after the image's")
    max_bytes: MaxBytes = LARGEST

    @classmethod
    def recognises(cls, path: str) -> bool:
        """A folder whose `train` holds normal images alone, and whose `test` holds those and others."""
        root = expand(path)
        train, test = _folders(root / "train"), _folders(root / "test")
        return len(train) == 1 and train < test and train <= set(NORMAL)

    def open(self, inputs: Sequence[Port], seed: int) -> Samples:
        """Samples of all images. Raises DataError where there are none, or no folder of normal ones."""
        root = folder_at(expand(self.path))
        normal = self._normal(root)
        regions = self._regions(root)
        found: dict[Path, tuple[str, str]] = {}
        for split, (folder, *_) in own_splits_in(root).items():
            if folder.is_dir():
                found |= {file: (split, file.relative_to(folder).parts[0]) for file in files_below(folder)}
        if not found:
            raise DataError(f"{root}: holds no images below `train` and `test`")
        files = list(found)
        ids = tuple(shown(file.relative_to(root)) for file in files)
        defects = [defect for _, defect in found.values()]
        labels = [0 if defect == normal else self._label(file, regions) for file, (_, defect) in found.items()]
        masks = [label.path for label in labels if isinstance(label, LabelFile)]
        return Samples(
            source=str(root),
            ids=ids,
            labels=tuple(labels),
            load=lambda index: read_bytes(files[index], self.max_bytes),
            fingerprint=hash_of_names((*ids, *map(str, masks)), (*files, *masks)),
            splits=tuple(split for split, _ in found.values()),
            columns={"defect": lambda: defects},
        )

    def _normal(self, root: Path) -> str:
        known = _folders(root / "train") | _folders(root / "test")
        found = self.normal or next((name for name in NORMAL if name in known), None)
        if found not in known:
            raise DataError(
                f"{root}: no folder of normal images ({self.normal or ', '.join(NORMAL)}) below `train` or `test`, "
                f"only {a_few(sorted(known)) or 'none'}; name it with --set data.source.normal=..."
            )
        return found

    def _regions(self, root: Path) -> Mapping[Path, Path] | None:
        """Files of regions by the part of their path that an image's has, without suffix; None where there is no folder
        of them."""
        folder = confined(root, self.masks, "data.source.masks")
        if not folder.is_dir():
            return None
        return {
            file.relative_to(folder).with_name(file.stem.removesuffix(self.suffix)): file
            for file in files_below(folder)
        }

    def _label(self, file: Path, regions: Mapping[Path, Path] | None) -> Label:
        if regions is None:
            return 1
        key = Path(file.parent.name, file.stem)
        if key in regions:
            return LabelFile(regions[key], "region")
        return BadLabel(f"{file}: no region in {self.masks}/{key.parent}")


def _folders(folder: Path) -> set[str]:
    """Names of the folders in a folder; none where there is no such one."""
    if not folder.is_dir():
        return set()
    return {place.name for place in folder.iterdir() if place.is_dir() and not place.name.startswith(".")}
