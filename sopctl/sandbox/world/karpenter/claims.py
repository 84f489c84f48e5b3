"""NodeClaims: one for each node, from the launch over its registration to its end.

Deleting a claim drains its node and terminates the instance, whatever budgets of the pool say.
Source: karpenter.sh, "NodeClaims" and "Disruption", Termination Controller.
"""

from __future__ import annotations

from datetime import datetime

from sopctl.sandbox.aws.fleet import Group, Instance
from sopctl.sandbox.world.autoscaler import taints
from sopctl.sandbox.world.autoscaler.draining import evict
from sopctl.sandbox.world.controllers.nodes import booting_conditions, healthy_conditions, ready
from sopctl.sandbox.world.karpenter.pools import CLAIMS, NODEPOOL, Pool, labels_of
from sopctl.sandbox.world.machines.machines import REGISTERS_IN, instance_id
from sopctl.sandbox.world.machines.node import node_for
from sopctl.sandbox.world.machines.shapes import capacity
from sopctl.sandbox.world.outages import Outages
from sopctl.sandbox.world.ports import CloudPort, LaunchOrder, Obj
from sopctl.sandbox.world.times import stamp
from sopctl.sandbox.world.view import View

FINALIZER = "karpenter.sh/termination"
DISRUPTED = "karpenter.sh/disrupted"
INITIALIZED = "karpenter.sh/initialized"


def made(pool: Pool, order: LaunchOrder, instance: Instance) -> Obj:
    """The claim of an instance that was launched for *pool*."""
    owner = {
        "apiVersion": "karpenter.sh/v1",
        "kind": "NodePool",
        "name": pool.name,
        "uid": pool.obj["metadata"]["uid"],
        "blockOwnerDeletion": True,
    }
    return {
        "apiVersion": "karpenter.sh/v1",
        "kind": "NodeClaim",
        "metadata": {
            "name": f"{pool.name}-{instance.id[-5:]}",
            "labels": {**pool.labels, **labels_of(order), **_own_labels(pool)},
            "finalizers": [FINALIZER],
            "ownerReferences": [owner],
        },
        "spec": {
            "nodeClassRef": (pool.obj["spec"]["template"]["spec"]).get("nodeClassRef") or {},
            "requirements": list(pool.requirements),
            "taints": list(pool.taints),
        },
        "status": {"providerID": instance.provider_id, "capacity": capacity(instance.type)},
    }


def _own_labels(pool: Pool) -> dict[str, str]:
    auto = {"eks.amazonaws.com/compute-type": "auto"} if pool.auto else {}
    return {NODEPOOL: pool.name, **auto}


def register(
    view: View, cloud: CloudPort, outages: Outages, version: str, now: datetime, *, at_once: bool
) -> None:
    """Let the kubelets of claims whose instances have booted register their nodes."""
    machines = {each.id: each for each in cloud.loose()}
    zones = {zone.name: zone.id for zone in cloud.zones}
    for claim in view.all(CLAIMS):
        machine = machines.get(instance_id({"spec": claim.get("status") or {}}))
        if machine is None or (claim.get("status") or {}).get("nodeName"):
            continue
        booted = machine.state == "InService" and machine.launched + REGISTERS_IN <= now
        if at_once or (booted and outages.reaches(machine.zone)):
            node = _node(claim, machine, zones.get(machine.zone, ""), version)
            conditions = healthy_conditions(now) if at_once else booting_conditions(now)
            node["status"]["conditions"] = conditions
            view.create("nodes", node)
            verdict = {"type": "Ready", "status": "True", "reason": "Ready", "message": ""}
            status = {
                **claim["status"],
                "nodeName": machine.private_dns,
                "conditions": [{**verdict, "lastTransitionTime": stamp(now)}],
            }
            view.set_status(CLAIMS, claim, status)


def _node(claim: Obj, machine: Instance, zone_id: str, version: str) -> Obj:
    """The Node, which Karpenter labels as its claim."""
    plain = Group(
        name="",
        zones=(machine.zone,),
        subnets=(),
        min=0,
        max=0,
        desired=0,
        tags={},
        suspended=frozenset(),
        instances=(),
        mixed=False,
        spot=machine.lifecycle == "spot",
        instance_types=(machine.type,),
    )
    node = node_for(plain, machine, zone_id, version)
    node["metadata"]["labels"] |= claim["metadata"]["labels"]
    if claim["spec"].get("taints"):
        node["spec"]["taints"] = list(claim["spec"]["taints"])
    return node


def initialize(view: View) -> None:
    """Label the nodes of claims that have become Ready for the first time."""
    for claim in view.all(CLAIMS):
        node = view.get("nodes", (claim.get("status") or {}).get("nodeName", ""))
        if node is not None and not initialized(node) and ready(node) == "True":
            view.patch("nodes", node, {"metadata": {"labels": {INITIALIZED: "true"}}})


def initialized(node: Obj) -> bool:
    """Whether it was Ready once; until then pods are expected on it, taints or not."""
    return INITIALIZED in node["metadata"]["labels"]


def finish(view: View, cloud: CloudPort, now: datetime) -> None:
    """Go on with the claims that were deleted, and forget those whose machine is gone."""
    machines = {each.id: each for each in cloud.loose()}
    for claim in view.all(CLAIMS):
        machine = machines.get(instance_id({"spec": claim.get("status") or {}}))
        if machine is None:
            _forget(view, claim)
        elif machine.interrupted_at is not None and not leaving(claim):
            view.delete(CLAIMS, claim)
        elif leaving(claim) and machine.state != "Terminating":
            node = view.get("nodes", (claim.get("status") or {}).get("nodeName", ""))
            if node is None or _drained(view, node, now):
                cloud.end(machine.id)


def leaving(claim: Obj) -> bool:
    """Whether it was deleted."""
    return "deletionTimestamp" in claim["metadata"]


def _forget(view: View, claim: Obj) -> None:
    view.patch(CLAIMS, claim, {"metadata": {"finalizers": None}})
    known = view.get(CLAIMS, claim["metadata"]["name"])
    if known is not None and view.cluster.get(CLAIMS, claim["metadata"]["name"]) is not None:
        view.delete(CLAIMS, known)


def _drained(view: View, node: Obj, now: datetime) -> bool:
    """Keep new pods off, evict what budgets allow now; whether nothing is left."""
    taints.add(view, node, DISRUPTED, "NoSchedule", now)
    return evict(view, node["metadata"]["name"])
