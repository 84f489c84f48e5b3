"""The traffic of the world: who is asked how often, how much of it is served and how much lost.

`demand` says what workloads state, `routing` how a hop is served; this module keeps the account.
Rates are computed anew within `PERIOD` of a change (at once when a zone fails or heals) and hold
until then. A request lost at a callee is lost for its caller's client too: the overall figures
are of requests from outside, answered wholly or lost; those of a workload are of its own hop.
Simplified: nothing retries, latency does not exist, and a Service selects one workload.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sopctl.sandbox.world.clock import WorldClock
from sopctl.sandbox.world.demand import Name
from sopctl.sandbox.world.outages import Outages
from sopctl.sandbox.world.ports import CloudPort, Obj, shifts_of
from sopctl.sandbox.world.routing import Endpoints, Flow, downstream, enter, wholly
from sopctl.sandbox.world.stops import WORKLOADS, Stop, hop, stops_of
from sopctl.sandbox.world.times import earliest
from sopctl.sandbox.world.view import View

PERIOD = timedelta(seconds=5)
# Route 53 takes a zonal address out after three failed checks ten seconds apart, and clients
# believe an answer for its time to live of a minute (ELB user guide, "DNS failover").
DNS_LAG = timedelta(seconds=90)
_ZONES_READ = timedelta(minutes=5)
_WATCHED = (*WORKLOADS, "services", "endpointslices")


@dataclass(frozen=True, slots=True)
class Total:
    """Numbers of requests since the world began; what was not served was lost."""

    offered: float
    served: float

    @property
    def lost(self) -> float:
        """Requests that were not served."""
        return self.offered - self.served


_NOTHING = Total(0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Totals:
    """All requests from outside, and those of each workload's own hop by `namespace/name`."""

    at: datetime
    offered: float
    served: float
    workloads: Mapping[str, Total]

    @property
    def lost(self) -> float:
        """Requests from outside that were not answered."""
        return self.offered - self.served


