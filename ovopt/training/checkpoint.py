"""Checkpoints of a training on disk, so that it can go on where it was stopped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ovopt.errors import OutputError
from ovopt.resumable import digest, replacing

if TYPE_CHECKING:
    import torch

    from ovopt.contracts import Tensors
    from ovopt.model.files.trainable import State


@dataclass(frozen=True)
class EpochState:
    """The state of a training behind an epoch."""

    epoch: int
    parameters: State
    optimizer: Mapping[str, Any]
    best_epoch: int
    """0 where nothing was better than the start."""
    best_error: float
    best: State


@dataclass(frozen=True)
class Checkpoint:
    """A file that is replaced after every epoch, whole or not at all. `subject` says model, samples and settings in one
    hash; one of something else is refused."""

    file: Path | None
    """None where nothing is kept."""
    subject: str

    def read(self) -> EpochState | None:
        """The state that was kept; None where nothing was. Raises OutputError for a file that is no checkpoint of this
        training."""
        import torch

        if self.file is None or not self.file.is_file():
            return None
        try:
            stored = torch.load(self.file, map_location="cpu", weights_only=True)
            subject, progressed = stored.pop("subject"), EpochState(**stored)
        except Exception:
            raise OutputError(f"{self.file}: not a checkpoint of ovopt; leave --resume out, or remove it") from None
        if subject != self.subject:
            raise OutputError(
                f"{self.file}: of another model, data, seed or settings; leave --resume out, or remove it"
            )
        return progressed

    def write(self, progressed: EpochState) -> None:
        """Replaces the file. Raises OutputError where it cannot be written."""
        import torch

        if self.file is None:
            return
        try:
            with replacing(self.file) as scratch:
                torch.save({"subject": self.subject, **vars(progressed)}, scratch)
        except (OSError, RuntimeError) as error:
            raise OutputError(f"{self.file}: cannot be written: {error}; choose another -o/--output") from None


def subject_of(module: torch.nn.Module, samples: Sequence[Tensors], *settings: object) -> str:
    """One hash of all that a training depends on: what the module holds, masks too, samples (arrays [1, ...]),
    settings."""
    import torch

    held = sorted(chain(module.named_parameters(), module.named_buffers()), key=itemgetter(0))
    kinds = [(name, tuple(value.shape), value.dtype) for name, value in held]
    weights = (value.detach().contiguous().reshape(-1).view(torch.uint8).numpy() for _, value in held)
    return digest(*settings, kinds, arrays=chain(weights, chain.from_iterable(samples)))
