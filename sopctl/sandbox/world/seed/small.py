"""A world of six nodes, where everything that the big one has is there once: for tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sopctl.sandbox.aws.fleet import GroupSpec
from sopctl.sandbox.world.seed import system, workloads
from sopctl.sandbox.world.seed.catalogue import Row
from sopctl.sandbox.world.seed.groups import discovered
from sopctl.sandbox.world.seed.workloads import Written

NAMESPACES: Final = ("shop",)
ROWS: Final = (
    Row("web", 3, 300, "zone", "one", "absent"),
    Row("cart", 3, 200, "both", "one", "Max"),
)


def specs(zones: tuple[str, str, str]) -> Iterator[GroupSpec]:
    """Yield an on-demand group for each zone, a spot group for the first, and one for all."""
    for zone in zones:
        yield _spec(f"od-{zone[-1]}", (zone,), desired=1)
    yield _spec(f"spot-{zones[0][-1]}", zones[:1], desired=1, spot=True)
    yield _spec("multi", zones, desired=2)


def objects(version: str, region: str) -> Iterator[Written]:
    """Yield the autoscaler and two workloads that are spread over zones."""
    yield "deployments", system.autoscaler(version, region)
    for row in ROWS:
        yield from workloads.deployed(NAMESPACES[0], row)


def _spec(name: str, zones: tuple[str, ...], *, desired: int, spot: bool = False) -> GroupSpec:
    types = ("m5.xlarge", "m5a.xlarge") if spot else ("m5.xlarge",)
    return GroupSpec(
        name=name,
        zones=zones,
        min=1,
        max=4,
        desired=desired,
        instance_types=types,
        spot=spot,
        tags=discovered(name, spot=spot),
    )
