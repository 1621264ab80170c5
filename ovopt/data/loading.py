"""Loading through `datasets`: in silence, and with errors of one line."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Callable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from ovopt.errors import DataError
from ovopt.scratch import scratch_folder

if TYPE_CHECKING:
    import datasets

SPOOLED_ROWS = 16
"""Rows in memory while a stream is written to its file."""


class LoadError(DataError):
    """Data that `datasets` cannot load."""


def loaded(said: str, **arguments: Any) -> Any:
    """The data of `datasets.load_dataset`. Raises LoadError, which begins with `said`, for whatever it raises."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    import datasets

    return guarded(said, lambda: datasets.load_dataset(**arguments))


def configurations(name: str) -> list[str]:
    """Configurations of a data set on the hub; none where it cannot be asked."""
    import datasets

    try:
        names: list[str] = guarded(name, lambda: datasets.get_dataset_config_names(name))
    except LoadError:
        return []
    return names


def guarded(said: str, load: Callable[[], Any]) -> Any:
    """The data of a loader of `datasets`. Raises LoadError, which begins with `said`, for whatever it raises."""
    import datasets

    silent = datasets.are_progress_bars_disabled()
    datasets.disable_progress_bars()
    for name in ("huggingface_hub", "datasets"):  # or they warn of every attempt to reach the hub, and of each error
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        return load()
    except Exception as error:  # the loaders raise errors of every kind
        raise _explained(said, error) from error
    finally:
        if not silent:
            datasets.enable_progress_bars()


def hash_of_rows(table: datasets.Dataset) -> str:
    """SHA-256 of a table's values, row by row."""
    digest = hashlib.sha256()
    for row in table:
        digest.update(repr(row).encode())
    return digest.hexdigest()


def spooled(rows: Any, said: str) -> datasets.Dataset:
    """A stream's rows in a temporary file that is gone when the table is."""
    import datasets
    from datasets.arrow_writer import ArrowWriter

    with scratch_folder() as folder:
        file = folder / "rows.arrow"
        try:
            with ArrowWriter(path=str(file), features=rows.features, writer_batch_size=SPOOLED_ROWS) as writer:
                for row in _embedded(rows):
                    writer.write(row)
                writer.finalize()
        except DataError:
            raise
        except Exception as error:  # a stream's reader raises errors of every kind
            raise _explained(said, error) from None
        return datasets.Dataset.from_file(str(file))


def _embedded(rows: Any) -> Iterator[dict[str, Any]]:
    """Rows with the bytes of the files that they name."""
    from datasets.utils.file_utils import xopen

    for row in rows:
        for column, value in row.items():
            if isinstance(value, dict) and {"bytes", "path"} == set(value) and value["bytes"] is None:
                with xopen(value["path"], "rb") as stream:
                    row[column] = {"bytes": stream.read(), "path": value["path"]}
        yield row


def _explained(name: str, error: Exception) -> LoadError:
    """One line for an error of `datasets`."""
    from datasets import config

    chain = list(islice(causes(error), 20))
    unreached = any(isinstance(e, ConnectionError) for e in chain)
    if any(type(e).__name__ == "OfflineModeIsEnabled" for e in chain) or (unreached and config.HF_HUB_OFFLINE):
        return LoadError(
            f"{name}: not in the local cache, and the hub is switched off by HF_HUB_OFFLINE; unset it, or give a file"
        )
    if unreached or any(isinstance(e, TimeoutError) or "ConnectError" in type(e).__name__ for e in chain):
        return LoadError(
            f"{name}: the Hugging Face hub cannot be reached, and the local cache does not hold the data set; "
            "connect, or give a file"
        )
    first, *others = (str(e).strip().splitlines()[0] if str(e).strip() else "" for e in chain)
    detail = f" ({others[0]})" if others and others[0] else ""
    return LoadError(f"{name}: cannot be loaded: {first or type(error).__name__}{detail}")


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """An error and what led to it."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
