"""Where requests go and what becomes of them, as arithmetic on requests a second."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sopctl.sandbox.world.demand import Name


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The endpoints of one zone that an EndpointSlice calls ready; `alive` of them answer."""

    listed: int
    alive: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """Requests a second of one hop. `load` is the used share of what its pods can serve.

    `served` is by the zone of the pod: the calls that follow start there.
    """

    offered: float
    served: Mapping[str, float]
    load: float

    @property
    def good(self) -> float:
        """The share of the requests that was served; all of none."""
        return sum(self.served.values()) / self.offered if self.offered else 1.0


def enter(rps: float, zones: Collection[str], closed: Collection[str]) -> dict[str, float]:
    """Spread clients over the zonal addresses of a load balancer, as DNS does.

    Closed zones left DNS. When all are closed DNS answers with all of them (fail open).
    Source: Elastic Load Balancing user guide, "Target group health" (DNS failover).
    """
    opened = [zone for zone in zones if zone not in closed] or list(zones)
    return {zone: rps / len(opened) for zone in opened}


def spread(
    entry: Mapping[str, float],
    endpoints: Mapping[str, Endpoints],
    *,
    crossing: bool,
    strict: bool,
) -> dict[str, float]:
    """Return what the listed endpoints of each zone receive of what entered in each zone.

    Crossing zones, every listed endpoint gets the same share. Without, a zone's requests stay in
    it; when it has no endpoint they are lost (`strict`, a load balancer) or go anywhere
    (kube-proxy with `trafficDistribution`).
    """
    received = dict.fromkeys(endpoints, 0.0)
    everywhere = 0.0
    for zone, rps in entry.items():
        here = endpoints.get(zone)
        if not crossing and here is not None and here.listed:
            received[zone] += rps
        elif crossing or not strict:
            everywhere += rps
    total = sum(each.listed for each in endpoints.values())
    if total:
        for zone, each in endpoints.items():
            received[zone] += everywhere * each.listed / total
    return received


def serve(
    offered: float,
    received: Mapping[str, float],
    endpoints: Mapping[str, Endpoints],
    losses: Mapping[str, float],
    pod_rps: float,
) -> Flow:
    """Let pods answer what they received, up to `pod_rps` each; a dead endpoint loses its share.

    `losses` is the share that a zone in a gray failure loses of what it answers.
    """
    served: dict[str, float] = {}
    busy = room = 0.0
    for zone, each in endpoints.items():
        if not each.alive:
            continue
        capacity = each.alive * pod_rps
        taken = min(received.get(zone, 0.0) * each.alive / each.listed, capacity)
        busy, room = busy + taken, room + capacity
        served[zone] = taken * (1 - losses.get(zone, 0.0))
    return Flow(offered=offered, served=served, load=busy / room if room else 0.0)


def downstream(calls: Mapping[Name, Iterable[Name]]) -> list[Name]:
    """Return the callers before whom they call; of a circle the call that closes it is left out."""
    order: list[Name] = []
    seen: set[Name] = set()

    def visit(name: Name) -> None:
        seen.add(name)
        for callee in calls[name]:
            if callee in calls and callee not in seen:
                visit(callee)
        order.append(name)

    for name in calls:
        if name not in seen:
            visit(name)
    order.reverse()
    return order


def wholly(
    order: Sequence[Name], calls: Mapping[Name, Iterable[Name]], flows: Mapping[Name, Flow]
) -> dict[Name, float]:
    """Return the share of each workload's requests that it and all whom it calls answer."""
    good: dict[Name, float] = {}
    for name in reversed(order):
        share = flows[name].good
        for callee in calls[name]:
            share *= good.get(callee, 1.0)
        good[name] = share
    return good
