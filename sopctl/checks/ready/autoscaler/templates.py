"""``ready.templates``: tags say which labels and taints a group's nodes will have.

For a group without a node the autoscaler knows its nodes by these tags alone; where they are wrong
it adds nodes that do not help, or none. Source: kubernetes/autoscaler,
cluster-autoscaler/cloudprovider/aws/README.md, "Auto-Discovery Setup" (node-template).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sopctl.core.check import Check, Readiness, Severity, Verdict
from sopctl.facts.groups import Group
from sopctl.facts.objects.node import Node
from sopctl.facts.world import World

_LABEL = "k8s.io/cluster-autoscaler/node-template/label/"
_TAINT = "k8s.io/cluster-autoscaler/node-template/taint/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """There is nothing to choose."""


def look(world: World, params: Params) -> Verdict:
    """The labels that workloads choose nodes by count, and the tags that are there."""
    nodes = {each.instance: each for each in world.facts.nodes() if each.instance}
    chosen = {
        key
        for each in world.facts.templates()
        for key in each.spec.get("nodeSelector") or {}
        if "kubernetes.io/" not in key or key.startswith("node.kubernetes.io/lifecycle")
    }
    groups = [each for each in world.facts.groups() if not each.managed]
    rows = tuple(
        f"{each.name} {trouble}"
        for each in groups
        for trouble in _troubles(each, nodes, frozenset(chosen))
    )
    detail = f"{len(rows)} tags of {len(groups)} groups are missing or wrong"
    detail = detail if rows else "tags agree with the labels and taints of the nodes"
    return Verdict(holds=not rows, detail=detail, rows=rows, applies=bool(groups))


def _troubles(group: Group, nodes: Mapping[str, Node], chosen: frozenset[str]) -> Iterator[str]:
    ours = [nodes[one.id] for one in group.instances if one.id in nodes]
    if not ours:
        return
    labels, taints = ours[0].labels, set(ours[0].taints)
    said = {k.removeprefix(_LABEL): t.value for k, t in group.tags.items() if k.startswith(_LABEL)}
    for key, value in sorted(said.items()):
        if labels.get(key) != value:
            yield f"says {key}={value}, its nodes have {labels.get(key, 'no such label')}"
    for key in sorted(chosen & labels.keys() - said.keys()):
        yield f"does not say {key}={labels[key]}, which workloads ask for"
    tainted = {k.removeprefix(_TAINT) for k in group.tags if k.startswith(_TAINT)}
    for key in sorted(tainted - taints):
        yield f"says that its nodes have the taint {key}, which they have not"


CHECK: Check[Params] = Check(
    id="ready.templates",
    summary="Tags say which labels and taints a group's nodes will have.",
    params=Params,
    look=look,
    permissions=(
        "k8s:list nodes",
        "k8s:list deployments.apps",
        "k8s:list statefulsets.apps",
        "autoscaling:DescribeAutoScalingGroups",
        "ec2:DescribeLaunchTemplateVersions",
    ),
    readiness=Readiness(
        row="CA8",
        severity=Severity.WARNING,
        why="A group that was scaled to none never grows for pods that need its labels.",
        fix="Tag the group k8s.io/cluster-autoscaler/node-template/label/KEY=VALUE.",
    ),
)
