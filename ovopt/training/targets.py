"""Targets of a training: samples with the outputs that the original gives for them, in batches where the model takes
any; the loss against them, and how far a model's answers agree with them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from ovopt.contracts import Tensors
from ovopt.errors import DataError, ModelError
from ovopt.model.native import first_line

if TYPE_CHECKING:
    import torch

    Many: TypeAlias = tuple[torch.Tensor, ...]

HELD_OUT_SHARE = 0.2
"""This share of the samples is not trained on, but chooses the epoch."""
FEWEST_SAMPLES = 5
"""Samples that a training takes at least: one is held out, and a few are left to learn from."""
REMEMBERED = 1 << 30
"""Bytes of answers that are computed once and kept; more of them are computed in every epoch again."""
BATCH_TOLERANCE = 1e-3
"""Difference that a batch may make to an answer, as a share of its largest value."""


@dataclass(frozen=True)
class Targets:
    """A teacher, and the samples that it answers. Indices are those of the samples."""

    teacher: torch.nn.Module
    samples: Sequence[Tensors]
    train: tuple[int, ...]
    held_out: tuple[int, ...]
    stacks: bool
    """True where several samples make one batch."""
    answers: Sequence[Many] | None
    """One per sample, where they are remembered."""

    @classmethod
    def of(cls, said: str, teacher: torch.nn.Module, samples: Sequence[Tensors], seed: int) -> Targets:
        """Divides the samples, arrays [1, ...] in the model's order. Raises DataError where there are too few, and
        ModelError where the model does not take them, or answers at random."""
        if len(samples) < FEWEST_SAMPLES:
            raise DataError(
                f"training takes at least {FEWEST_SAMPLES} calibration samples, {len(samples)} are there; "
                "give more --data, or a larger data.splits.calibration"
            )
        order = [int(i) for i in np.random.default_rng(seed).permutation(len(samples))]
        held = max(1, round(HELD_OUT_SHARE * len(samples)))
        own = cls(teacher, samples, tuple(sorted(order[held:])), tuple(sorted(order[:held])), False, None)
        first = own._checked(said)
        size = sum(answer.numel() * answer.element_size() for answer in first)
        known = [own.answer([i]) for i in range(len(samples))] if size * len(samples) <= REMEMBERED else None
        return cls(teacher, samples, own.train, own.held_out, own._stack(), known)

    def batches(self, chosen: Sequence[int], size: int) -> Iterator[list[list[int]]]:
        """The samples of each batch, in groups that are computed at once."""
        for start in range(0, len(chosen), size):
            batch = list(chosen[start : start + size])
            yield [batch] if self.stacks else [[index] for index in batch]

    def given(self, group: Sequence[int]) -> Many:
        """The inputs of samples that are computed at once."""
        import torch

        return tuple(
            torch.from_numpy(np.concatenate(arrays) if len(arrays) > 1 else np.ascontiguousarray(arrays[0]))
            for arrays in zip(*(self.samples[i] for i in group), strict=True)
        )

    def answer(self, group: Sequence[int]) -> Many:
        """The teacher's outputs for them, those in floating point."""
        import torch

        if self.answers is not None:
            return tuple(torch.cat(parts) for parts in zip(*(self.answers[i] for i in group), strict=True))
        with torch.no_grad():
            return floats(self.teacher(*self.given(group)))

    def _checked(self, said: str) -> Many:
        import torch

        try:
            first, again = self.answer([0]), self.answer([0])
        except Exception as error:
            raise ModelError(f"{said}: PyTorch cannot run it on a calibration sample: {first_line(error)}") from None
        if not first:
            raise ModelError(f"{said}: has no output in floating point that could be learned from")
        if not all(torch.equal(one, two) for one, two in zip(first, again, strict=True)):
            raise ModelError(
                f"{said}: answers the same sample differently each time: it was exported for training; call "
                "model.eval() before torch.export.export"
            )
        return first

    def _stack(self) -> bool:
        """True where two samples give in one batch what each gives alone."""
        import torch

        shapes = {tuple(array.shape for array in tensors) for tensors in self.samples}
        if len(shapes) > 1 or not all(shape and shape[0] == 1 for shape in next(iter(shapes))):
            return False
        alone = [self.answer([i]) for i in (0, 1)]
        try:
            both = self.answer([0, 1])
        except Exception:
            return False
        for first, second, pair in zip(*alone, both, strict=True):
            if first.ndim == 0 or pair.shape != (2, *first.shape[1:]):
                return False
            wanted = torch.cat([first, second])
            if not torch.allclose(pair, wanted, rtol=0, atol=BATCH_TOLERANCE * float(wanted.abs().max())):
                return False
        return True


