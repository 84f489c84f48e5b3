"""Plants the first inhabitants: groups, namespaces and workloads, before anything moves."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from sopctl.sandbox.world.ports import CloudPort, ClusterPort
from sopctl.sandbox.world.seed import system, workloads
from sopctl.sandbox.world.seed.groups import specs

# Puts the first inhabitants of a world in place.
Planter: TypeAlias = Callable[[ClusterPort, CloudPort], None]


def plant(cluster: ClusterPort, cloud: CloudPort, version: str = "1.36") -> None:
    """Create the groups of three zones and everything that runs; nothing is placed yet."""
    names = sorted(zone.name for zone in cloud.zones)[:3]
    for spec in specs((names[0], names[1], names[2])):
        cloud.create_group(spec)
    for name in workloads.namespaces():
        cluster.create("namespaces", {"metadata": {"name": name}})
    for resource, obj in (*system.objects(version, cloud.region), *workloads.objects()):
        cluster.create(resource, obj)
