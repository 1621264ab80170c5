"""Models of the Hugging Face hub: `hf:ORG/NAME`, or `hf:ORG/NAME@REVISION`, as a folder in the hub's own cache."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from ovopt.errors import ModelError
from ovopt.model.native import first_line

PREFIX = "hf:"
FORM = re.compile(r"hf:(?P<repository>[\w.-]+(?:/[\w.-]+)?)(?:@(?P<revision>[^@\s]+))?")
CONFIGURATION = ("*.json", "*.txt", "*.model", "*.py", "*.yml", "*.yaml", "*.md")
KINDS: Sequence[tuple[str, Sequence[str]]] = (
    (r"openvino_model\.xml", ("openvino_model.*",)),
    (r"model\.onnx", ("model.onnx*",)),
    (r"onnx/model\.onnx", ("onnx/model.onnx*",)),
    (r"model.*\.safetensors", ("model*.safetensors",)),
    (r"pytorch_model.*\.bin", ("pytorch_model*.bin",)),
)
"""Patterns of files by the forms that a repository may hold its model in, the first that it holds first."""


@cache
def fetch(name: str) -> Path:
    """The folder with the files of one form of the model. A model in the cache needs no network.

    Raises ModelError where there is no such model, its terms are not accepted, or neither cache nor hub has it.
    """
    found = FORM.fullmatch(name)
    if not found:
        raise ModelError(f"{name}: write hf:ORG/NAME or hf:ORG/NAME@REVISION")
    repository, revision = found["repository"], found["revision"]
    from huggingface_hub import HfApi, snapshot_download
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError, RevisionNotFoundError

    try:
        files = HfApi().list_repo_files(repository, revision=revision)
        return Path(snapshot_download(repository, revision=revision, allow_patterns=wanted(name, files)))
    except ModelError:
        raise
    except GatedRepoError:
        raise ModelError(
            f"{name}: the hub wants you to accept this model's terms first; do so on its page, then `hf auth login`"
        ) from None
    except RevisionNotFoundError:
        raise ModelError(f"{name}: the model has no revision {revision!r} on the hub") from None
    except RepositoryNotFoundError:
        raise ModelError(f"{name}: the hub has no such model, or it is private (`hf auth login`)") from None
    except Exception as error:
        return _cached(name, repository, revision, error)


def wanted(name: str, files: Sequence[str]) -> list[str]:
    """Patterns of the files to fetch. Raises ModelError where the repository holds no form that can be read."""
    for form, patterns in KINDS:
        if any(re.fullmatch(form, file) for file in files):
            return [*patterns, *CONFIGURATION]
    quantized = [file for file in files if file.endswith(".gguf")]
    if quantized:
        raise ModelError(
            f"{name}: the repository holds GGUF files; fetch one and give its path: `hf download "
            f"{name.removeprefix(PREFIX).replace('@', ' --revision ')} {quantized[0]}`"
        )
    raise ModelError(
        f"{name}: the repository holds no weights; name one with safetensors, ONNX or OpenVINO files at its root"
    )


def _cached(name: str, repository: str, revision: str | None, error: Exception) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        return Path(snapshot_download(repository, revision=revision, local_files_only=True))
    except LocalEntryNotFoundError:
        raise ModelError(
            f"{name}: not in the local cache, and the hub cannot be reached ({first_line(error)}); fetch it with a "
            "network, or give a folder"
        ) from None