def floats(outputs: Sequence[torch.Tensor]) -> Many:
    """Those of a model's outputs that a gradient can go through."""
    return tuple(output for output in outputs if output.is_floating_point())


Error = Literal["mse", "kl"]
TINY = 1e-12
"""Probability and variance below which both count as this, so that logarithm and quotient stay finite."""
NEARLY_ONE = 1e-3
"""Difference from 1 in which the sum of f32 probabilities may end."""
ASKED_AT_ONCE = 16
"""Samples in a batch of held-out ones: it bounds memory, and changes no figure."""


@dataclass(frozen=True)
class DistillationLoss:
    """A differentiable error between answers. `mse`: squared difference as a share of the teacher's variance, averaged
    over the outputs. `kl`: divergence of the teacher's classes from the student's, both softened by a temperature
    (Hinton, Vinyals, Dean: Distilling the Knowledge in a Neural Network, 2015)."""

    error: Error
    temperature: float
    variances: tuple[float, ...]
    probabilities: bool
    """True where the model ends in a softmax, so that its output is no logit."""

    @classmethod
    def of(cls, targets: Targets, error: Error, temperature: float) -> DistillationLoss:
        """With the teacher's variance on the samples that are trained on."""
        moments: list[list[_Sums]] = []
        normalized = True
        for index in targets.train:
            answer = targets.answer([index])
            doubles = [each.double() for each in answer]
            moments.append([(each.numel(), float(each.sum()), float(each.square().sum())) for each in doubles])
            sums = answer[0].sum(-1)
            normalized &= bool((answer[0] >= 0).all() and ((sums - 1).abs() < NEARLY_ONE).all())
        variances = tuple(_variance(each) for each in zip(*moments, strict=True))
        return cls(error, temperature, variances, normalized)

    def between(self, found: Many, wanted: Many) -> torch.Tensor:
        """The mean over the samples of a batch, with a gradient."""
        import torch

        if self.error == "mse":
            each = [
                (one - two).square().mean() / variance
                for one, two, variance in zip(found, wanted, self.variances, strict=True)
            ]
            return torch.stack(each).mean()
        logits = [one.clamp(min=TINY).log() if self.probabilities else one for one in (found[0], wanted[0])]
        soft = [torch.log_softmax(one / self.temperature, -1) for one in logits]
        divergence = torch.nn.functional.kl_div(*soft, log_target=True, reduction="none").sum(-1).mean()
        return divergence * self.temperature**2


_Sums = tuple[int, float, float]
"""Count of values, their sum, and the sum of their squares."""


def _variance(moments: Sequence[_Sums]) -> float:
    count, total, squares = (float(sum(column)) for column in zip(*moments, strict=True))
    return max(squares / count - (total / count) ** 2, TINY)


@dataclass(frozen=True)
class Agreement:
    """Agreement of a model with its teacher on samples that it was not trained on."""

    error: float
    cosine: float
    """Mean over the samples, of the output where it is lowest."""
    top1: float
    """Share of equal likeliest classes in the first output."""

    @classmethod
    def on_held_out(cls, module: torch.nn.Module, targets: Targets, loss: DistillationLoss) -> Agreement:
        """Ask about the samples that are held out."""
        import torch

        errors, equal, cosines = [0.0], 0.0, list[list[float]]()
        for group, *others in targets.batches(targets.held_out, ASKED_AT_ONCE):
            for asked in (group, *others):
                with torch.no_grad():
                    found, wanted = floats(module(*targets.given(asked))), targets.answer(asked)
                    errors.append(float(loss.between(found, wanted)) * len(asked))
                    equal += float((found[0].argmax(-1) == wanted[0].argmax(-1)).float().mean()) * len(asked)
                    cosines.append([_cosine(pair, len(asked)) for pair in zip(found, wanted, strict=True)])
        count = len(targets.held_out)
        lowest = min(sum(column) / count for column in zip(*cosines, strict=True))
        return cls(sum(errors) / count, lowest, equal / count)


def _cosine(pair: Sequence[torch.Tensor], samples: int) -> float:
    """Summed over the samples of a batch."""
    import torch

    one, two = (tensor.double().reshape(samples, -1) for tensor in pair)
    return float(torch.nn.functional.cosine_similarity(one, two, dim=1).sum())
