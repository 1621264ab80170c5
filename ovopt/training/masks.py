"""NNCF's masks: which weights of a PyTorch module are held at zero."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ovopt.errors import StepError
from ovopt.model.files.trainable import Trainable
from ovopt.model.native import quiet

if TYPE_CHECKING:
    import torch

    from ovopt.model.files.trainable import State

Mode = Literal["unstructured_magnitude_local", "unstructured_magnitude_global"]
TORCH_EMBEDDINGS = ("embedding", "embedding_bag")


@dataclass(frozen=True)
class Masked:
    """A copy of a module in which weights are masked: what is zero stays zero while the rest is trained."""

    module: torch.nn.Module
    masks: State
    """Parameter -> where its weights stay."""

    @property
    def zeros(self) -> int:
        """The number of masked weights."""
        return sum(int((~mask).sum()) for mask in self.masks.values())

    @property
    def weights(self) -> int:
        """The number of weights that could have been masked."""
        return sum(mask.numel() for mask in self.masks.values())

    @property
    def emptied(self) -> list[str]:
        """Parameters of which nothing is left."""
        return [_own(name) for name, mask in self.masks.items() if not mask.any()]

    @property
    def whole(self) -> list[str]:
        """Matrices and kernels of which nothing is masked."""
        return [_own(name) for name, one in self.parameters().items() if one.ndim > 1 and name not in self.masks]

    def parameters(self) -> dict[str, torch.nn.Parameter]:
        """Parameters that are trained, by name."""
        return {name: one for name, one in self.module.named_parameters() if one.is_floating_point()}

    def state(self) -> State:
        """Copies of all parameters, zeros in place, by their names in the original."""
        found = {name: parameter.detach().clone() for name, parameter in self.parameters().items()}
        for name, mask in self.masks.items():
            found[name].masked_fill_(~mask, 0)
        return {_own(name): value for name, value in found.items()}


def masked(trainable: Trainable, mode: Mode, ratio: float, example: Sequence[torch.Tensor]) -> Masked:
    """A module pruned with `nncf.prune`: the weights of the smallest magnitude are zero, `ratio` of each layer's or of
    all. Embeddings stay as they are, since a look-up gains nothing from zeros, and so do buffers, which training does
    not change.

    Raises StepError where NNCF finds nothing to prune, fails, or keeps its masks elsewhere than 3.4 does.
    """
    import nncf

    try:  # names that NNCF does not document
        from nncf.torch.function_hook.nncf_graph.nncf_graph_builder import build_nncf_graph
        from nncf.torch.function_hook.pruning.magnitude.algo import get_pruned_modules
        from nncf.torch.function_hook.wrapper import wrap_model
    except ImportError as error:
        raise StepError(
            f"{trainable.said}: NNCF {nncf.__version__} keeps its masks elsewhere than 3.4 does ({error}); "
            "pip install 'nncf==3.4.*'"
        ) from None
    try:
        with quiet():
            module = wrap_model(deepcopy(trainable.module))
            given = tuple(example)
            nodes = build_nncf_graph(module, given).get_all_nodes()
            buffers = {name for name, _ in module.named_buffers()}
            embeddings = {node.node_name for node in nodes if node.node_type in TORCH_EMBEDDINGS}
            alone = [node.node_name for node in nodes if node.node_name in buffers | embeddings]
            scope = nncf.IgnoredScope(names=alone)  # NNCF takes no name that is not there
            kind = nncf.PruneMode(mode)
            module = nncf.prune(module, kind, ratio=ratio, ignored_scope=scope, examples_inputs=given)
    except nncf.InternalError as error:
        if "No pruned tensors" in str(error):
            raise StepError(
                f"{trainable.said}: NNCF finds no convolution and no matrix product with weights of its own; an "
                "exported program must not be decomposed: save what torch.export.export gives as it is"
            ) from None
        raise StepError(f"{trainable.said}: NNCF cannot prune it: {error}") from None
    for parameter in module.parameters():
        parameter.requires_grad_(parameter.is_floating_point())
    hooks = sorted(get_pruned_modules(module).items())  # NNCF's order is that of a set
    return Masked(module, {name: hook.binary_mask for name, hook in hooks})


def _own(name: str) -> str:
    """As the original calls its parameter."""
    return name.removeprefix("inner.")
