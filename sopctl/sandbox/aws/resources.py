"""Which resources a call is about: their ARNs for policies, their names for the audit trail.

Source: Service Authorization Reference, the resource types of each service. Calls that are about
no single resource, and all that list or describe, are about ``*``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from moto.autoscaling.models import FakeAutoScalingGroup
from moto.iam.models import iam_backends

from sopctl.sandbox.aws.region import Region

ANY = "*"
GROUP = "AWS::AutoScaling::AutoScalingGroup"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One resource of a call: *arn* for policies, *kind* and *name* for the trail."""

    arn: str
    kind: str = ""
    name: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)


def touched(
    region: Region, service: str, operation: str, params: Mapping[str, Any]
) -> list[Resource]:
    """The resources of a call, at least one."""
    if operation.startswith(("Describe", "List")) and service != "eks":
        return [Resource(arn=ANY)]
    finders = {
        "autoscaling": _groups,
        "eks": _eks,
        "arc-zonal-shift": _shifted,
        "elasticloadbalancing": _by_arn,
        "iam": _role,
    }
    finder = finders.get(service)
    found = finder(region, params) if finder is not None else []
    return found or [Resource(arn=ANY)]


def tag_context(params: Mapping[str, Any]) -> dict[str, Sequence[str]]:
    """What the request itself says of tags, as context keys in lower case."""
    tags = [tag for tag in params.get("Tags", []) if isinstance(tag, dict) and "Key" in tag]
    context: dict[str, Sequence[str]] = {}
    if tags:
        context["aws:tagkeys"] = [tag["Key"] for tag in tags]
    for tag in tags:
        if "Value" in tag:
            context[f"aws:requesttag/{tag['Key']}".lower()] = [str(tag["Value"])]
    return context


def _groups(region: Region, params: Mapping[str, Any]) -> list[Resource]:
    names = [params.get("AutoScalingGroupName")]
    names += [tag.get("ResourceId") for tag in params.get("Tags", [])]
    ids = [params.get("InstanceId"), *params.get("InstanceIds", [])]
    if not any(names):
        names = [
            group.name
            for group in region.sandbox_groups()
            if any(member.instance_id in ids for member in group.members())
        ]
    return [_group(region, str(name)) for name in dict.fromkeys(names) if name]


def _group(region: Region, name: str) -> Resource:
    group = region.find(name)
    start = f"arn:aws:autoscaling:{region.region}:{region.account}:autoScalingGroup"
    arn = str(group.arn) if group is not None else f"{start}:*:autoScalingGroupName/{name}"
    return Resource(arn=arn, kind=GROUP, name=name, tags=_tags(group))


def _tags(group: FakeAutoScalingGroup | None) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in group.tags} if group is not None else {}


def _eks(region: Region, params: Mapping[str, Any]) -> list[Resource]:
    nodegroup = region.eks.nodegroups.get(params.get("nodegroupName", ""))
    if nodegroup is not None:
        record = nodegroup.record
        return [
            Resource(
                arn=record["nodegroupArn"],
                kind="AWS::EKS::Nodegroup",
                name=nodegroup.name,
                tags=record["tags"],
            )
        ]
    if params.get("name") or params.get("clusterName"):
        cluster = region.eks.cluster
        return [
            Resource(
                arn=cluster["arn"],
                kind="AWS::EKS::Cluster",
                name=cluster["name"],
                tags=cluster["tags"],
            )
        ]
    return []


def _shifted(region: Region, params: Mapping[str, Any]) -> list[Resource]:
    arn = params.get("resourceIdentifier")
    if arn is None:
        shifts = [s for s in region.shifts.all if s.id == params.get("zonalShiftId")]
        arn = shifts[0].resource if shifts else None
    return [Resource(arn=arn, kind="AWS::ARCZonalShift::Resource", name=arn)] if arn else []


def _role(region: Region, params: Mapping[str, Any]) -> list[Resource]:
    iam = iam_backends[region.account]["aws"]
    found = [role.arn for role in iam.get_roles() if role.name == params.get("RoleName")]
    arn = params.get("PolicySourceArn") or next(iter(found), None)
    return [Resource(arn=arn, kind="AWS::IAM::Role", name=arn)] if arn else []


def _by_arn(_: Region, params: Mapping[str, Any]) -> list[Resource]:
    arn = params.get("LoadBalancerArn") or params.get("TargetGroupArn")
    kind = "LoadBalancer" if params.get("LoadBalancerArn") else "TargetGroup"
    named = f"AWS::ElasticLoadBalancingV2::{kind}"
    return [Resource(arn=arn, kind=named, name=arn)] if arn else []
