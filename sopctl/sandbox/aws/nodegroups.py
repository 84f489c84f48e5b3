"""Managed node groups made, changed and deleted, with the Auto Scaling groups behind them.

Source: EKS user guide, "Simplify node lifecycle with managed node groups" (tags, capacity
rebalancing of spot groups) and "Create a managed node group".
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from sopctl.sandbox.aws.eks import CLUSTER, Nodegroup
from sopctl.sandbox.aws.fleet import GroupSpec
from sopctl.sandbox.aws.patches.groups import SandboxGroup
from sopctl.sandbox.aws.planting import plant
from sopctl.sandbox.aws.region import Region

DEFAULT_TYPE = "t3.medium"


def create_nodegroup(region: Region, spec: GroupSpec) -> SandboxGroup:
    """A managed node group called ``spec.name``; returns the group behind it, which works."""
    subnets = [region.subnets()[zone] for zone in spec.zones]
    params = {
        "nodegroupName": spec.name,
        "subnets": subnets,
        "instanceTypes": list(spec.instance_types),
        "capacityType": "SPOT" if spec.spot else "ON_DEMAND",
        "nodeRole": f"arn:aws:iam::{region.account}:role/sandbox-node",
    }
    sizes = {"minSize": spec.min, "maxSize": spec.max, "desiredSize": spec.desired}
    made = add_nodegroup(region, params, sizes, tags=spec.tags, serving=True)
    group = region.find(made.group)
    assert group is not None
    return group


def add_nodegroup(
    region: Region,
    params: Mapping[str, Any],
    sizes: Mapping[str, int],
    *,
    tags: Mapping[str, tuple[str, bool]] | None = None,
    serving: bool = False,
) -> Nodegroup:
    """A node group as CreateNodegroup's *params* say; with *serving* its nodes work already."""
    name = str(params["nodegroupName"])
    spot = params.get("capacityType") == "SPOT"
    zones = region.subnet_zones()
    unique = str(uuid.uuid4())
    spec = GroupSpec(
        name=f"eks-{name}-{unique}",
        zones=tuple(zones[subnet] for subnet in params["subnets"]),
        min=sizes["minSize"],
        max=sizes["maxSize"],
        desired=sizes["desiredSize"] if serving else 0,
        instance_types=tuple(params.get("instanceTypes") or (DEFAULT_TYPE,)),
        spot=spot,
        tags={**_tags(name), **(tags or {})},
    )
    group = plant(region.autoscaling, region.reconciler, spec, list(params["subnets"]))
    group.adopt({"CapacityRebalance": spot})
    if not serving:
        group.resize({"DesiredCapacity": sizes["desiredSize"]})
    now = region.now()
    record = _record(region, params, unique)
    made = Nodegroup(
        name=name,
        record=record,
        group=spec.name,
        min=spec.min,
        max=spec.max,
        subnets=group.vpc_zone_identifier or "",
        created=now if not serving else now.replace(year=now.year - 1, day=1),
    )
    region.eks.nodegroups[name] = made
    return made


def configure_nodegroup(region: Region, nodegroup: Nodegroup, params: Mapping[str, Any]) -> None:
    """Carry out UpdateNodegroupConfig: sizes reach the group, the rest the record."""
    sizes = params.get("scalingConfig", {})
    nodegroup.min = sizes.get("minSize", nodegroup.min)
    nodegroup.max = sizes.get("maxSize", nodegroup.max)
    group = region.find(nodegroup.group)
    if group is not None:
        wanted = {"MinSize": nodegroup.min, "MaxSize": nodegroup.max}
        if "desiredSize" in sizes:
            wanted["DesiredCapacity"] = sizes["desiredSize"]
        group.resize(wanted)
    labels = params.get("labels", {})
    kept = {**nodegroup.record["labels"], **labels.get("addOrUpdateLabels", {})}
    gone = labels.get("removeLabels", [])
    nodegroup.record["labels"] = {key: kept[key] for key in kept if key not in gone}
    nodegroup.record["updateConfig"].update(params.get("updateConfig", {}))
    nodegroup.record["modifiedAt"] = region.now()


def delete_nodegroup(region: Region, nodegroup: Nodegroup) -> None:
    """Take the group down with its instances."""
    group = region.find(nodegroup.group)
    if group is not None:
        for member in list(group.members()):
            member.machine.terminate()
        del region.autoscaling.autoscaling_groups[group.name]
    del region.eks.nodegroups[nodegroup.name]


def _tags(name: str) -> dict[str, tuple[str, bool]]:
    return {
        "eks:cluster-name": (CLUSTER, True),
        "eks:nodegroup-name": (name, True),
        "k8s.io/cluster-autoscaler/enabled": ("true", True),
        f"k8s.io/cluster-autoscaler/{CLUSTER}": ("owned", True),
        f"kubernetes.io/cluster/{CLUSTER}": ("owned", True),
    }


def _record(region: Region, params: Mapping[str, Any], unique: str) -> dict[str, Any]:
    name = params["nodegroupName"]
    cluster = region.eks.cluster
    where = f"arn:aws:eks:{region.region}:{region.account}:nodegroup"
    return {
        "nodegroupName": name,
        "nodegroupArn": f"{where}/{CLUSTER}/{name}/{unique}",
        "clusterName": CLUSTER,
        "version": cluster["version"],
        "releaseVersion": f"{cluster['version']}.0-20261101",
        "createdAt": region.now(),
        "modifiedAt": region.now(),
        "capacityType": params.get("capacityType", "ON_DEMAND"),
        "instanceTypes": list(params.get("instanceTypes") or (DEFAULT_TYPE,)),
        "subnets": list(params["subnets"]),
        "amiType": params.get("amiType", "AL2023_x86_64_STANDARD"),
        "nodeRole": params["nodeRole"],
        "labels": dict(params.get("labels", {})),
        "taints": list(params.get("taints", [])),
        "diskSize": params.get("diskSize", 20),
        "updateConfig": dict(params.get("updateConfig", {"maxUnavailable": 1})),
        "tags": dict(params.get("tags", {})),
    }
