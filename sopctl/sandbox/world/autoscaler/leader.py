"""Leader election: which pod of the autoscaler works, by the Lease `cluster-autoscaler`."""

from __future__ import annotations

from datetime import datetime, timedelta

from sopctl.sandbox.world import pods
from sopctl.sandbox.world.autoscaler.settings import is_autoscaler
from sopctl.sandbox.world.outages import Outages
from sopctl.sandbox.world.ports import Obj
from sopctl.sandbox.world.times import micro_stamp, moment
from sopctl.sandbox.world.view import View

LEASE = "cluster-autoscaler"
_OURS = "runs the autoscaler"
DURATION = timedelta(seconds=15)  # --leader-elect-lease-duration


def elect(view: View, outages: Outages, now: datetime) -> Obj | None:
    """Return the leading pod, whose Lease is renewed; None while nobody may lead.

    A candidate takes over when the holder's Lease has run out, as client-go does it.
    """
    ready = _ready_pods(view, outages)
    if not ready:
        return None
    lease = view.get("leases", LEASE, ready[0]["metadata"]["namespace"])
    holder = (lease or {}).get("spec", {}).get("holderIdentity") or ""
    leader = next((each for each in ready if each["metadata"]["name"] == holder), None)
    if leader is None and lease is not None and holder and not _expired(lease, now):
        return None
    chosen = leader or ready[0]
    _hold(view, lease, chosen, now)
    return chosen


def _ready_pods(view: View, outages: Outages) -> list[Obj]:
    """Return the pods that run: a process on a dead node does nothing that anybody sees."""
    found = []
    for deployment in view.lookup("deployments", "autoscaler", _autoscalers, _OURS):
        for replica_set in view.owned("replicasets", deployment["metadata"]["uid"]):
            for pod in view.owned("pods", replica_set["metadata"]["uid"]):
                node = view.get("nodes", pods.node_name(pod))
                dead = node is None or outages.dead_since(node) is not None
                if pods.is_ready(pod) and not pods.is_terminating(pod) and not dead:
                    found.append(pod)
    return sorted(found, key=lambda pod: str(pod["metadata"]["name"]))


def _autoscalers(deployment: Obj) -> tuple[str, ...]:
    return (_OURS,) if is_autoscaler(deployment) else ()


def _expired(lease: Obj, now: datetime) -> bool:
    renewed = lease["spec"].get("renewTime")
    return renewed is None or moment(renewed) + DURATION <= now


def _hold(view: View, lease: Obj | None, pod: Obj, now: datetime) -> None:
    name, namespace = pod["metadata"]["name"], pod["metadata"]["namespace"]
    fresh = {"holderIdentity": name, "renewTime": micro_stamp(now)}
    if lease is None:
        spec = {
            **fresh,
            "acquireTime": micro_stamp(now),
            "leaseDurationSeconds": int(DURATION.total_seconds()),
            "leaseTransitions": 0,
        }
        metadata = {"name": LEASE, "namespace": namespace}
        view.create(
            "leases",
            {
                "apiVersion": "coordination.k8s.io/v1",
                "kind": "Lease",
                "metadata": metadata,
                "spec": spec,
            },
        )
        return
    if lease["spec"].get("holderIdentity") != name:
        transitions = (lease["spec"].get("leaseTransitions") or 0) + 1
        fresh |= {"acquireTime": micro_stamp(now), "leaseTransitions": transitions}
    view.patch("leases", lease, {"spec": fresh})
