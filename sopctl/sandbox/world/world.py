"""The world: one clock, one view, and everything that acts on its own."""

from __future__ import annotations

import gc
import threading
from datetime import datetime
from typing import Protocol

from sopctl.sandbox.world import events
from sopctl.sandbox.world.autoscaler.autoscaler import ClusterAutoscaler
from sopctl.sandbox.world.clock import WorldClock
from sopctl.sandbox.world.controllers import (
    budgets,
    daemonsets,
    deployments,
    endpoints,
    garbage,
    jobs,
    replicasets,
    statefulsets,
)
from sopctl.sandbox.world.controllers.hpas import Autoscaling
from sopctl.sandbox.world.controllers.kubelet import STARTS_IN, Kubelet
from sopctl.sandbox.world.controllers.loop import RETRY
from sopctl.sandbox.world.controllers.nodes import NodeLifecycle
from sopctl.sandbox.world.machines.machines import Machines
from sopctl.sandbox.world.outages import Outage, Outages
from sopctl.sandbox.world.ports import ApiError, CloudPort, ClusterPort
from sopctl.sandbox.world.scheduling.scheduler import Scheduler
from sopctl.sandbox.world.seed.plant import Planter, plant
from sopctl.sandbox.world.view import View


class Controller(Protocol):
    """Brings the cluster one step nearer to its spec."""

    def reconcile(self, view: View, now: datetime) -> datetime | None:
        """Act once; return when to act again even if nothing changes, or None."""


class _Part:
    """A controller with its reasons to act: what it watches, and when it asked to be woken."""

    def __init__(self, controller: Controller, *watched: str) -> None:
        self._controller = controller
        self._watched = watched
        self._seen: tuple[int, ...] | None = None
        self._wake: datetime | None = None

    def act(self, view: View, now: datetime) -> None:
        """Reconcile if there is a reason; own writes are a reason to look once more."""
        versions = tuple(view.version(each) for each in self._watched)
        if versions == self._seen and (self._wake is None or now < self._wake):
            return
        self._seen = versions
        try:
            self._wake = self._controller.reconcile(view, now)
        except ApiError:
            self._wake = now + RETRY  # refused: every controller tries again
        if view.spent:
            self.rouse()

    def rouse(self) -> None:
        """Give a reason that no object shows, such as a failed zone."""
        self._seen = None


PAUSE = 0.05  # real seconds between two rounds
STRIDE = 5.0  # world seconds between two rounds of a world that is led by hand
WRITES = 25  # of one controller in one round, while clients wait for the lock
_SETTLING = 4  # times a pod starts until the last one of an ordered StatefulSet is ready


class World:
    """Everything in the sandbox that moves by itself."""

    def __init__(self, cluster: ClusterPort, cloud: CloudPort, clock: WorldClock) -> None:
        """Join a cluster and a cloud to one world."""
        self.cluster = cluster
        self.cloud = cloud
        self.clock = clock
        self.outages = Outages()
        self._view = View(cluster)
        self._writes: int | None = WRITES
        self._machines = Machines(cloud, self.outages)
        self._parts = (
            _Part(self._machines, "nodes"),
            _Part(garbage, *garbage.WATCHED),
            _Part(NodeLifecycle(self.outages), "nodes", "pods"),
            _Part(Autoscaling()),
            _Part(deployments, "deployments", "replicasets"),
            _Part(replicasets, "replicasets", "pods"),
            _Part(statefulsets, "statefulsets", "pods"),
            _Part(daemonsets, "daemonsets", "nodes", "pods"),
            _Part(jobs, "jobs", "pods"),
            _Part(Scheduler(), "pods", "nodes"),
            _Part(Kubelet(self.outages), "pods", "nodes"),
            _Part(budgets, "poddisruptionbudgets", "pods", "replicasets"),
            _Part(endpoints, "services", "pods", "nodes"),
            _Part(ClusterAutoscaler(cloud, self.outages)),
            _Part(events),
        )
        self._stopped = threading.Event()
        cloud.launchable = self.outages.launchable

    def seed(self, planter: Planter = plant) -> None:
        """Plant the first inhabitants and let them settle: all Ready, every zone balanced."""
        with self.cluster.lock:
            self._writes = None  # nobody waits yet
            planter(self.cluster, self.cloud)
            self._view.refresh()
            self._machines.register_all(self._view, self.clock.now())
            for _ in range(_SETTLING):
                self.settle()
                self.clock.advance(STARTS_IN.total_seconds())
            self.settle()
            self._writes = WRITES

    def settle(self) -> None:
        """Tick until a round writes nothing."""
        while self.tick():
            pass

    def tick(self) -> bool:
        """Let every controller act that has a reason to; return whether anything was written."""
        now = self.clock.now()
        before = self.cluster.revision
        for part in self._parts:
            with self.cluster.lock:  # briefly: clients are served between two controllers
                self._view.refresh()
                self._view.allow(self._writes)
                part.act(self._view, now)
        return self.cluster.revision != before

    def advance(self, seconds: float) -> None:
        """Let a world whose clock is stopped go on, a few seconds at a time."""
        left = seconds
        while left > 0:
            self.clock.advance(min(left, STRIDE))
            left -= STRIDE
            self.tick()

    def run(self) -> None:
        """Tick until `stop`, in the calling thread."""
        # What was seeded stays: looking through it halts the API for a tenth of a second.
        gc.collect()
        gc.freeze()
        while not self._stopped.is_set():
            self.tick()
            self._stopped.wait(PAUSE)

    def stop(self) -> None:
        """Let `run` return after its round."""
        self._stopped.set()

    def fail_zone(self, name: str, *, gray: bool = False) -> None:
        """Let a zone fail: its instances are impaired and nothing can be launched there.

        In a gray failure the nodes stay Ready and the instances healthy; only launches fail.
        """
        self._require(name)
        with self.cluster.lock:  # between two controllers, so that none misses it
            self.outages.fail(Outage(zone=name, since=self.clock.now(), gray=gray))
            if not gray:
                self.cloud.fail_instances(name)
            self._rouse()

    def heal_zone(self, name: str) -> None:
        """End the failure of a zone."""
        self._require(name)
        with self.cluster.lock:
            self.outages.heal(name)
            self.cloud.heal_instances(name)
            self._rouse()

    def fail_node(self, name: str) -> None:
        """Let one node fall silent; its instance stays healthy for EC2 (a kubelet that hangs)."""
        if self.cluster.get("nodes", name) is None:
            raise ValueError(f"unknown node {name!r}")
        with self.cluster.lock:
            self.outages.silence(name, self.clock.now())
            self._rouse()

    def heal_node(self, name: str) -> None:
        """Let a silent node be heard again."""
        with self.cluster.lock:
            self.outages.revive(name)
            self._rouse()

    def _rouse(self) -> None:
        for part in self._parts:
            part.rouse()

    def _require(self, zone: str) -> None:
        names = sorted(each.name for each in self.cloud.zones)
        if zone not in names:
            raise ValueError(f"unknown zone {zone!r}: there are {', '.join(names)}")
