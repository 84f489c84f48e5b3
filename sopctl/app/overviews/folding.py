"""Facts become one picture: pure, and as good with a part of the facts as with all."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from sopctl.core.overview import Discovery, GroupNow, Leaving, NodeNow, PodNow, PodState, ZoneNow
from sopctl.facts import pools, purchase, zones
from sopctl.facts.autoscaler import Autoscaler, together
from sopctl.facts.groups import Group, Tag
from sopctl.facts.objects.node import Node
from sopctl.facts.objects.pod import Pod
from sopctl.facts.pools import Pool
from sopctl.facts.zones import Zone
from sopctl.marks import annotation, asg_tag

POOLS: Final = (
    pools.LABEL,
    "eks.amazonaws.com/nodegroup",
    "alpha.eksctl.io/nodegroup-name",
)
"""Labels that say which group a node is of, where no Auto Scaling group is known to have it."""

TITLES: Final = ("alpha.eksctl.io/nodegroup-name", "kops.k8s.io/instancegroup")
"""Tags by which the tool that made an Auto Scaling group calls it."""

INTERRUPTED: Final = "aws-node-termination-handler/"
REMOVED: Final = ("ToBeDeletedByClusterAutoscaler", "karpenter.sh/disrupted")
"""Taints, or the beginning of them, that say why a node is about to go."""

KEPT: Final = (
    "cluster-autoscaler.kubernetes.io/scale-down-disabled",
    "karpenter.sh/do-not-disrupt",
)
"""Annotations that keep a node from being taken away."""

_DIGITS = re.compile(r"(\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The facts that could be read; None is: this one could not."""

    nodes: Sequence[Node] | None = None
    pods: Sequence[Pod] | None = None
    groups: Sequence[Group] | None = None
    autoscalers: Sequence[Autoscaler] | None = None
    pools: Sequence[Pool] | None = None
    zones: Sequence[Zone] | None = None


def zones_now(seen: Seen) -> tuple[ZoneNow, ...]:
    """The zones in which the cluster has anything, or could have."""
    known = {each.name: each for each in zones.of_nodes(seen.nodes or ())}
    for each in seen.zones or ():
        known[each.name] = each
    used = {node.zone for node in seen.nodes or ()}
    used |= {zone for group in seen.groups or () for zone in group.zones}
    named = sorted(used - {""}) or sorted(known)
    nobody = Zone(name="", id="", state="")
    found = [(name, known.get(name, nobody)) for name in named]
    return tuple(ZoneNow(name=name, id=zone.id, state=zone.state) for name, zone in found)


def nodes_now(seen: Seen) -> tuple[NodeNow, ...]:
    """The nodes with their pods, by name."""
    members = {m.id: group for group in seen.groups or () for m in group.instances}
    on: dict[str, list[Pod]] = defaultdict(list)
    for pod in seen.pods or ():
        if pod.node and not pod.finished:
            on[pod.node].append(pod)
    found = [_node(each, members.get(each.instance), on[each.name]) for each in seen.nodes or ()]
    if seen.pods is None:
        found = [replace(each, full=None) for each in found]
    return tuple(sorted(found, key=lambda node: _natural(node.name)))


def groups_now(seen: Seen, nodes: Iterable[NodeNow]) -> tuple[GroupNow, ...]:
    """Auto Scaling groups, NodePools, and those that only labels of *nodes* name; by title."""
    instances = {each.instance for each in seen.nodes or ()}
    found = [_group(each, seen.autoscalers, instances) for each in seen.groups or ()]
    found += [_of_pool(each, zones_now(seen)) for each in seen.pools or ()]
    known = {each.name for each in found}
    named = {node.group for node in nodes} - known - {""}
    found += [GroupNow(name=name, title=name) for name in named]
    return tuple(sorted(found, key=lambda group: (group.title, group.name)))


