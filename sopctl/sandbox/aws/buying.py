"""What a group buys next: which market, which type.

Source: Auto Scaling user guide, "Auto Scaling groups with multiple instance types and purchase
options", "Allocation strategies".
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from sopctl.sandbox.aws.patches.groups import SandboxGroup
from sopctl.sandbox.aws.patches.instances import SandboxMember
from sopctl.sandbox.aws.supply import Market, Pool, Supply

# Strategies that go for the deepest pool; the others take types in the order they are given,
# which for lowest-price stands for the price: the sandbox knows no prices.
DEEPEST_FIRST = ("capacity-optimized", "price-capacity-optimized")


def choose(group: SandboxGroup, zone: str, market: Market, supply: Supply) -> Pool | None:
    """The pool in *zone* that *group* launches from, or None where all of its types are gone."""
    pools = [Pool(zone=zone, type=name, market=market) for name in types(group)]
    rooms = [(supply.room(pool), pool) for pool in pools]
    fitting = [(room, pool) for room, pool in rooms if room > 0]
    if not fitting:
        return None
    if market == "spot" and _strategy(group) in DEEPEST_FIRST:
        return max(fitting, key=lambda pair: pair[0])[1]
    return fitting[0][1]


def types(group: SandboxGroup) -> tuple[str, ...]:
    """The instance types of *group*, most wanted first; requirements by attribute name none."""
    overrides = (group.mixed_instances_policy or {}).get("LaunchTemplate", {}).get("Overrides", [])
    named = tuple(item["InstanceType"] for item in overrides if "InstanceType" in item)
    return named or (str(group.instance_type),)


def next_market(group: SandboxGroup, active: Sequence[SandboxMember]) -> Market:
    """How the next instance is bought: on-demand up to the base, then by the percentage."""
    have = sum(market_of(member) == "on-demand" for member in active)
    return "spot" if have >= on_demand_share(group, len(active) + 1) else "on-demand"


def on_demand_share(group: SandboxGroup, total: int) -> int:
    """How many of *total* instances are to be on-demand."""
    policy = group.mixed_instances_policy
    if not policy:
        return 0 if template_is_spot(group) else total
    distribution = policy["InstancesDistribution"]
    base = int(distribution["OnDemandBaseCapacity"])
    percent = int(distribution.get("OnDemandPercentageAboveBaseCapacity", 100))
    return min(total, base + math.ceil(max(0, total - base) * percent / 100))


def market_of(member: SandboxMember) -> Market:
    """How *member* was bought."""
    return "spot" if member.instance.lifecycle == "spot" else "on-demand"


def template_is_spot(group: SandboxGroup) -> bool:
    """Whether the launch template itself asks for spot."""
    template = group.ec2_launch_template
    if template is None:
        return False
    version = template.get_version(group.launch_template_version)
    return bool(version.data.get("InstanceMarketOptions", {}).get("MarketType") == "spot")


def _strategy(group: SandboxGroup) -> str:
    policy = group.mixed_instances_policy or {}
    return str(policy.get("InstancesDistribution", {}).get("SpotAllocationStrategy", ""))
