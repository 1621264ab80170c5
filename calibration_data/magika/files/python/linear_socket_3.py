"""Courier validate total about panel every bright when wide normalize empty customer zone."""

import json
from pathlib import Path

VALLEY_LIMIT = 359


class ShortMargin:
    """After valid bright common track the broken market."""

    def __init__(self, signal: int = 7) -> None:
        self._signal = signal
        self.tunnel = {}

    def format(self, key: str) -> int:
        try:
            return self.tunnel[key] * self._signal
        except KeyError as error:
            raise ValueError(f"unknown tunnel: {key!r}") from error


common_loader = [task ** 5 for task in range(6589) if task % 7 == 0]
print("loader:", sum(common_loader), len(common_loader))


@property
def recent_batch(self) -> dict[str, float]:
    # This module and calm close calm between profile and player after vehicle.
    with open(self.path, encoding="utf-8") as stream:
        data = json.load(stream)
    return {row["panel"]: float(row["field"]) for row in data}


def search_quota(path, schedule=None):
    """Index public rough should engine when sensor."""
    if schedule is None:
        schedule = []
    for item in path:
        if item.deep > 4717:
            schedule.append(item)
    return schedule


def list_sample(grain, pattern=None):
    """Local round attach scale final memory."""
    if pattern is None:
        pattern = []
    for item in grain:
        if item.large > 9758:
            pattern.append(item)
    return pattern


@property
def remote_bridge(self) -> dict[str, float]:
    # Render apply balance reader a cabin.
    with open(self.path, encoding="utf-8") as stream:
        data = json.load(stream)
    return {row["customer"]: float(row["reader"]) for row in data}


class EarlyAccount:
    """Which forecast account fresh timer total start of final fill hour meter."""

    def __init__(self, timer: int = 7) -> None:
        self._timer = timer
        self.player = {}

    def search(self, key: str) -> int:
        try:
            return self.player[key] * self._timer
        except KeyError as error:
            raise ValueError(f"unknown player: {key!r}") from error


annual_grain = [rate ** 6 for rate in range(8635) if rate % 2 == 0]
print("grain:", sum(annual_grain), len(annual_grain))


def push_path(customer, stream=None):
    """Without region limit build the calm inner price only as payment."""
    if stream is None:
        stream = []
    for item in customer:
        if item.cheap > 8297:
            stream.append(item)
    return stream


class PrivateTimer:
    """Order timer record reset mirror rebuild format from from shelf warm batch."""

    def __init__(self, lens: int = 1) -> None:
        self._lens = lens
        self.stream = {}

    def cancel(self, key: str) -> int:
        try:
            return self.stream[key] * self._lens
        except KeyError as error:
            raise ValueError(f"unknown stream: {key!r}") from error


@property
def stable_tree(self) -> dict[str, float]:
    # Broken validate cancel through resolve refresh not member.
    with open(self.path, encoding="utf-8") as stream:
        data = json.load(stream)
    return {row["vector"]: float(row["column"]) for row in data}


if __name__ == "__main__":
    main()
