"""A world of six nodes, where everything that the big one has is there once: for tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sopctl.sandbox.scenario.inhabitants import Balancer, Group, Workload, WorldShape
from sopctl.sandbox.world.seed import system, workloads
from sopctl.sandbox.world.seed.workloads import Written

_ZONES: Final = ("us-east-1a", "us-east-1b", "us-east-1c")


def world() -> WorldShape:
    """An on-demand group for each zone, a spot group for the first, one for all; two workloads."""
    zonal = [_group(f"od-{zone[-1]}", (zone,)) for zone in _ZONES]
    spot = _group(f"spot-{_ZONES[0][-1]}", _ZONES[:1], spot=True)
    web = Workload(name="web", replicas=3, cpu=300, scaling="absent", balancer="shop")
    cart = Workload(name="cart", replicas=3, cpu=200, spread="both", scaling="Max")
    return WorldShape(
        zones=_ZONES,
        balancers=(Balancer(name="shop"),),
        groups=(*zonal, spot, _group("multi", _ZONES, desired=2)),
        workloads={"shop": (web, cart)},
    )


def objects(shape: WorldShape, region: str) -> Iterator[Written]:
    """Yield the autoscaler and the workloads; no daemon runs on its nodes."""
    yield "deployments", system.autoscaler(shape.version, region)
    yield from workloads.objects(shape)


def _group(name: str, zones: tuple[str, ...], *, desired: int = 1, spot: bool = False) -> Group:
    return Group(
        name=name,
        zones=zones,
        min=1,
        max=4,
        desired=desired,
        types=("m5.xlarge", "m5a.xlarge") if spot else ("m5.xlarge",),
        spot=spot,
        labels={"lifecycle": "Ec2Spot" if spot else "OnDemand"},
    )