def _node(found: Node, group: Group | None, pods: Sequence[Pod]) -> NodeNow:
    return NodeNow(
        name=found.name,
        zone=found.zone,
        group=group.name if group is not None else _pool(found.labels),
        capacity=purchase.of(found.labels) or _bought(group),
        ready=found.ready,
        cordoned=found.unschedulable,
        leaving=_leaving(found.taints),
        kept=any(found.annotations.get(key) == "true" for key in KEPT),
        full=_full(found.allocatable, pods),
        pods=tuple(PodNow(name=pod.full_name, state=_state(pod)) for pod in pods),
    )


def _natural(name: str) -> list[tuple[int, str]]:
    """ip-10-0-0-9 comes before ip-10-0-0-10."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in _DIGITS.split(name)]


def _pool(labels: Mapping[str, str]) -> str:
    return next((labels[key] for key in POOLS if labels.get(key)), "")


def _bought(group: Group | None) -> str:
    """How a group buys that buys in one way only."""
    if group is None or group.mixed:
        return ""
    return "spot" if group.spot else "on-demand"


def _leaving(taints: Iterable[str]) -> Leaving:
    found = Leaving.NOT
    for key in taints:
        if key.startswith(INTERRUPTED):
            return Leaving.INTERRUPTED
        if key in REMOVED:
            found = Leaving.REMOVED
    return found


def _state(pod: Pod) -> PodState:
    if pod.terminating:
        return PodState.LEAVING
    return PodState.READY if pod.ready else PodState.NOT_READY


def _full(room: Mapping[str, Decimal], pods: Iterable[Pod]) -> float:
    asked: dict[str, Decimal] = {}
    for pod in pods:
        for name, amount in pod.requests.items():
            asked[name] = asked.get(name, Decimal(0)) + amount
    shares = [float(asked[name] / room[name]) for name in asked if room.get(name)]
    return round(max(shares, default=0.0), 3)


def _group(
    found: Group, autoscalers: Sequence[Autoscaler] | None, instances: frozenset[str] | set[str]
) -> GroupNow:
    coming = Counter(m.zone for m in found.instances if m.id not in instances and not m.leaving)
    discovery, run = _discovery(found, autoscalers)
    return GroupNow(
        name=found.name,
        title=found.managed or _title(found.tags) or found.name,
        buys="mixed" if found.mixed else _bought(found),
        zones=found.zones,
        min=found.min,
        max=found.max,
        desired=found.desired,
        discovery=discovery,
        run=run,
        suspended=tuple(sorted(found.suspended)),
        coming=dict(coming),
    )


def _title(tags: Mapping[str, Tag]) -> str:
    return next((tags[key].value for key in TITLES if key in tags), "")


def _of_pool(found: Pool, zones: Iterable[ZoneNow]) -> GroupNow:
    """Karpenter grows every NodePool, but for one whose limit is zero."""
    run = annotation.holder(found.annotations, "limits") if found.stopped else ""
    stopped = Discovery.TAKEN_OUT if run else Discovery.OUTSIDE
    return GroupNow(
        name=found.name,
        title=found.name,
        zones=tuple(zone.name for zone in zones if found.allows(zone.name)),
        discovery=stopped if found.stopped else Discovery.SCALED,
        run=run,
    )


def _discovery(group: Group, autoscalers: Sequence[Autoscaler] | None) -> tuple[Discovery, str]:
    """How an autoscaler sees *group*; and the run that its breadcrumb names, if one is missing."""
    if autoscalers is None:
        return Discovery.UNKNOWN, ""
    if any(each.scales(group) for each in autoscalers):
        return Discovery.SCALED, ""
    missing = [key for key in together(autoscalers).discovery_keys if key not in group.tags]
    tags = {key: tag.value for key, tag in group.tags.items()}
    run = next(filter(None, (asg_tag.holder(tags, key) for key in missing)), "")
    return (Discovery.TAKEN_OUT, run) if run else (Discovery.OUTSIDE, "")
