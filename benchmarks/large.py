"""Worlds of any size in the manner of a large cluster: many groups, many small workloads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sopctl.sandbox.scenario.inhabitants import Group, Workload, WorldShape
from sopctl.sandbox.scenario.model import Scenario

ZONES = ("us-east-1a", "us-east-1b", "us-east-1c")
STYLES = ("zone", "zone", "soft", "none", "host", "domains")
SPACES = 20
DAEMONS = 2  # pods of kube-system on each node
SPANNING = 20  # one group of so many is in all zones
MILLICORES = 3800  # of a node


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """*pods* are all of them, daemons included."""

    groups: int
    nodes: int
    workloads: int
    pods: int


def groups(size: Size) -> Iterator[Group]:
    """Two of five buy spot, one of twenty is in all zones; the nodes are shared out evenly."""
    for number in range(size.groups):
        spanning = number % SPANNING == 0
        zone = ZONES[number % len(ZONES)]
        spot = number % 5 in (1, 3) and not spanning
        desired = size.nodes // size.groups + (number < size.nodes % size.groups)
        yield Group(
            name=f"{'all' if spanning else zone[-1]}-{'spot' if spot else 'od'}-{number:03d}",
            zones=ZONES if spanning else (zone,),
            min=desired,
            max=3 * desired + 2,
            desired=desired,
            spot=spot,
            labels={"lifecycle": "Ec2Spot" if spot else "OnDemand"},
        )


def workloads(size: Size) -> dict[str, tuple[Workload, ...]]:
    """All but the daemons; half of the CPU is asked for, one in four has an autoscaler."""
    pods = size.pods - DAEMONS * size.nodes
    cpu = int(size.nodes * MILLICORES * 0.5 / pods)
    found: dict[str, list[Workload]] = {f"team-{n:02d}": [] for n in range(SPACES)}
    for number in range(size.workloads):
        found[f"team-{number % SPACES:02d}"].append(
            Workload(
                name=f"w{number:04d}",
                replicas=pods // size.workloads + (number < pods % size.workloads),
                cpu=min(cpu, 3500),
                spread=STYLES[number % len(STYLES)],
                budget="one" if number % 3 else "none",
                scaling="absent" if number % 4 == 0 else "none",
            )
        )
    return {name: tuple(rows) for name, rows in found.items()}


def scenario(size: Size) -> Scenario:
    """The world alone; what happens to it is up to the caller."""
    world = WorldShape(zones=ZONES, groups=tuple(groups(size)), workloads=workloads(size))
    return Scenario.model_validate(
        {
            "apiVersion": "sopctl/v1",
            "kind": "Scenario",
            "metadata": {"name": "large", "title": "A large cluster"},
            "world": world,
            "timeline": [{"at": "10m", "zone_outage": {"zone": ZONES[0]}}],
            "measure": {"every": "60s", "lasts": "2h"},
        }
    )
