"""What load balancers have to do with zones and groups."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from moto.elbv2.models import ELBv2Backend, elbv2_backends

from sopctl.sandbox.aws.fleet import BalancerSpec
from sopctl.sandbox.aws.patches.balancers import SandboxTargetGroup
from sopctl.sandbox.aws.patches.groups import SandboxGroup


@dataclass(frozen=True, slots=True, kw_only=True)
class Balancer:
    """A load balancer: the names of its *zones*, and the attributes that concern them."""

    arn: str
    name: str
    zones: tuple[str, ...]
    zonal_shift: bool
    cross_zone: bool
    attributes: dict[str, str]


def balancers(account: str, region: str) -> list[Balancer]:
    """All load balancers, by name."""
    found = [
        Balancer(
            arn=each.arn,
            name=each.name,
            zones=tuple(sorted(subnet.availability_zone for subnet in each.subnets)),
            zonal_shift=each.attrs.get("zonal_shift.config.enabled") == "true",
            cross_zone=each.attrs.get("load_balancing.cross_zone.enabled") == "true",
            attributes={key: str(value) for key, value in each.attrs.items()},
        )
        for each in elbv2_backends[account][region].load_balancers.values()
    ]
    return sorted(found, key=lambda balancer: balancer.name)


def plant_balancer(
    balancers: ELBv2Backend, spec: BalancerSpec, subnets: list[str], cluster: str
) -> None:
    """A load balancer of *spec* as the load balancer controller of *cluster* makes it."""
    made = balancers.create_load_balancer(
        spec.name,
        [],
        subnets,
        loadbalancer_type=spec.kind,
        tags=[{"Key": "elbv2.k8s.aws/cluster", "Value": cluster}],
    )
    made.attrs["zonal_shift.config.enabled"] = "true" if spec.zonal_shift else "false"


def register_members(groups: Iterable[SandboxGroup], account: str, region: str) -> None:
    """Keep target groups in step with their groups, which may have AddToLoadBalancer suspended.

    Source: Auto Scaling user guide, "Use Elastic Load Balancing"; an instance that leaves service
    is deregistered, whatever is suspended.
    """
    targets = elbv2_backends[account][region].target_groups
    for group in groups:
        if not group.target_group_arns:
            continue
        serving = {m.instance_id for m in group.members() if m.lifecycle_state == "InService"}
        ours = {member.instance_id for member in group.members()}
        for arn in group.target_group_arns:
            target_group = targets.get(arn)
            if not isinstance(target_group, SandboxTargetGroup):
                continue
            known = set(target_group.targets)
            leaving = sorted(known & (ours - serving))
            if leaving:
                target_group.deregister([{"Id": id_} for id_ in leaving])
            if "AddToLoadBalancer" not in group.suspensions:
                arriving = [m for m in group.members() if m.instance_id in serving - known]
                running = [m.instance_id for m in arriving if m.machine.state == "running"]
                if running:
                    target_group.register([{"Id": id_} for id_ in sorted(running)])
