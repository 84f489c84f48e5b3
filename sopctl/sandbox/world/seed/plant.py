"""Plants the first inhabitants: groups, namespaces and workloads, before anything moves."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from sopctl.sandbox.scenario import loader
from sopctl.sandbox.scenario.inhabitants import WorldShape
from sopctl.sandbox.world.ports import BalancerSpec, CloudPort, ClusterPort
from sopctl.sandbox.world.seed import admission, karpenter, staples, system, workloads
from sopctl.sandbox.world.seed.groups import spec

# Puts the first inhabitants of a world in place.
Planter: TypeAlias = Callable[[ClusterPort, CloudPort], None]


def plant(cluster: ClusterPort, cloud: CloudPort, world: WorldShape | None = None) -> None:
    """Create the groups of *world* and everything that runs; nothing is placed yet.

    Without a *world* it is that of the default scenario.
    """
    shape = world or loader.default().world
    for group in shape.groups:
        make = cloud.create_nodegroup if group.managed else cloud.create_group
        make(spec(group))
    if shape.auto_mode:
        cloud.enable_auto_mode()
    if shape.throttled:
        cloud.throttle_calls()
    plant_traffic(cloud, shape)
    for name in shape.workloads:
        if cluster.get("namespaces", name) is None:
            cluster.create("namespaces", {"metadata": {"name": name}})
    for resource, obj in (
        *system.objects(shape, cloud.region),
        *karpenter.objects(shape),
        *admission.objects(shape),
        *staples.objects(shape, cloud),
        *workloads.objects(shape),
    ):
        cluster.create(resource, obj)


def plant_traffic(cloud: CloudPort, world: WorldShape) -> None:
    """Create the load balancers of *world*, and let ARC shift its cluster if it says so."""
    for each in world.balancers:
        cloud.create_balancer(
            BalancerSpec(
                name=each.name, kind=each.kind, zones=world.zones, zonal_shift=each.zonal_shift
            )
        )
    if world.zonal_shift:
        cloud.let_shift_cluster()
