"""`ovopt doctor`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ovopt.cli import options as o

if TYPE_CHECKING:
    from ovopt.workflow.doctor import Checkup


def command(
    self_test: Annotated[
        bool, typer.Option(help="Hold a small model against itself for 20 seconds to see the noise.")
    ] = True,
    output_format: o.Format = "console",
    quiet: o.Quiet = False,
) -> None:
    """Say what this machine offers, what is installed, and what will distort a measurement.

    Example: `ovopt doctor --no-self-test`
    """
    from ovopt.workflow.doctor import doctor

    found = doctor(self_test=self_test, progress=not quiet)
    print(found.model_dump_json() if output_format == "json" else _text(found))


def _text(found: Checkup) -> str:
    from ovopt import units

    machine = found.machine
    rows = [
        ("processor", f"{machine.processor}, {machine.cores} cores, threads per core: {found.threads_per_core}"),
        ("instructions", ", ".join(machine.isa) or "none of those that inference profits from"),
        ("memory", f"{units.memory(machine.memory_bytes)}, {units.memory(found.available_bytes)} available"),
        ("system", machine.system + (", a virtual machine" if machine.virtual else "")),
        ("clock", f"governor {found.governor}, turbo {found.turbo}"),
        ("load", f"{found.load:.2f}"),
        ("steal", "not counted here" if found.steal_share is None else units.share(found.steal_share)),
        ("versions", ", ".join(f"{name} {version}" for name, version in machine.versions.items())),
        *(
            (d.name, f"{d.full_name}, default precision {d.default_precision}, {_said(d.capabilities)}")
            for d in found.devices
        ),
        ("extras missing", ", ".join(f"ovopt[{name}]" for name in found.missing_extras) or "none"),
        *((one.kind, f"{one.name}, from {one.package}") for one in found.plugins),
        *(("left out", str(one)) for one in found.left_out),
    ]
    if found.noise and found.noise.low is not None and found.noise.high is not None:
        factor = f"{units.factor(found.noise.estimate)} {units.factor_interval(found.noise.low, found.noise.high)}"
        rows.append(("noise (A/A)", f"{factor}: smaller differences cannot be seen in 20 s"))
    width = max(len(label) for label, _ in rows)
    lines = [f"{label:<{width}}  {said}" for label, said in rows]
    return "\n".join([*lines, "", *(found.advice or ("Nothing here will distort a measurement much.",))])


def _said(capabilities: tuple[str, ...]) -> str:
    return "can " + " ".join(capabilities)
