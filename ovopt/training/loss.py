"""The loss of distillation, and how far a model's answers agree with those of its teacher."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ovopt.training.targets import Targets, floats

if TYPE_CHECKING:
    import torch

    from ovopt.training.targets import Many

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
            moments.append([_moments(each) for each in answer])
            normalized &= _is_normalized(answer[0])
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
        soft = [torch.log_softmax(self._logits(one) / self.temperature, -1) for one in (found[0], wanted[0])]
        divergence = torch.nn.functional.kl_div(*soft, log_target=True, reduction="none").sum(-1).mean()
        return divergence * self.temperature**2

    def _logits(self, scores: torch.Tensor) -> torch.Tensor:
        return scores.clamp(min=TINY).log() if self.probabilities else scores


_Sums = tuple[int, float, float]
"""Count of values, their sum, and the sum of their squares."""


def _moments(values: torch.Tensor) -> _Sums:
    return values.numel(), float(values.double().sum()), float(values.double().square().sum())


def _variance(moments: Sequence[_Sums]) -> float:
    count, total, squares = (float(sum(column)) for column in zip(*moments, strict=True))
    return max(squares / count - (total / count) ** 2, TINY)


def _is_normalized(scores: torch.Tensor) -> bool:
    return bool((scores >= 0).all() and ((scores.sum(-1) - 1).abs() < NEARLY_ONE).all())


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
