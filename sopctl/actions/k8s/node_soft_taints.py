"""``k8s.node.soft_taints``: take off what a scale-down that was stopped has left on nodes.

While the autoscaler considers to remove a node it taints it with PreferNoSchedule, and takes that
off again in a later loop. With scale-down disabled, or the node's group out of its hands, there
is no such loop: the taint stays, and repels pods exactly when their room is needed. Nothing has
to be restored: the autoscaler taints again what it still considers.
Source: kubernetes/autoscaler, core/static_autoscaler.go, updateSoftDeletionTaints and
cleanUpTaintsIfRequired (groups that are not registered are not cleaned up).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sopctl.actions.k8s import taints
from sopctl.actions.k8s.taints import Taint
from sopctl.core.action import Action, Call, Change, Converged, Undo
from sopctl.core.resource import ABSENT, Absent, Observed, ResourceId, Selection
from sopctl.facts.objects import node
from sopctl.facts.objects.lookup import IN_FLIGHT, WINDOW
from sopctl.facts.world import World
from sopctl.marks import fence
from sopctl.providers.k8s_paths import collection

KIND = "k8s.node"
CANDIDATE = "DeletionCandidateOfClusterAutoscaler"
LEAVING = "ToBeDeletedByClusterAutoscaler"


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*except_zone*: nodes of that zone (name or id) keep theirs."""

    except_zone: str = ""


def select(world: World, params: Params) -> Selection:
    """The nodes that have the taint, are not about to go, and that no autoscaler cleans."""
    nodes = world.k8s.each(collection(KIND), node.read)
    wanted = params.except_zone
    away = node.zone_name(wanted, nodes, lambda: world.facts.zone(wanted).name) if wanted else ""
    cleaned = _cleaned(world)
    tainted = [
        each
        for each in nodes
        if CANDIDATE in each.taints and each.zone != away and each.instance not in cleaned
    ]
    leaving = [each.name for each in tainted if LEAVING in each.taints]
    ids = tuple(
        ResourceId(KIND, each.name, each.uid, CANDIDATE)
        for each in tainted
        if each.name not in leaving
    )
    notes = (f"{', '.join(leaving)}: left alone, because it is being removed.",) if leaving else ()
    return Selection(ids, len(nodes), notes)


def _cleaned(world: World) -> frozenset[str]:
    """The instances whose taints an autoscaler takes off by itself, in its own time."""
    working = [each for each in world.facts.autoscalers() if each.scale_down_enabled]
    return frozenset(
        member.id
        for group in world.facts.groups()
        if any(each.scales(group) for each in working)
        for member in group.instances
    )


def observe(
    world: World, params: Params, ids: Sequence[ResourceId]
) -> Mapping[ResourceId, Observed[Taint]]:
    return taints.observe(world, ids)


def desire(params: Params, resource: ResourceId, observed: Observed[Taint]) -> Taint | Absent:
    return ABSENT


def converge(call: Call, world: World, changes: Sequence[Change[Taint]]) -> Converged:
    for each in changes:
        yield each.resource, taints.write(call, world, each)


ACTION: Action[Params, Taint] = Action(
    id="k8s.node.soft_taints",
    summary="Take off the taints that a stopped scale-down has left on nodes.",
    kind=KIND,
    params=Params,
    state=Taint,
    select=select,
    observe=observe,
    desire=desire,
    satisfies=taints.same,
    converge=converge,
    touch=fence.touch,
    undo=Undo.OWNER_RECREATES,
    concurrency=IN_FLIGHT,
    window=WINDOW,
    permissions=(
        "k8s:list nodes",
        "k8s:get nodes",
        "k8s:patch nodes",
        "k8s:list deployments.apps",
        "autoscaling:DescribeAutoScalingGroups",
        "ec2:DescribeLaunchTemplateVersions",
    ),
)
