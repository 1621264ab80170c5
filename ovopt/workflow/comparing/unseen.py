"""Samples that a bundle was made with: they do not judge it, unless they are asked for."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from ovopt.contracts.samples import bare_id
from ovopt.errors import DataError
from ovopt.preparing.prepared import Prepared
from ovopt.records import DataFacts, LeftOutKind
from ovopt.workflow.comparing.taking_part import NamedModel

KINDS: dict[LeftOutKind, str] = {"calibrated": "calibration", "tuned": "tuning"}
"""What a sample was used as, and the split that it came from."""


def check_unseen(prepared: Prepared, taking_part: Sequence[NamedModel], judging: Collection[int], do: str) -> None:
    """Raises DataError, which advises to `do` otherwise, where samples that judge made a model, by their ids."""
    for one in taking_part:
        used = one.manifest.data if one.manifest else None
        if used and (seen := _seen(prepared, used, judging)):
            raise DataError(
                f"{one.file.path}: {len(seen)} of the {len(judging)} samples that would judge it were used to make "
                f"it; {do} with the recipe, data and --seed {used.seed} that made it, or with other data"
            )


def without_seen(prepared: Prepared, taking_part: Sequence[NamedModel], judge: bool = False) -> Prepared:
    """The samples without those that models were made with, by their digests; where they are to `judge`, with them, and
    noted as they are met."""
    bundles = [one.manifest for one in taking_part if one.manifest]
    calibrated = {seen for one in bundles for seen in one.calibrated}
    tuned = {seen for one in bundles for seen in one.tuned}
    return prepared.without_seen({"calibrated": calibrated, "tuned": tuned}, judge)


def met_again(prepared: Prepared, judging: Sequence[int]) -> Iterator[str]:
    """Remarks on samples that were left out because models were made with them."""
    for kind, split in KINDS.items():
        if seen := [index for index, sample in prepared.left_out.items() if sample.kind == kind]:
            yield (
                f"{len(seen)} of {len(judging)} samples are the same as {split} samples and do not judge, for example "
                f"{prepared.samples.ids[seen[0]]}"
            )


def judged_anyway(prepared: Prepared, taking_part: Sequence[NamedModel], judging: Sequence[int]) -> Iterator[str]:
    """A remark on samples that judge because they were asked for, although models were made with them."""
    seen = {index for index, kind in prepared.met.items() if kind}
    for used in (one.manifest.data for one in taking_part if one.manifest):
        seen |= _seen(prepared, used, judging) if used else set()
    if seen:
        yield (
            f"{len(seen)} of {len(judging)} samples that judge were used to make a model here, for example "
            f"{prepared.samples.ids[min(seen)]}: the figures say little of others"
        )


def _seen(prepared: Prepared, used: DataFacts, judging: Collection[int]) -> set[int]:
    """Those that judge and, by their ids in the same data, made a model."""
    samples = prepared.samples
    if samples.fingerprint != used.fingerprint:
        return set()
    made_of = {bare_id(one, used.source) for split in KINDS.values() for one in used.splits[split]}
    return {index for index in judging if bare_id(samples.ids[index], samples.source) in made_of}
