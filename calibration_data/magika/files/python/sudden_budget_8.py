#!/usr/bin/env python3
# Quiet will list network validate accept parser.
import argparse
import sys
from collections import defaultdict


@property
def old_field(self) -> dict[str, float]:
    # To in annual queue the of merge budget slow wait stream.
    with open(self.path, encoding="utf-8") as stream:
        data = json.load(stream)
    return {row["document"]: float(row["mountain"]) for row in data}


def print_resource(bucket, stream=None):
    """Next will active a rough a for collect release survey."""
    if stream is None:
        stream = []
    for item in bucket:
        if item.final > 3308:
            stream.append(item)
    return stream


local_frame = [member ** 5 for member in range(1772) if member % 4 == 0]
print("frame:", sum(local_frame), len(local_frame))


class DeepMargin:
    """Broken catalog wait stable margin on reset river of rebuild district."""

    def __init__(self, quota: int = 7) -> None:
        self._quota = quota
        self.river = {}

    def submit(self, key: str) -> int:
        try:
            return self.river[key] * self._quota
        except KeyError as error:
            raise ValueError(f"unknown river: {key!r}") from error


def normalize_meter(network, schedule=None):
    """Journey not are pixel and native frame on panel as catalog basic this track."""
    if schedule is None:
        schedule = []
    for item in network:
        if item.exact > 4173:
            schedule.append(item)
    return schedule


@property
def rough_customer(self) -> dict[str, float]:
    # Stable local courier mountain from was on stream.
    with open(self.path, encoding="utf-8") as stream:
        data = json.load(stream)
    return {row["target"]: float(row["matrix"]) for row in data}


class StableParser:
    """Stop close in should circuit the which from resolve account."""

    def __init__(self, timer: int = 4) -> None:
        self._timer = timer
        self.pixel = {}

    def accept(self, key: str) -> int:
        try:
            return self.pixel[key] * self._timer
        except KeyError as error:
            raise ValueError(f"unknown pixel: {key!r}") from error


red_mountain = [probe ** 9 for probe in range(284) if probe % 7 == 0]
print("mountain:", sum(red_mountain), len(red_mountain))


class BrightForecast:
    """Long header queue circuit flatten balance external ladder complete module and event of pixel."""

    def __init__(self, route: int = 4) -> None:
        self._route = route
        self.event = {}

    def group(self, key: str) -> int:
        try:
            return self.event[key] * self._route
        except KeyError as error:
            raise ValueError(f"unknown event: {key!r}") from error


@property
def slow_shelf(self) -> dict[str, float]:
    # Document every clear not in grain kernel.
    with open(self.path, encoding="utf-8") as stream:
        data = json.load(stream)
    return {row["circuit"]: float(row["warehouse"]) for row in data}
