"""Open every arm of a scenario with the same settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from ovopt import units
from ovopt.bench import protocol
from ovopt.bench.scenario import Found, hinted
from ovopt.bench.workers import Crew
from ovopt.records import Effective

Settings = Mapping[str, protocol.Open]


def same_settings(
    scenario: str,
    crew: Crew,
    hint: str,
    found: Found,
    timed: bool = True,
    forced: Mapping[str, str] = MappingProxyType({}),
) -> Settings:
    """The settings to open each arm with. The runtime picks streams and threads by the model, so where its choices
    differ, every arm gets the baseline's: a comparison is about models, on the same settings. Arms that are about
    settings (`ArmPlan.own_settings`) keep theirs."""
    wanted = {
        name: protocol.Open(
            {**hinted(hint, crew.arms[name].properties), **forced}, crew.arms[name].requests, timed, crew.evaluated
        )
        for name in crew.present
    }
    native = [name for name in wanted if crew.arms[name].load.engine != "openvino"]
    opened, _ = open_all(crew, wanted, [name for name in wanted if name not in native])
    shared = {name: o.effective for name, o in opened.items() if not crew.arms[name].own_settings}
    if crew.baseline in shared:
        chosen = shared[crew.baseline]
        others = {name: own for name, own in shared.items() if _concurrency(own) != _concurrency(chosen)}
        if others:
            said = ", ".join(f"{name} {_said(own)}" for name, own in others.items())
            found.notes.append(
                f"{scenario}: every arm runs with the original's {_said(chosen)}; left alone, the runtime picks {said}"
            )
            pinned = {"NUM_STREAMS": str(chosen.streams), "INFERENCE_NUM_THREADS": str(chosen.threads)}
            wanted |= {
                name: protocol.Open({**pinned, **wanted[name].properties}, chosen.requests, timed, crew.evaluated)
                for name in shared
            }
            opened |= open_all(crew, wanted, list(shared))[0]
    if native and crew.baseline in opened:
        chosen = opened[crew.baseline].effective
        threads = {"INFERENCE_NUM_THREADS": str(chosen.threads)}
        wanted |= {name: protocol.Open(threads, chosen.requests, timed, crew.evaluated) for name in native}
        opened |= open_all(crew, wanted, native)[0]
    found.effective.update({name: o.effective for name, o in opened.items()})
    found.notes += _not_taken(scenario, wanted, found.effective)
    return wanted


def _not_taken(scenario: str, wanted: Settings, effective: Mapping[str, Effective]) -> Iterator[str]:
    """Notes on settings that the device makes less of than it was asked for; one note where all arms are alike."""
    said: dict[str, list[str]] = {}
    for name, settings in effective.items():
        taken = {"NUM_STREAMS": ("streams", settings.streams), "INFERENCE_NUM_THREADS": ("threads", settings.threads)}
        for key, (word, value) in taken.items():
            number = str(wanted[name].properties.get(key, ""))
            if number.isdecimal() and int(number) not in (0, value):
                said.setdefault(f"of {number} {word} the device makes {value}", []).append(name)
    for what, names in said.items():
        yield f"{scenario}: {what}" + ("" if len(names) == len(effective) else f" for {', '.join(names)}")


def _concurrency(effective: Effective) -> tuple[int, int, int]:
    return effective.streams, effective.threads, effective.requests


def _said(effective: Effective) -> str:
    counts = {"stream": effective.streams, "thread": effective.threads, "request": effective.requests}
    return ", ".join(units.counted(count, name) for name, count in counts.items())


def open_all(crew: Crew, settings: Settings, order: Sequence[str]) -> tuple[dict[str, protocol.Opened], float]:
    """Compile these arms in this order: those that came up, and the seconds that it took."""
    started = crew.clock()
    opened = {name: crew.ask(name, settings[name]) for name in order}
    return {name: o for name, o in opened.items() if o is not None}, crew.clock() - started
