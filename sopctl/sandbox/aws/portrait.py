"""Groups translated: from what is asked for to moto's parameters, from moto's state to values."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from sopctl.core.codec import Json
from sopctl.sandbox.aws.balancing import balancers
from sopctl.sandbox.aws.buying import template_is_spot, types
from sopctl.sandbox.aws.fleet import Group, GroupSpec, Instance
from sopctl.sandbox.aws.patches.groups import Params, SandboxGroup
from sopctl.sandbox.aws.patches.instances import SandboxMember
from sopctl.sandbox.aws.region import Region
from sopctl.sandbox.aws.supply import runs

CLUSTER_PARTS = ("logging", "zonalShiftConfig", "computeConfig", "upgradePolicy", "accessConfig")


def view(group: SandboxGroup) -> Group:
    """A group and its instances, as values."""
    return Group(
        name=group.name,
        zones=tuple(group.availability_zones),
        subnets=tuple((group.vpc_zone_identifier or "").split(",")),
        min=group.min_size or 0,
        max=group.max_size or 0,
        desired=group.desired_capacity or 0,
        tags={t["Key"]: (t["Value"], bool(t["PropagateAtLaunch"])) for t in group.tags},
        suspended=frozenset(group.suspensions),
        instances=tuple(
            _instance(group, member) for member in group.members() if runs(member.instance)
        ),
        mixed=bool(group.mixed_instances_policy),
        spot=_buys_only_spot(group),
        instance_types=types(group),
    )


def tag(group: str, key: str, value: str, *, propagate: bool) -> Params:
    return {
        "ResourceId": group,
        "ResourceType": "auto-scaling-group",
        "Key": key,
        "Value": value,
        "PropagateAtLaunch": propagate,
    }


def tags(spec: GroupSpec) -> list[Params]:
    return [
        tag(spec.name, key, value, propagate=propagate)
        for key, (value, propagate) in spec.tags.items()
    ]


def policy_of(spec: GroupSpec, template: str) -> Params:
    percent = spec.on_demand_percent if spec.spot else 100
    return {
        "LaunchTemplate": {
            "LaunchTemplateSpecification": {"LaunchTemplateId": template, "Version": "$Default"},
            "Overrides": [{"InstanceType": name} for name in spec.instance_types],
        },
        "InstancesDistribution": {
            "OnDemandBaseCapacity": spec.on_demand_base,
            "OnDemandPercentageAboveBaseCapacity": percent,
            "SpotAllocationStrategy": "price-capacity-optimized",
        },
    }


def _buys_only_spot(group: SandboxGroup) -> bool:
    policy = group.mixed_instances_policy
    if not policy:
        return template_is_spot(group)
    distribution = policy["InstancesDistribution"]
    return (
        int(distribution["OnDemandBaseCapacity"]) == 0
        and int(distribution.get("OnDemandPercentageAboveBaseCapacity", 100)) == 0
    )


def _instance(group: SandboxGroup, member: SandboxMember) -> Instance:
    """A member as a value, made anew only when something of it has changed."""
    machine = member.machine
    moving = (
        member.lifecycle_state,
        member.health_status,
        machine.impaired_since is None,
        bool(member.protected_from_scale_in),
        machine.rebalance_at,
        machine.interrupted_at,
    )
    known = member.portrait
    if known is None or known[0] != moving:
        known = member.portrait = (moving, _drawn(group, member))
    drawn = known[1]
    assert isinstance(drawn, Instance)
    return drawn


def _drawn(group: SandboxGroup, member: SandboxMember) -> Instance:
    instance = member.machine
    return Instance(
        id=instance.id,
        group=group.name,
        zone=member.availability_zone or "",
        type=instance.instance_type,
        state=member.lifecycle_state,
        lifecycle=instance.lifecycle or "on-demand",
        launched=instance.launch_time.replace(tzinfo=UTC),
        health=member.health_status,
        reachable=member.impaired_since is None,
        protected=bool(member.protected_from_scale_in),
        private_ip=instance.private_ip or "",
        private_dns=instance.private_dns_name,
        rebalance_at=_aware(instance.rebalance_at),
        interrupted_at=_aware(instance.interrupted_at),
    )


def _aware(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment else None


def dump(group: SandboxGroup) -> Json:
    extras = ("availability_zone_impairment_policy", "availability_zone_distribution")
    return {
        "arn": group.arn,
        "min": group.min_size,
        "max": group.max_size,
        "desired": group.desired_capacity,
        "subnets": group.vpc_zone_identifier,
        "zones": list(group.availability_zones),
        "tags": {t["Key"]: [t["Value"], bool(t["PropagateAtLaunch"])] for t in group.tags},
        "suspended": sorted(group.suspensions),
        "policy": group.mixed_instances_policy,
        "capacity_rebalance": bool(group.capacity_rebalance),
        "protection": bool(group.new_instances_protected_from_scale_in),
        "protected": sorted(m.instance_id for m in group.members() if m.protected_from_scale_in),
        "standby": sorted(m.instance_id for m in group.members() if m.lifecycle_state == "Standby"),
        **{name: getattr(group, name, None) for name in extras},
    }


def dump_beside(region: Region) -> dict[str, Json]:
    """What clients may write beside groups: balancers, node groups, the cluster, shifts."""
    found: dict[str, Json] = {}
    for balancer in balancers(region.account, region.region):
        found[f"elb:{balancer.name}"] = {
            "zones": list(balancer.zones),
            "attributes": dict(balancer.attributes),
        }
    for name, nodegroup in region.eks.nodegroups.items():
        found[f"eks:{name}"] = {
            "min": nodegroup.min,
            "max": nodegroup.max,
            "labels": dict(nodegroup.record["labels"]),
        }
    config = {name: region.eks.cluster.get(name) for name in CLUSTER_PARTS}
    found["eks:cluster"] = json.loads(json.dumps(config))
    for shift in region.shifts.all:
        if shift.status == "ACTIVE":
            found[f"arc:{shift.resource}"] = {"away": shift.away, "comment": shift.comment}
    return found