class Traffic:
    """Sends requests and counts them. Costs nothing while no workload states traffic."""

    def __init__(self, cloud: CloudPort, outages: Outages, clock: WorldClock) -> None:
        """Begin to count now."""
        self._cloud = cloud
        self._outages = outages
        self._clock = clock
        self._at = clock.now()
        self._due: datetime | None = None
        self._seen: tuple[object, ...] | None = None
        self._zones: tuple[datetime, tuple[str, ...]] | None = None
        self._lists: dict[str, tuple[str, tuple[tuple[str, str, int], ...]]] = {}
        self._empty: dict[tuple[str, str], datetime] = {}
        self._wake: datetime | None = None
        self._shares: dict[Name | None, float] = {}
        self._loads: dict[Name, float] = {}
        self._rates: dict[Name, Total] = {}  # a second
        self._rate = self._sum = _NOTHING
        self._sums: dict[Name, Total] = {}

    def reconcile(self, view: View, now: datetime) -> datetime | None:
        """Compute the rates again when something changed; return when to look again."""
        if self._due is not None and now < self._due:
            return self._due
        shifts = shifts_of(self._cloud)
        seen = (*(view.version(each) for each in _WATCHED), shifts)
        if seen != self._seen or (self._wake is not None and self._wake <= now):
            self._seen = seen
            self._account(now)
            self._wake = None
            self._send(view, dict(shifts), now)
        self._due = now + PERIOD
        return self._due

    def rouse(self) -> None:
        """Something failed or healed that no object shows yet."""
        self._due = self._seen = None

    def scale(self, share: float, workloads: Iterable[Name] = ()) -> None:
        """Have *share* of the stated requests come from outside; for all workloads, or for some.

        What was said of single workloads is forgotten when all are meant.
        """
        chosen = tuple(workloads)
        if not chosen:
            self._shares.clear()
        self._shares |= dict.fromkeys(chosen or (None,), share)
        self.rouse()

    def begin(self) -> None:
        """Count from now on: what was before is forgotten."""
        self._at = self._clock.now()
        self._sum = _NOTHING
        self._sums.clear()

    def totals(self) -> Totals:
        """Return what was offered and served until now, by the world's clock.

        Whoever asks while the world runs in another thread holds the cluster's lock.
        """
        now = self._clock.now()
        past = (now - self._at).total_seconds()
        whole = _more(self._sum, self._rate, past)
        return Totals(
            at=now,
            offered=whole.offered,
            served=whole.served,
            workloads={
                "/".join(name): _more(
                    self._sums.get(name, _NOTHING), self._rates.get(name, _NOTHING), past
                )
                for name in sorted({*self._sums, *self._rates})
            },
        )

    def load(self, namespace: str, name: str) -> float | None:
        """Return the share of its pods' capacity that a workload uses; None without traffic."""
        return self._loads.get((namespace, name))

    def answers(self, node: str, zone: str) -> bool:
        """Whether anything is heard of what runs on a node."""
        return self._outages.answers(node, zone)

    def _account(self, now: datetime) -> None:
        """Count what the rates so far have brought."""
        past = (now - self._at).total_seconds()
        self._at = now
        self._sum = _more(self._sum, self._rate, past)
        for name, rate in self._rates.items():
            self._sums[name] = _more(self._sums.get(name, _NOTHING), rate, past)

    def _send(self, view: View, shifts: Mapping[str, frozenset[str]], now: datetime) -> None:
        """Follow the requests from the outermost workload to the last one that is called."""
        stops = {name: self._scaled(name, stop) for name, stop in stops_of(view).items()}
        calls = {name: [each for each, _ in stop.demand.calls] for name, stop in stops.items()}
        order = downstream(calls)
        losses = {each.zone: each.loss for each in self._outages.zones if each.gray}
        inside: dict[Name, dict[str, float]] = {name: defaultdict(float) for name in order}
        flows: dict[Name, Flow] = {}
        for name in order:
            stop = stops[name]
            endpoints = self._endpoints(view, stop.service)
            outside = self._entrance(stop, endpoints, shifts, now)
            left = frozenset(_shifted(stop.manner.balancer, shifts))
            flows[name] = hop(stop, outside, inside[name], endpoints, losses, left)
            for callee, times in stop.demand.calls:
                if callee in inside:
                    for zone, rps in flows[name].served.items():
                        inside[callee][zone] += rps * times
        good = wholly(order, calls, flows)
        self._loads = {name: flow.load for name, flow in flows.items()}
        self._rates = {name: _rate(flow) for name, flow in flows.items()}
        self._rate = Total(
            sum(stops[name].demand.rps for name in order),
            sum(stops[name].demand.rps * good[name] for name in order),
        )

    def _scaled(self, name: Name, stop: Stop) -> Stop:
        share = self._shares.get(name, self._shares.get(None, 1.0))
        if share == 1.0:
            return stop
        return replace(stop, demand=replace(stop.demand, rps=stop.demand.rps * share))

    def _entrance(
        self,
        stop: Stop,
        endpoints: Mapping[str, Endpoints],
        shifts: Mapping[str, frozenset[str]],
        now: datetime,
    ) -> dict[str, float]:
        """Return what a load balancer lets in, by zone; a dead zone's address lets nothing in.

        An address leaves DNS some time after its zone failed or, when the balancer does not
        cross zones, after its zone has no endpoint; at once when the balancer is shifted away.
        """
        if not stop.demand.rps:
            return {}
        closed = set(_shifted(stop.manner.balancer, shifts))
        down = {each.zone: each.since for each in self._outages.zones if not each.gray}
        zones = self._balanced(now)
        for zone in zones:
            here = endpoints.get(zone)
            empty = not stop.manner.cross_zone and (here is None or not here.listed)
            since = down.get(zone) or self._empty_since(stop.service, zone, now, empty=empty)
            if since is None:
                continue
            if since + DNS_LAG <= now:
                closed.add(zone)
            else:
                self._wake = earliest(self._wake, since + DNS_LAG)
        entering = enter(stop.demand.rps, zones, closed)
        return {zone: rps for zone, rps in entering.items() if zone not in down}

    def _empty_since(
        self, service: str, zone: str, now: datetime, *, empty: bool
    ) -> datetime | None:
        if not empty:
            self._empty.pop((service, zone), None)
            return None
        return self._empty.setdefault((service, zone), now)

    def _balanced(self, now: datetime) -> tuple[str, ...]:
        """Return the zones that load balancers are enabled in: those of groups and nodes."""
        if self._zones is None or now - self._zones[0] >= _ZONES_READ:
            found = {zone for group in self._cloud.groups() for zone in group.zones}
            found |= {each.zone for each in self._cloud.loose()}
            self._zones = (now, tuple(sorted(found)))
        return self._zones[1]

    def _endpoints(self, view: View, service: str) -> dict[str, Endpoints]:
        """Count the ready endpoints of a Service by zone, and those of them that answer."""
        listed: Counter[str] = Counter()
        alive: Counter[str] = Counter()
        for each in view.owned("endpointslices", service):
            for zone, node, number in self._listed(each):
                listed[zone] += number
                alive[zone] += number if self._outages.answers(node, zone) else 0
        return {zone: Endpoints(number, alive[zone]) for zone, number in listed.items()}

    def _listed(self, found: Obj) -> tuple[tuple[str, str, int], ...]:
        """Return (zone, node, ready endpoints) of a slice, read once a version."""
        metadata = found["metadata"]
        known = self._lists.get(metadata["uid"])
        if known is None or known[0] != metadata["resourceVersion"]:
            numbers: Counter[tuple[str, str]] = Counter()
            for each in found.get("endpoints") or ():
                if (each.get("conditions") or {}).get("ready"):
                    numbers[each.get("zone") or "", each.get("nodeName") or ""] += 1
            counted = tuple((zone, node, number) for (zone, node), number in numbers.items())
            known = self._lists[metadata["uid"]] = (metadata["resourceVersion"], counted)
        return known[1]


def _shifted(balancer: str, shifts: Mapping[str, frozenset[str]]) -> Iterable[str]:
    """Return the zones that a load balancer, known by its name, is shifted away from."""
    if balancer:
        for arn, zones in shifts.items():
            if f"/{balancer}/" in arn:
                yield from zones


def _more(total: Total, rate: Total, seconds: float) -> Total:
    return Total(total.offered + rate.offered * seconds, total.served + rate.served * seconds)


def _rate(flow: Flow) -> Total:
    return Total(flow.offered, sum(flow.served.values()))
