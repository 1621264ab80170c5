"""NNCF's masks: which weights of a PyTorch module are held at zero."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ovopt.errors import StepError
from ovopt.model.pytorch import quiet
from ovopt.model.trainable import Trainable

if TYPE_CHECKING:
    import torch

    from ovopt.model.trainable import State

Mode = Literal["unstructured_magnitude_local", "unstructured_magnitude_global"]


@dataclass(frozen=True)
class Masked:
    """A copy of a module in which weights are masked: what is zero stays zero while the rest is trained."""

    module: torch.nn.Module
    masks: State
    """Parameter -> where its weights stay."""

    @property
    def zeros(self) -> int:
        """How many weights are masked."""
        return sum(int((mask == 0).sum()) for mask in self.masks.values())

    @property
    def weights(self) -> int:
        """How many could have been."""
        return sum(mask.numel() for mask in self.masks.values())

    def parameters(self) -> dict[str, torch.nn.Parameter]:
        """What is trained."""
        return {name: one for name, one in self.module.named_parameters() if one.is_floating_point()}

    def state(self) -> State:
        """Copies of all parameters, zeros in place, by their names in the original."""
        found = {name: parameter.detach().clone() for name, parameter in self.parameters().items()}
        for name, mask in self.masks.items():
            found[name] *= mask
        return {name.removeprefix("inner."): value for name, value in found.items()}


def masked(trainable: Trainable, mode: Mode, ratio: float, example: Sequence[torch.Tensor]) -> Masked:
    """`nncf.prune`: the weights of the smallest magnitude are zero, `ratio` of each layer's or of all. Embeddings stay
    as they are: a look-up gains nothing from zeros."""
    import nncf
    import torch
    from nncf.torch.function_hook.pruning.magnitude.algo import get_pruned_modules

    kinds = {"embedding": torch.nn.Embedding, "embedding_bag": torch.nn.EmbeddingBag}
    modules = list(trainable.module.modules())
    scope = nncf.IgnoredScope(types=[name for name, kind in kinds.items() if any(isinstance(m, kind) for m in modules)])
    try:
        with quiet():
            copy = deepcopy(trainable.module)
            module = nncf.prune(
                copy, nncf.PruneMode(mode), ratio=ratio, ignored_scope=scope, examples_inputs=tuple(example)
            )
    except nncf.InternalError as error:
        if "No pruned tensors" in str(error):
            raise StepError(
                f"{trainable.said}: NNCF finds no convolution and no matrix product with weights of its own; an "
                "exported program must not be decomposed: save what torch.export.export gives as it is"
            ) from None
        raise StepError(f"{trainable.said}: NNCF cannot prune it: {error}") from None
    for parameter in module.parameters():
        parameter.requires_grad_(parameter.is_floating_point())
    return Masked(module, {name: hook.binary_mask for name, hook in get_pruned_modules(module).items()})
