"""Nodes and pods for the instances of a local fleet."""

from __future__ import annotations

from typing import Any

from sopctl.core.action import AnyAction, AnyChange, Change
from tests.fakes.workloads import node, pod, pod_spec
from tests.local import Local

ZONE = "us-east-1a"


def nodes_for(local: Local, *, cordoned: str = ZONE) -> None:
    """A node for each instance that has none, called after it; those of *cordoned* are."""
    local.cluster.create("namespaces", {"metadata": {"name": "shop"}})
    for group in local.cloud.groups():
        for each in group.instances:
            body = node(each.id, each.zone)
            body["spec"]["providerID"] = f"aws:///{each.zone}/{each.id}"
            if each.zone == cordoned:
                body["spec"]["unschedulable"] = True
            local.cluster.create("nodes", body)


def put(local: Local, name: str, where: str, owner: str = "ReplicaSet", phase: str = "Running"):
    """A pod that runs on the node *where*."""
    body = pod(name, {**pod_spec(), "nodeName": where})
    reference = {"apiVersion": "apps/v1", "kind": owner, "name": "web", "uid": "u-1"}
    body["metadata"]["ownerReferences"] = [{**reference, "controller": True}]
    made = local.cluster.create("pods", body)
    made["status"] = {"phase": phase, "conditions": [{"type": "Ready", "status": "True"}]}
    return local.cluster.update("pods", made, subresource="status")


def later(local: Local, seconds: float = 60) -> None:
    """Let *seconds* pass, with a round of the cloud before and after."""
    local.cloud.tick()
    local.watch.sleep(seconds)
    local.cloud.tick()


def silence(local: Local, name: str) -> None:
    """Its kubelet answers no more."""
    made = local.cluster.get("nodes", name)
    assert made is not None
    made["status"]["conditions"] = [{"type": "Ready", "status": "Unknown"}]
    local.cluster.update("nodes", made, subresource="status")


def ids(local: Local, group: str) -> list[str]:
    return [each.id for each in local.cloud.group(group).instances]


def states(local: Local, group: str) -> list[str]:
    return sorted(each.state for each in local.cloud.group(group).instances)


def plan(local: Local, action: AnyAction, params: Any) -> list[AnyChange]:
    """What *action* would change now."""
    chosen = action.select(local.connect(), params).ids
    seen = action.observe(local.world, params, chosen)
    wanted = {each: action.desire(params, each, seen[each]) for each in chosen}
    return [
        Change(each, seen[each], after)
        for each, after in wanted.items()
        if not action.satisfies(after, seen[each].state)
    ]
