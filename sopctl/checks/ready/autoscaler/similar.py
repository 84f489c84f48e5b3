"""``ready.similar``: groups that differ only by zone are kept in balance.

Groups count as similar if all labels but a few are the same. The label ``lifecycle`` is one of
those few on AWS, so that spot groups and on-demand groups are balanced with each other; a label of
another name tells them apart. Source: kubernetes/autoscaler,
cluster-autoscaler/processors/nodegroupset/aws_nodegroups.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sopctl.core.check import Check, Readiness, Severity, Verdict
from sopctl.facts.autoscaler import Autoscaler
from sopctl.facts.groups import Group
from sopctl.facts.world import World

_LABEL = "k8s.io/cluster-autoscaler/node-template/label/"
_IGNORED = f"{_LABEL}lifecycle"


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """There is nothing to choose."""


def look(world: World, params: Params) -> Verdict:
    found = world.facts.autoscalers()
    rows = tuple(row for each in found for row in _troubles(each, world.facts.groups()))
    detail = "groups are not balanced as meant" if rows else "similar groups are balanced"
    return Verdict(holds=not rows, detail=detail, rows=rows, applies=bool(found))


def _troubles(autoscaler: Autoscaler, groups: tuple[Group, ...]) -> Iterator[str]:
    if not autoscaler.balance_similar:
        yield f"{autoscaler.name} does not balance similar groups"
        return
    if "balancing-label" in autoscaler.flags:
        return
    alone = [
        each.name
        for each in groups
        if _IGNORED in each.tags
        and not any(key.startswith(_LABEL) and key != _IGNORED for key in each.tags)
    ]
    if alone:
        yield f"{', '.join(sorted(alone))} differ from others by lifecycle only, which is ignored"


CHECK: Check[Params] = Check(
    id="ready.similar",
    summary="Groups that differ only by zone are kept in balance.",
    params=Params,
    look=look,
    permissions=(
        "k8s:list deployments.apps",
        "autoscaling:DescribeAutoScalingGroups",
        "ec2:DescribeLaunchTemplateVersions",
    ),
    readiness=Readiness(
        row="CA5",
        severity=Severity.WARNING,
        why="Out of balance one zone has most of the nodes, and takes them when it fails.",
        fix="--balance-similar-node-groups, with --balancing-label or a label of another name.",
    ),
)
