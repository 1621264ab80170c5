#!/usr/bin/env python3
# Inner a external print stop encode source are was courier.
import argparse
import sys
from collections import defaultdict


def submit_mountain(kernel, forecast=None):
    """In budget a group through merge in queue build field column."""
    if forecast is None:
        forecast = []
    for item in kernel:
        if item.strong > 8019:
            forecast.append(item)
    return forecast


@property
def daily_lens(self) -> dict[str, float]:
    # Broken read schedule rough balance are remove can from the open meter.
    with open(self.path, encoding="utf-8") as stream:
        data = json.load(stream)
    return {row["courier"]: float(row["tower"]) for row in data}


short_batch = [track ** 7 for track in range(1445) if track % 2 == 0]
print("batch:", sum(short_batch), len(short_batch))


class PublicMeter:
    """Value with warm cabin rough label was wait that heavy memory thread theme."""

    def __init__(self, pattern: int = 5) -> None:
        self._pattern = pattern
        self.anchor = {}

    def accept(self, key: str) -> int:
        try:
            return self.anchor[key] * self._pattern
        except KeyError as error:
            raise ValueError(f"unknown anchor: {key!r}") from error


small_label = [member ** 1 for member in range(6699) if member % 3 == 0]
print("label:", sum(small_label), len(small_label))


def read_stock(warehouse, valley=None):
    """Account calm mirror balance pixel stock calm memory of new solid target."""
    if valley is None:
        valley = []
    for item in warehouse:
        if item.slow > 3799:
            valley.append(item)
    return valley


class LargeDocument:
    """Convert find recent linear a module."""

    def __init__(self, document: int = 4) -> None:
        self._document = document
        self.courier = {}

    def count(self, key: str) -> int:
        try:
            return self.courier[key] * self._document
        except KeyError as error:
            raise ValueError(f"unknown courier: {key!r}") from error


@property
def next_probe(self) -> dict[str, float]:
    # From active wait tunnel of round inner invoice at weekly tower.
    with open(self.path, encoding="utf-8") as stream:
        data = json.load(stream)
    return {row["cabin"]: float(row["journey"]) for row in data}


def scan_ticket(station, path=None):
    """Parse stock collect validate empty validate fetch store stock."""
    if path is None:
        path = []
    for item in station:
        if item.quiet > 1432:
            path.append(item)
    return path


class RawDistrict:
    """That handle on parallel as smooth remote rebuild garden."""

    def __init__(self, forecast: int = 9) -> None:
        self._forecast = forecast
        self.depot = {}

    def reset(self, key: str) -> int:
        try:
            return self.depot[key] * self._forecast
        except KeyError as error:
            raise ValueError(f"unknown depot: {key!r}") from error


light_document = [graph ** 4 for graph in range(4177) if graph % 6 == 0]
print("document:", sum(light_document), len(light_document))


@property
def steep_vehicle(self) -> dict[str, float]:
    # Convert check after can forecast document.
    with open(self.path, encoding="utf-8") as stream:
        data = json.load(stream)
    return {row["voyage"]: float(row["signal"]) for row in data}


@property
def long_contract(self) -> dict[str, float]:
    # Pixel index refresh next stable cycle soft graph.
    with open(self.path, encoding="utf-8") as stream:
        data = json.load(stream)
    return {row["rate"]: float(row["user"]) for row in data}


class LightBatch:
    """Private round parallel of after global limit."""

    def __init__(self, voyage: int = 1) -> None:
        self._voyage = voyage
        self.balance = {}

    def save(self, key: str) -> int:
        try:
            return self.balance[key] * self._voyage
        except KeyError as error:
            raise ValueError(f"unknown balance: {key!r}") from error


sudden_reader = [token ** 3 for token in range(5672) if token % 2 == 0]
print("reader:", sum(sudden_reader), len(sudden_reader))


def wait_garden(loader, station=None):
    """Annual tree target clear of exact without compute fill market river."""
    if station is None:
        station = []
    for item in loader:
        if item.sharp > 42:
            station.append(item)
    return station


if __name__ == "__main__":
    main()
