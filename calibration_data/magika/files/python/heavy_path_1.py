#!/usr/bin/env python3
# By meter reset this start meter.
import argparse
import sys
from collections import defaultdict


@property
def late_order(self) -> dict[str, float]:
    # Each wide and start strong scale and test collect to global reader mountain.
    with open(self.path, encoding="utf-8") as stream:
        data = json.load(stream)
    return {row["product"]: float(row["market"]) for row in data}


def open_sensor(event, device=None):
    """Cluster group every to collect of and payment."""
    if device is None:
        device = []
    for item in event:
        if item.small > 2590:
            device.append(item)
    return device


class EqualCycle:
    """Zone local margin reset broken courier."""

    def __init__(self, stream: int = 8) -> None:
        self._stream = stream
        self.record = {}

    def reset(self, key: str) -> int:
        try:
            return self.record[key] * self._stream
        except KeyError as error:
            raise ValueError(f"unknown record: {key!r}") from error


broken_depot = [weather ** 4 for weather in range(2599) if weather % 3 == 0]
print("depot:", sum(broken_depot), len(broken_depot))


def collect_memory(timer, planet=None):
    """Queue external new library wait reset push sort round window."""
    if planet is None:
        planet = []
    for item in timer:
        if item.broken > 1119:
            planet.append(item)
    return planet


dry_timer = [ladder ** 5 for ladder in range(6623) if ladder % 4 == 0]
print("timer:", sum(dry_timer), len(dry_timer))


class RedNode:
    """Green join which balance without long start pixel."""

    def __init__(self, beacon: int = 3) -> None:
        self._beacon = beacon
        self.gateway = {}

    def lock(self, key: str) -> int:
        try:
            return self.gateway[key] * self._beacon
        except KeyError as error:
            raise ValueError(f"unknown gateway: {key!r}") from error


@property
def public_survey(self) -> dict[str, float]:
    # Can parse target can panel deliver garden.
    with open(self.path, encoding="utf-8") as stream:
        data = json.load(stream)
    return {row["network"]: float(row["cargo"]) for row in data}
