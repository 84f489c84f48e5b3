"""The Node object that an instance of a group registers."""

from __future__ import annotations

from sopctl.sandbox.aws.fleet import Group, Instance
from sopctl.sandbox.world.machines.shapes import allocatable, capacity
from sopctl.sandbox.world.outages import ZONE
from sopctl.sandbox.world.ports import Obj

_NODEGROUP_TAG, _EKS = "eks:nodegroup-name", "eks.amazonaws.com"
ZONE_ID = "topology.k8s.aws/zone-id"


def node_for(group: Group, instance: Instance, zone_id: str, version: str) -> Obj:
    """Return the node of an instance, without conditions; `version` is the kubelet's."""
    labels = node_labels(group, instance.zone, instance.type)
    labels |= {
        "kubernetes.io/hostname": instance.private_dns,
        ZONE_ID: zone_id,
        "node.kubernetes.io/lifecycle": "spot" if instance.lifecycle == "spot" else "normal",
    }
    spec: Obj = {"providerID": instance.provider_id}
    taints = node_taints(group)
    if taints:
        spec["taints"] = taints
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": instance.private_dns, "labels": labels},
        "spec": spec,
        "status": {
            "capacity": capacity(instance.type),
            "allocatable": allocatable(instance.type),
            "addresses": [
                {"type": "InternalIP", "address": instance.private_ip},
                {"type": "InternalDNS", "address": instance.private_dns},
                {"type": "Hostname", "address": instance.private_dns},
            ],
            "nodeInfo": _info(instance, version),
        },
    }


def node_labels(group: Group, zone: str, instance_type: str) -> dict[str, str]:
    """Return what the cloud provider and the group's node-template tags say about a node."""
    return {
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/os": "linux",
        "node.kubernetes.io/instance-type": instance_type,
        "topology.kubernetes.io/region": zone[:-1],
        ZONE: zone,
        **_of_nodegroup(group),
        **group.labels,
    }


def _of_nodegroup(group: Group) -> dict[str, str]:
    """The labels that EKS puts on the nodes of a managed node group."""
    name, _ = group.tags.get(_NODEGROUP_TAG, ("", False))
    bought = "SPOT" if group.spot else "ON_DEMAND"
    kind = {f"{_EKS}/nodegroup": name, f"{_EKS}/capacityType": bought}
    return kind if name else {}


def node_taints(group: Group) -> list[Obj]:
    """Return the taints that the group's kubelets register with."""
    return [
        {"key": key, "value": value, "effect": effect} if value else {"key": key, "effect": effect}
        for key, value, effect in group.taints
    ]


def _info(instance: Instance, version: str) -> Obj:
    return {
        "architecture": "amd64",
        "bootID": f"boot-{instance.id}",
        "containerRuntimeVersion": "containerd://2.1.4",
        "kernelVersion": "6.12.40-63.114.amzn2023.x86_64",
        "kubeProxyVersion": "",
        "kubeletVersion": f"v{version}.0-eks-3025e55",
        "machineID": instance.id.replace("i-", "ec2"),
        "operatingSystem": "linux",
        "osImage": "Amazon Linux 2023.8.20260110",
        "systemUUID": instance.id.replace("i-", "ec2"),
    }
