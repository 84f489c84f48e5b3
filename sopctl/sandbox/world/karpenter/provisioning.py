"""Which node a waiting pod gets: the heaviest pool, the cheapest offer that takes it.

With PREFERENCE_POLICY=Respect, the default, soft spread counts as hard at first, and is given up
for a pod that no offer would take. What EC2 refused is not tried again for three minutes.
Source: karpenter.sh, "Scheduling", Preferences; pkg/controllers/provisioning/scheduling.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count

from sopctl.sandbox.world.autoscaler.template import seated
from sopctl.sandbox.world.karpenter import claims
from sopctl.sandbox.world.karpenter.pools import CLAIMS, NODEPOOL, Pool, labels_of
from sopctl.sandbox.world.machines.machines import instance_id
from sopctl.sandbox.world.machines.shapes import allocatable, shape
from sopctl.sandbox.world.ports import CloudPort, LaunchOrder, Obj
from sopctl.sandbox.world.scheduling.filters import Filter
from sopctl.sandbox.world.scheduling.quantities import Amount, amount
from sopctl.sandbox.world.scheduling.snapshot import Seat, Snapshot
from sopctl.sandbox.world.scheduling.subject import Place, Subject
from sopctl.sandbox.world.view import View

REFUSED_FOR = timedelta(minutes=3)
_HOSTNAME = "kubernetes.io/hostname"


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What pods are placed against: *closed* are zones in which nothing may be launched."""

    view: View
    pools: Sequence[Pool]
    snapshot: Snapshot
    daemons: Sequence[Obj]
    closed: frozenset[str]
    now: datetime


@dataclass(slots=True)
class Provisioner:
    """Launches for waiting pods; remembers what EC2 had none of."""

    cloud: CloudPort
    refused: dict[LaunchOrder, datetime] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=count)

    def provide(self, waiting: Iterable[Subject], this: Round) -> None:
        """Find a place for each pod: a node that is there or on its way, or a new one."""
        for seat in (*_upcoming(this.view, this.daemons), *self._domains(this)):
            this.snapshot.add(seat)
        for pod in waiting:
            strict = replace(pod, hard=(*pod.hard, *pod.soft), soft=())
            for wish in (strict, pod) if pod.soft else (pod,):
                if self._placed(wish, this):
                    break

    def _domains(self, this: Round) -> Iterator[Seat]:
        """A node without room for each zone of each pool: zones count before a node is there.

        Source: pkg/controllers/provisioning/scheduling/topology.go, countDomains and the domains of
        NodePools.
        """
        zones = [zone.name for zone in self.cloud.zones]
        for pool in this.pools:
            for order in {each.zone: each for each in pool.offers(zones)}.values():
                place = _place(pool, order, f"{pool.name} in {order.zone}")
                yield Seat(replace(place, capacity=Amount()))

    def _placed(self, pod: Subject, this: Round) -> bool:
        here = Filter(pod, this.snapshot)
        known = next((seat for seat in this.snapshot.seats.values() if here.takes(seat)), None)
        if known is not None:
            this.snapshot.bind(pod, known.place.name)
            return True
        for pool in this.pools:
            for order in self._open(pool, this):
                seat = seated(_place(pool, order, f"new-{next(self.numbers)}"), this.daemons)
                this.snapshot.add(seat)
                if Filter(pod, this.snapshot).takes(seat) and self._launched(pool, order, this):
                    this.snapshot.bind(pod, seat.place.name)
                    return True
                this.snapshot.drop(seat.place.name)
        return False

    def _open(self, pool: Pool, this: Round) -> Iterator[LaunchOrder]:
        """What the pool may launch now, within its limit and where there may be some."""
        zones = sorted(zone.name for zone in self.cloud.zones if zone.name not in this.closed)
        used = sum(shape(_type(claim)).cpus for claim in claims_of(this.view, pool))
        for order in pool.offers(zones):
            if pool.cpus is not None and used + shape(order.type).cpus > pool.cpus:
                continue
            if this.now - self.refused.get(order, this.now - REFUSED_FOR) >= REFUSED_FOR:
                yield order

    def _launched(self, pool: Pool, order: LaunchOrder, this: Round) -> bool:
        tags = {NODEPOOL: pool.name, "karpenter.sh/discovery": "sandbox"}
        machine = self.cloud.launch(replace(order, tags=tags))
        if machine is None:
            self.refused[order] = this.now
            return False
        claim = claims.made(pool, order, machine)
        created = this.view.create(CLAIMS, claim)
        this.view.set_status(CLAIMS, created, claim["status"])
        return True


def claims_of(view: View, pool: Pool) -> list[Obj]:
    """The claims of a pool."""
    return [e for e in view.all(CLAIMS) if e["metadata"]["labels"].get(NODEPOOL) == pool.name]


def _type(claim: Obj) -> str:
    return str(claim["metadata"]["labels"]["node.kubernetes.io/instance-type"])


def _upcoming(view: View, daemons: Sequence[Obj]) -> Iterator[Seat]:
    """The nodes of claims that have not registered or not started yet, as they will be."""
    for claim in view.all(CLAIMS):
        status = claim.get("status") or {}
        node = view.get("nodes", status.get("nodeName", ""))
        if not claims.leaving(claim) and (node is None or not claims.initialized(node)):
            name = status.get("nodeName") or instance_id({"spec": status})
            labels = {**claim["metadata"]["labels"], _HOSTNAME: name}
            taints = tuple(claim["spec"].get("taints") or ())
            yield seated(_at(name, labels, taints, _type(claim)), daemons)


def _place(pool: Pool, order: LaunchOrder, name: str) -> Place:
    labels = {**pool.labels, **labels_of(order), NODEPOOL: pool.name, _HOSTNAME: name}
    return _at(name, labels, pool.taints, order.type)


def _at(name: str, labels: dict[str, str], taints: tuple[Obj, ...], kind: str) -> Place:
    return Place(
        name=name,
        labels=labels,
        taints=taints,
        unschedulable=False,
        capacity=amount(allocatable(kind)),
    )
