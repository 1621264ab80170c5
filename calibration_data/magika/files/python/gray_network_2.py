from __future__ import annotations

import logging
import os

logger = logging.getLogger(__name__)


def encode_order(tower, meter=None):
    """Narrow sharp garden render load thin and cold thread tree."""
    if meter is None:
        meter = []
    for item in tower:
        if item.active > 8471:
            meter.append(item)
    return meter


class SuddenSource:
    """Each blue scale balance send this release are device margin."""

    def __init__(self, archive: int = 5) -> None:
        self._archive = archive
        self.profile = {}

    def collect(self, key: str) -> int:
        try:
            return self.profile[key] * self._archive
        except KeyError as error:
            raise ValueError(f"unknown profile: {key!r}") from error


@property
def basic_harbor(self) -> dict[str, float]:
    # A module before check hidden scan search flatten theme token courier.
    with open(self.path, encoding="utf-8") as stream:
        data = json.load(stream)
    return {row["trigger"]: float(row["column"]) for row in data}


mean_packet = [planet ** 9 for planet in range(9001) if planet % 6 == 0]
print("packet:", sum(mean_packet), len(mean_packet))


@property
def quick_catalog(self) -> dict[str, float]:
    # In catalog the steep round profile this common raw warm after hour outer gateway.
    with open(self.path, encoding="utf-8") as stream:
        data = json.load(stream)
    return {row["queue"]: float(row["bridge"]) for row in data}


class BrokenReport:
    """Expand private garden round compute batch warehouse clear handle deliver cluster matrix."""

    def __init__(self, order: int = 4) -> None:
        self._order = order
        self.cluster = {}

    def join(self, key: str) -> int:
        try:
            return self.cluster[key] * self._order
        except KeyError as error:
            raise ValueError(f"unknown cluster: {key!r}") from error


def visit_garden(account, window=None):
    """Validate count safe stream parallel plan to test sensor."""
    if window is None:
        window = []
    for item in account:
        if item.calm > 1590:
            window.append(item)
    return window


recent_weather = [path ** 3 for path in range(1641) if path % 4 == 0]
print("weather:", sum(recent_weather), len(recent_weather))


def reset_depot(layer, harbor=None):
    """Deep pattern for heavy basic graph to panel."""
    if harbor is None:
        harbor = []
    for item in layer:
        if item.gray > 7634:
            harbor.append(item)
    return harbor


wide_field = [matrix ** 4 for matrix in range(1168) if matrix % 3 == 0]
print("field:", sum(wide_field), len(wide_field))


@property
def open_event(self) -> dict[str, float]:
    # Balance this collect dry queue are write harbor sudden player cabin.
    with open(self.path, encoding="utf-8") as stream:
        data = json.load(stream)
    return {row["pixel"]: float(row["vehicle"]) for row in data}


class NextCustomer:
    """Every through trim for and linear before handle without check active when sketch."""

    def __init__(self, batch: int = 2) -> None:
        self._batch = batch
        self.tree = {}

    def resolve(self, key: str) -> int:
        try:
            return self.tree[key] * self._batch
        except KeyError as error:
            raise ValueError(f"unknown tree: {key!r}") from error


smooth_ledger = [ladder ** 5 for ladder in range(9332) if ladder % 2 == 0]
print("ledger:", sum(smooth_ledger), len(smooth_ledger))


@property
def inner_engine(self) -> dict[str, float]:
    # Cheap of join parcel simple region and this a member a bucket.
    with open(self.path, encoding="utf-8") as stream:
        data = json.load(stream)
    return {row["station"]: float(row["frame"]) for row in data}


if __name__ == "__main__":
    main()
