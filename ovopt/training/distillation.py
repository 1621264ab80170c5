"""Training of a pruned model against the original's answers, epoch by epoch, with checkpoints on disk from which it
goes on where it was stopped."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ovopt.contracts import Advance, Progress
from ovopt.errors import OutputError, StepError
from ovopt.model.native import first_line
from ovopt.resumable import digest, replacing
from ovopt.training.masks import Masked
from ovopt.training.targets import Agreement, DistillationLoss, Targets, floats

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


@dataclass(frozen=True)
class Schedule:
    """Epochs, batch and learning rate, which falls to zero along a cosine (Loshchilov and Hutter, 2017), of Adam
    (Kingma and Ba, 2015)."""

    epochs: int
    batch: int
    rate: float
    seed: int


@dataclass(frozen=True)
class Distilled:
    """The best of the epochs; `epoch` is 0 where that is the start."""

    state: State
    epoch: int
    before: Agreement
    after: Agreement
    diverged_in: int | None
    """The epoch whose error was not finite, which ended the training."""


class Distillation:
    """Training of a student on the answers of its teacher."""

    def __init__(self, student: Masked, targets: Targets, loss: DistillationLoss, schedule: Schedule) -> None:
        import torch

        self._student, self._targets, self._loss, self._schedule = student, targets, loss, schedule
        self._optimizer = torch.optim.Adam(student.parameters().values(), lr=schedule.rate)
        self._batches = math.ceil(len(targets.train) / schedule.batch)

    def run(self, checkpoint: Checkpoint, progress: Progress) -> Distilled:
        """Train from the checkpoint on, or from the start. An interruption says what is kept."""
        before = self._agreement()
        now = EpochState(0, {}, {}, 0, before.error, self._parameters())
        if found := checkpoint.read():
            now = found
            self._set(now.parameters)
            self._optimizer.load_state_dict(dict(now.optimizer))
            progress.say(f"{checkpoint.file}: goes on behind epoch {now.epoch} of {self._schedule.epochs}")
        diverged = None
        try:
            with progress.task("fine-tune", total=(self._schedule.epochs - now.epoch) * self._batches) as advance:
                while now.epoch < self._schedule.epochs:
                    epoch = now.epoch + 1
                    error = self._epoch(epoch, now, advance)
                    if not math.isfinite(error):
                        diverged = epoch
                        break
                    now = self._behind(epoch, error, now)
                    checkpoint.write(now)
                    advance(0, self._said(now))
        except (KeyboardInterrupt, SystemExit):
            if checkpoint.file:
                kept = checkpoint.read() or now  # it may have ended in the middle of writing, or right behind
                progress.say(_kept(checkpoint, kept, self._schedule.epochs))
            raise
        self._set(now.best)
        return Distilled(self._student.state(), now.best_epoch, before, self._agreement(), diverged)

    def _epoch(self, epoch: int, now: EpochState, advance: Advance) -> float:
        """Every sample once, in an order of the epoch's own; the error on the samples that are held out."""
        order = np.random.default_rng((self._schedule.seed, epoch)).permutation(self._targets.train)
        steps = self._schedule.epochs * self._batches
        for place, groups in enumerate(self._targets.batches([int(i) for i in order], self._schedule.batch)):
            step = (epoch - 1) * self._batches + place
            for settings in self._optimizer.param_groups:
                settings["lr"] = self._schedule.rate * (1 + math.cos(math.pi * step / steps)) / 2
            self._learn(groups)
            advance(1, self._said(now))
        return self._agreement().error

    def _learn(self, groups: list[list[int]]) -> None:
        self._optimizer.zero_grad()
        samples = sum(map(len, groups))
        try:
            for group in groups:
                found = floats(self._student.module(*self._targets.given(group)))
                error = self._loss.between(found, self._targets.answer(group))
                (error * (len(group) / samples)).backward()
        except RuntimeError as error:
            raise StepError(
                f"PyTorch cannot train the model: {first_line(error)}; export it without torch.no_grad() in its forward"
            ) from None
        self._optimizer.step()

    def _said(self, now: EpochState) -> str:
        return (
            f"{now.epoch} of {self._schedule.epochs} epochs, best error {now.best_error:.4g} in epoch {now.best_epoch}"
        )

    def _agreement(self) -> Agreement:
        return Agreement.on_held_out(self._student.module, self._targets, self._loss)

    def _behind(self, epoch: int, error: float, before: EpochState) -> EpochState:
        parameters, optimizer = self._parameters(), self._optimizer.state_dict()
        if error < before.best_error:
            return EpochState(epoch, parameters, optimizer, epoch, error, parameters)
        return EpochState(epoch, parameters, optimizer, before.best_epoch, before.best_error, before.best)

    def _parameters(self) -> State:
        return {name: one.detach().clone() for name, one in self._student.parameters().items()}

    def _set(self, values: State) -> None:
        import torch

        with torch.no_grad():
            for name, parameter in self._student.parameters().items():
                parameter.copy_(values[name])


def _kept(checkpoint: Checkpoint, now: EpochState, epochs: int) -> str:
    if not now.epoch:
        return "no epoch was finished, so nothing is kept"
    best = f"the best so far (epoch {now.best_epoch})" if now.best_epoch else "the start, than which nothing was better"
    return f"epoch {now.epoch} of {epochs} and {best} are kept in {checkpoint.file}; --resume goes on from there"
