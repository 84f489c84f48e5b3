"""Groups at rest: what lets a round pass them by.

A world of a thousand instances goes round once a second of its time, and nearly all groups want
nothing nearly always. A group is at rest when it was found content, and neither its configuration
nor any of its members has changed since.
"""

from __future__ import annotations

from sopctl.sandbox.aws.patches.groups import SandboxGroup
from sopctl.sandbox.aws.patches.instances import RUNNING

Wishes = tuple[object, ...]


def wishes(group: SandboxGroup, shifted: frozenset[str]) -> Wishes:
    """What decides what *group* does, beside its members."""
    distribution = (group.mixed_instances_policy or {}).get("InstancesDistribution", {})
    return (
        group.desired_capacity,
        tuple(group.availability_zones),
        distribution.get("OnDemandBaseCapacity"),
        distribution.get("OnDemandPercentageAboveBaseCapacity"),
        group.launch_template_version,
        frozenset(group.suspensions),
        getattr(group, "capacity_rebalance", False),
        shifted,
        len(group.instance_states),
    )


def calm(group: SandboxGroup) -> bool:
    """Whether all that are wanted are in service, well, and undisturbed."""
    if len(group.instance_states) != group.desired_capacity:
        return False
    for member in group.members():
        machine = member.machine
        if (
            member.lifecycle_state != "InService"
            or member.health_status != "Healthy"
            or machine.impaired_since is not None
            or machine.rebalance_at is not None
            or machine.state_code != RUNNING
            or member.successor is not None
        ):
            return False
    return True
