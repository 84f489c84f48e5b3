"""What a new node of a group would look like to the scheduler, daemon pods included."""

from __future__ import annotations

from collections.abc import Iterable

from sopctl.sandbox.world.autoscaler.discovery import NodeGroup
from sopctl.sandbox.world.controllers.daemonsets import TOLERATIONS
from sopctl.sandbox.world.machines.node import node_labels, node_taints
from sopctl.sandbox.world.machines.shapes import allocatable
from sopctl.sandbox.world.ports import Obj
from sopctl.sandbox.world.scheduling.affinity import admits
from sopctl.sandbox.world.scheduling.quantities import amount
from sopctl.sandbox.world.scheduling.snapshot import Seat
from sopctl.sandbox.world.scheduling.subject import Place, subject
from sopctl.sandbox.world.scheduling.tolerations import untolerated

# Labels that differ between otherwise alike groups (processors/nodegroupset/{compare_nodegroups,
# aws_nodegroups}.go). `lifecycle` among them makes spot and on-demand groups alike.
_IGNORED = frozenset(
    {
        "topology.kubernetes.io/zone",
        "topology.kubernetes.io/region",
        "topology.k8s.aws/zone-id",
        "topology.ebs.csi.aws.com/zone",
        "failure-domain.beta.kubernetes.io/zone",
        "failure-domain.beta.kubernetes.io/region",
        "kubernetes.io/hostname",
        "lifecycle",
        "eks.amazonaws.com/nodegroup",
        "alpha.eksctl.io/instance-id",
        "alpha.eksctl.io/nodegroup-name",
        "k8s.amazonaws.com/eniConfig",
    }
)


def template(group: NodeGroup, name: str, daemons: Iterable[Obj]) -> Seat:
    """Return an imagined node of a group with the daemon pods that would run on it."""
    kind = group.group.instance_types[0]
    labels = node_labels(group.group, group.zone, kind)
    labels |= {
        "kubernetes.io/hostname": name,
        "node.kubernetes.io/lifecycle": "spot" if group.group.spot else "normal",
    }
    place = Place(
        name=name,
        labels=labels,
        taints=tuple(node_taints(group.group)),
        unschedulable=False,
        capacity=amount(allocatable(kind)),
    )
    return seated(place, daemons)


def seated(place: Place, daemons: Iterable[Obj]) -> Seat:
    """Return an imagined node with the daemon pods that would run on it."""
    fitting = (each for each in daemons if _fits(each, place))
    return Seat(place, (subject(_pod(each, place.name)) for each in fitting))


def alike(one: NodeGroup, other: NodeGroup, ignored: frozenset[str] = frozenset()) -> bool:
    """Whether two groups are balanced together: same size of nodes, same labels that matter.

    Taints do not matter: whether the pods fit decides that.
    """
    first, second = one.group, other.group
    return allocatable(first.instance_types[0]) == allocatable(
        second.instance_types[0]
    ) and _telling(one, ignored) == _telling(other, ignored)


def _telling(group: NodeGroup, ignored: frozenset[str]) -> dict[str, str]:
    labels = node_labels(group.group, group.zone, group.group.instance_types[0])
    return {key: value for key, value in labels.items() if key not in _IGNORED | ignored}


def _fits(daemon: Obj, place: Place) -> bool:
    spec = daemon["spec"]["template"]["spec"]
    if not admits(spec, place.name, place.labels):
        return False
    return untolerated(place.taints, (*(spec.get("tolerations") or ()), *TOLERATIONS)) is None


def _pod(daemon: Obj, node: str) -> Obj:
    metadata = daemon["metadata"]
    source = daemon["spec"]["template"]
    return {
        "metadata": {
            "name": f"{metadata['name']}-{node}",
            "namespace": metadata["namespace"],
            "labels": (source.get("metadata") or {}).get("labels") or {},
        },
        "spec": source["spec"],
    }
