"""Which nodes are to be left: those of a zone, of a group, or by name."""

from __future__ import annotations

from collections.abc import Sequence

from sopctl.core.errors import RefusedError
from sopctl.facts import groups
from sopctl.facts.objects import node
from sopctl.facts.objects.node import Node
from sopctl.facts.world import World
from sopctl.providers.k8s_paths import collection

_POOLS = ("eks.amazonaws.com/nodegroup", "karpenter.sh/nodepool")


def chosen(
    world: World, *, zone: str = "", group: str = "", names: Sequence[str] = ()
) -> tuple[list[Node], list[Node]]:
    """(those for which all that is given holds, all nodes of the cluster).

    *group*: an Auto Scaling group, a managed node group or a NodePool. Raises RefusedError where
    nothing is given, which would mean all nodes, and for a name that is not there.
    """
    if not (zone or group or names):
        raise RefusedError("no nodes were named", hint="Give a zone, a group, or nodes by name.")
    everyone = world.k8s.each(collection("k8s.node"), node.read)
    found = everyone
    if names:
        if missing := sorted(set(names) - {each.name for each in everyone}):
            raise RefusedError(
                f"there is no node {', '.join(missing)}", hint="`kubectl get nodes` lists them."
            )
        found = [each for each in found if each.name in names]
    if zone:
        name = node.zone_name(zone, everyone, lambda: world.facts.zone(zone).name)
        found = [each for each in found if each.zone == name]
    if group:
        found = _of_group(world, group, found)
    return found, everyone


def _of_group(world: World, group: str, nodes: Sequence[Node]) -> list[Node]:
    pooled = [n for n in nodes if any(n.labels.get(key) == group for key in _POOLS)]
    if pooled:
        return pooled
    live = groups.named(world.aws, [group])
    if group not in live:
        raise RefusedError(
            f"there is no group {group}",
            hint="Name an Auto Scaling group, a managed node group or a NodePool that has nodes.",
        )
    members = {each.id for each in live[group].instances}
    return [each for each in nodes if each.instance in members]
