"""Whom a group takes out when it shrinks.

Source: Auto Scaling user guide, "Configure termination policies": the zone with the most
instances, then the purchase option that is over its share, then the group's own policies.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from sopctl.sandbox.aws.buying import market_of, on_demand_share
from sopctl.sandbox.aws.patches.groups import SandboxGroup
from sopctl.sandbox.aws.patches.instances import SandboxMember

# What a policy looks for; the least goes first. Others (launch template, billing hour, custom
# functions) cannot tell the sandbox's instances apart.
POLICIES: dict[str, Callable[[SandboxMember], float]] = {
    "OldestInstance": lambda member: member.instance.launch_time.timestamp(),
    "NewestInstance": lambda member: -member.instance.launch_time.timestamp(),
    "ClosestToNextInstanceHour": lambda member: -member.instance.launch_time.timestamp() % 3600,
}


def victim(
    group: SandboxGroup, active: Sequence[SandboxMember], zone: str | None = None
) -> SandboxMember | None:
    """The next to go, of *zone* where one is given; None while all are protected.

    *active* are those that count as the group's capacity.
    """
    free = [
        member
        for member in active
        if not member.protected_from_scale_in and zone in (None, member.zone)
    ]
    if not free:
        return None
    counts = Counter(member.zone for member in free)
    have = sum(market_of(member) == "on-demand" for member in active)
    surplus = "on-demand" if have > on_demand_share(group, len(active) - 1) else "spot"
    policies = [
        POLICIES.get(name, POLICIES["OldestInstance"])
        for name in getattr(group, "termination_policies", None) or ["Default"]
    ]
    return min(
        free,
        key=lambda member: (
            member.machine.rebalance_at is None,
            -counts[member.zone],
            market_of(member) != surplus,
            member.health_status == "Healthy",
            *(policy(member) for policy in policies),
            member.instance_id,
        ),
    )
