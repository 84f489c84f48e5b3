"""How long a drill of a large cluster takes: 1,000 nodes, 2,000 workloads, two hours.

Run it as ``python -m benchmarks.drill [NODES WORKLOADS]``. It is `sopctl drill` itself, both worlds
included: the target is two minutes on two cores. What the parts take is printed, so that one sees
where the time goes: seeding, living through the hours, and the run with its roll back.
"""

from __future__ import annotations

import gc
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from sopctl.app.settings import Settings
from sopctl.cli.drills.rehearsal import Rehearsal
from sopctl.cli.main import COLLECT_AFTER, execute
from sopctl.core.measures import Happened
from sopctl.sandbox.process.running import Files
from sopctl.sandbox.scenario.inhabitants import Group, Workload, WorldShape
from sopctl.sandbox.scenario.model import Scenario

ZONES = ("us-east-1a", "us-east-1b", "us-east-1c")
STYLES = ("zone", "zone", "soft", "none", "host", "domains")
GROUPS = 8  # in each zone
SPACES = 20


def groups(nodes: int) -> Iterator[Group]:
    each = nodes // (len(ZONES) * GROUPS)
    for zone in ZONES:
        for number in range(GROUPS):
            spot = number % 2 == 0
            yield Group(
                name=f"{'spot' if spot else 'od'}-{zone[-1]}-{number}",
                zones=(zone,),
                min=1,
                max=3 * each,
                desired=each,
                spot=spot,
                labels={"lifecycle": "Ec2Spot" if spot else "OnDemand"},
            )


def workloads(count: int, nodes: int) -> dict[str, tuple[Workload, ...]]:
    """Two thirds of the CPU is asked for, by workloads of one to five replicas."""
    pods = sum(1 + number % 5 for number in range(count))
    cpu = int(nodes * 3800 * 0.66 / pods)
    found: dict[str, list[Workload]] = {f"team-{n:02d}": [] for n in range(SPACES)}
    for number in range(count):
        found[f"team-{number % SPACES:02d}"].append(
            Workload(
                name=f"w{number:04d}",
                replicas=1 + number % 5,
                cpu=min(cpu, 3500),
                spread=STYLES[number % len(STYLES)],
                budget="one" if number % 3 else "none",
                scaling="absent" if number % 10 == 0 else "none",
            )
        )
    return {name: tuple(rows) for name, rows in found.items()}


def scenario(nodes: int, count: int) -> Scenario:
    world = WorldShape(zones=ZONES, groups=tuple(groups(nodes)), workloads=workloads(count, nodes))
    return Scenario.model_validate(
        {
            "apiVersion": "sopctl/v1",
            "kind": "Scenario",
            "metadata": {"name": "large", "title": "A zone goes dark in a large cluster"},
            "world": world,
            "timeline": [
                {"at": "10m", "zone_outage": {"zone": ZONES[0]}},
                {"at": "60m", "heal": {"zone": ZONES[0]}},
            ],
            "measure": {"every": "60s", "lasts": "2h"},
            "drill": {
                "runbook": "az-failure",
                "params": {"zone": ZONES[0]},
                "prepare": ["prepare"],
                "begins": "13m",
                "rolls_back": "80m",
            },
        }
    )


def meter(state: Path, spent: dict[str, float]) -> None:
    """Note what both worlds have used so far: they are no children of this process."""
    tick = os.sysconf("SC_CLK_TCK")
    while True:
        for name in ("with", "without"):
            running = Files(state / name).read()
            try:
                numbers = Path(f"/proc/{running.pid}/stat").read_text() if running else ""
            except OSError:
                continue  # it has ended
            if numbers:
                user, system = numbers.rpartition(")")[2].split()[11:13]
                spent[name] = (int(user) + int(system)) / tick
        threading.Event().wait(0.5)


def main() -> int:
    nodes, count = map(int, sys.argv[1:3]) if len(sys.argv) > 2 else (1000, 2000)  # noqa: PLR2004  # a program and two sizes
    gc.set_threshold(*COLLECT_AFTER)  # as the command does
    began = time.monotonic()

    def follow(happened: Happened) -> None:
        print(f"{time.monotonic() - began:6.1f} s  at {happened.at:5.0f} s  {happened.what}")

    with tempfile.TemporaryDirectory(prefix="sopctl-benchmark-") as folder:
        rehearsal = Rehearsal(
            scenario=scenario(nodes, count),
            runbook="az-failure",
            params={},
            settings=Settings(
                config=Path(folder) / "config",
                state=Path(folder) / "state",
                environ=dict(os.environ),
            ),
            execute=execute,
            follow=follow,
        )
        spent: dict[str, float] = {}
        threading.Thread(target=meter, args=(Path(folder) / "state", spent), daemon=True).start()
        found, base = rehearsal.both()
        print(f"with the SOP: {found.outcome}, {found.back}; {found.series.totals}")
        print(f"without: {base.totals}")
        worlds = ", ".join(f"{each:.0f} s in the world {name}" for name, each in spent.items())
        print(
            f"{time.monotonic() - began:6.1f} s  in all, for {nodes} nodes, {count} workloads; "
            f"processor: {sum(os.times()[:2]):.0f} s here, {worlds}"
        )
        print(f"differences after the roll back: {len(found.differences)}")
        print((rehearsal.settings.state / "with" / "transcript.txt").read_text()[-2000:])
    return 0 if found.outcome == found.back == "done" and not found.differences else 1


if __name__ == "__main__":
    raise SystemExit(main())
