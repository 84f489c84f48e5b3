"""The stops of a request: workloads that state traffic, each behind its Service."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sopctl.sandbox.world.demand import Demand, Manner, Name, demand, manner
from sopctl.sandbox.world.routing import Endpoints, Flow, serve, spread
from sopctl.sandbox.world.selecting import selecting
from sopctl.sandbox.world.view import View

WORKLOADS = ("deployments", "statefulsets")


@dataclass(frozen=True, slots=True)
class Stop:
    """A workload with its Service, known by its uid."""

    demand: Demand
    manner: Manner
    service: str


def hop(
    stop: Stop,
    outside: Mapping[str, float],
    inside: Mapping[str, float],
    endpoints: Mapping[str, Endpoints],
    losses: Mapping[str, float],
    left: Collection[str] = (),
) -> Flow:
    """Serve what came through the load balancer and what was called inside the cluster.

    A balancer that was shifted away from the zones *left* sends nothing to targets there either,
    unless it has no others. Source: ARC developer guide, "Network Load Balancers" and "Application
    Load Balancers" in "Supported resources".
    """
    targets = {zone: each for zone, each in endpoints.items() if zone not in left} or endpoints
    came = spread(outside, targets, crossing=stop.manner.cross_zone, strict=True)
    called = spread(inside, endpoints, crossing=not stop.manner.close, strict=False)
    received = {zone: came.get(zone, 0.0) + called[zone] for zone in endpoints}
    offered = stop.demand.rps + sum(inside.values())
    return serve(offered, received, endpoints, losses, stop.demand.pod_rps)


def stops_of(view: View) -> dict[Name, Stop]:
    """Return the workloads with traffic and the first Service that selects their pods."""
    found: dict[Name, Stop] = {}
    for resource in WORKLOADS:
        for workload in view.all(resource):
            wanted = demand(workload)
            if wanted is None:
                continue
            metadata = workload["metadata"]
            template = workload["spec"]["template"].get("metadata") or {}
            labels = template.get("labels") or {}
            services = selecting(view, "services", metadata["namespace"], labels)
            if services:
                service = services[0]
                name = (metadata["namespace"], metadata["name"])
                found[name] = Stop(wanted, manner(service), service["metadata"]["uid"])
    return found
