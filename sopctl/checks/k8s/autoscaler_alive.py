"""``k8s.autoscaler.alive``: the cluster autoscaler has a leader that works, outside the zone.

Its leader renews a Lease every few seconds, and writes its status at the end of every loop. A
leader on a node that fails keeps the Lease until it runs out; a loop that hangs keeps renewing it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from sopctl.core.check import Check, Verdict
from sopctl.core.clock import parse_stamp
from sopctl.core.errors import NotFoundError, RefusedError
from sopctl.facts import autoscaler_status
from sopctl.facts.autoscaler import Autoscaler
from sopctl.facts.objects import node, pod
from sopctl.facts.world import World

RENEWED = timedelta(seconds=60)  # four times the duration of its Lease


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*zone*: a name or id in which the leader must not be; *fresh*: seconds of its status."""

    zone: str = ""
    fresh: float = 180.0


def look(world: World, params: Params) -> Verdict:
    try:
        autoscaler = world.facts.autoscaler()
    except RefusedError as error:
        return Verdict(holds=False, detail=error.summary)
    wrong = (
        *_stale_leader(world, autoscaler),
        *_stale_status(world, autoscaler, params),
        *_misplaced(world, autoscaler, params),
    )
    name = f"{autoscaler.namespace}/{autoscaler.name}"
    if wrong:
        return Verdict(holds=False, detail=f"{name}: {wrong[0]}", rows=wrong)
    return Verdict(holds=True, detail=f"{name} has a leader and went through a loop lately")


def _lease(world: World, autoscaler: Autoscaler) -> tuple[str, str]:
    """(holder, when it was renewed) of the leader's Lease; empty where there is none."""
    name = autoscaler.flags.get("leader-elect-resource-name", "cluster-autoscaler")
    path = f"/apis/coordination.k8s.io/v1/namespaces/{autoscaler.status_namespace}/leases/{name}"
    try:
        spec = world.k8s.get(path).get("spec") or {}
    except NotFoundError:
        return "", ""
    return spec.get("holderIdentity") or "", spec.get("renewTime") or ""


def _stale_leader(world: World, autoscaler: Autoscaler) -> Iterator[str]:
    if autoscaler.flags.get("leader-elect", "true") != "true":
        return
    holder, renewed = _lease(world, autoscaler)
    if not holder or not renewed:
        yield "nobody holds the Lease of its leader"
        return
    age = world.k8s.clock.now() - parse_stamp(renewed)
    if age > RENEWED:
        yield f"its leader {holder} last renewed the Lease {age.total_seconds():.0f} s ago"


def _stale_status(world: World, autoscaler: Autoscaler, params: Params) -> Iterator[str]:
    if not autoscaler.status:
        return
    status = autoscaler_status.read(world.k8s, autoscaler)
    if status is None or status.updated is None:
        yield "it has not written a status yet"
        return
    age = (world.k8s.clock.now() - status.updated).total_seconds()
    if age > params.fresh:
        yield f"it last went through a loop {age:.0f} s ago"


def _misplaced(world: World, autoscaler: Autoscaler, params: Params) -> Iterator[str]:
    holder, _ = _lease(world, autoscaler) if params.zone else ("", "")
    if not holder:
        return
    nodes = {each.name: each for each in world.k8s.each("/api/v1/nodes", node.read)}
    zone = node.zone_name(params.zone, nodes.values(), lambda: world.facts.zone(params.zone).name)
    path = f"/api/v1/namespaces/{autoscaler.namespace}/pods/{holder}"
    try:
        leader = pod.read(world.k8s.get(path))
    except NotFoundError:
        yield f"its leader {holder} is gone"
        return
    where = nodes.get(leader.node)
    if where is not None and where.zone == zone:
        yield f"its leader {holder} is in {zone}"


CHECK: Check[Params] = Check(
    id="k8s.autoscaler.alive",
    summary="The cluster autoscaler has a leader that works, outside the zone.",
    params=Params,
    look=look,
    permissions=(
        "k8s:list deployments.apps",
        "k8s:get leases.coordination.k8s.io cluster-autoscaler",
        "k8s:get configmaps cluster-autoscaler-status",
    ),
    only_with={
        "zone": ("k8s:list nodes", "k8s:get pods", "ec2:DescribeAvailabilityZones"),
    },
)
