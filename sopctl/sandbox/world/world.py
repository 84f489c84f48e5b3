"""The world: one clock, one view, and everything that acts on its own."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from sopctl.sandbox.world import events
from sopctl.sandbox.world.addons.proportional import Proportional
from sopctl.sandbox.world.addons.termination import TerminationHandler
from sopctl.sandbox.world.autoscaler.autoscaler import ClusterAutoscaler
from sopctl.sandbox.world.clock import WorldClock
from sopctl.sandbox.world.controllers import (
    budgets,
    daemonsets,
    deployments,
    jobs,
    replicasets,
    statefulsets,
)
from sopctl.sandbox.world.controllers.cluster_shift import ClusterShift
from sopctl.sandbox.world.controllers.endpoints import Slices
from sopctl.sandbox.world.controllers.garbage import WATCHED, Garbage
from sopctl.sandbox.world.controllers.hpas import Autoscaling
from sopctl.sandbox.world.controllers.kubelet import STARTS_IN, Kubelet
from sopctl.sandbox.world.controllers.loop import RETRY, Queue
from sopctl.sandbox.world.controllers.nodes import NodeLifecycle
from sopctl.sandbox.world.karpenter.karpenter import Karpenter
from sopctl.sandbox.world.machines.machines import Machines
from sopctl.sandbox.world.outages import Outage, Outages
from sopctl.sandbox.world.ports import ApiError, CloudPort, ClusterPort
from sopctl.sandbox.world.scheduling.scheduler import Scheduler
from sopctl.sandbox.world.seed.plant import Planter, plant
from sopctl.sandbox.world.traffic import Traffic
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
WRITES = 100  # of one controller in one round, while clients wait for the lock
GRAY_LOSS = 0.3  # share of its requests that a zone in a gray failure loses
_SETTLING = 4  # times a pod starts until the last one of an ordered StatefulSet is ready


class World:
    """Everything in the sandbox that moves by itself."""

    def __init__(
        self, cluster: ClusterPort, cloud: CloudPort, clock: WorldClock, version: str = "1.36"
    ) -> None:
        """Join a cluster and a cloud to one world; *version* is what its kubelets report."""
        self.cluster = cluster
        self.cloud = cloud
        self.clock = clock
        self.outages = Outages()
        self.traffic = Traffic(cloud, self.outages, clock)
        self._view = View(cluster)
        self._writes: int | None = WRITES
        self._machines = Machines(cloud, self.outages, version)
        self._karpenter = Karpenter(cloud, self.outages, version)
        self._kubelet = Kubelet(self.outages)
        self._parts = self._everything()
        self._stopped = threading.Event()
        self._turn = threading.RLock()  # one round at a time, whoever asks for it
        cloud.launchable = self.outages.launchable

    def _everything(self) -> tuple[_Part, ...]:
        """Whatever moves by itself, in the order of a round."""
        slices = Slices()
        return (
            _Part(self._machines, "nodes"),
            _Part(Garbage(), *WATCHED),
            _Part(NodeLifecycle(self.outages), "nodes", "pods"),
            _Part(self.traffic),
            _Part(Autoscaling(self.traffic)),
            *(
                _Part(Queue(work), *work.watched)
                for work in (
                    deployments.WORK,
                    replicasets.WORK,
                    statefulsets.WORK,
                    daemonsets.WORK,
                    jobs.WORK,
                )
            ),
            _Part(Scheduler(), "pods", "nodes", "persistentvolumeclaims"),
            _Part(self._kubelet, "pods", "nodes"),
            _Part(Queue(budgets.WORK), *budgets.WORK.watched),
            _Part(ClusterShift(self.cloud, slices)),
            _Part(slices, *slices.watched),
            _Part(ClusterAutoscaler(self.cloud, self.outages)),
            _Part(self._karpenter),
            _Part(TerminationHandler(self.cloud, self.outages)),
            _Part(Proportional(self.outages)),
            _Part(events),
        )

    def seed(self, planter: Planter = plant) -> None:
        """Plant the first inhabitants and let them settle: all Ready, every zone balanced."""
        with self.cluster.lock:
            self._writes = None  # nobody waits yet
            planter(self.cluster, self.cloud)
            self._view.refresh()
            self._machines.register_all(self._view, self.clock.now())
            for _ in range(_SETTLING):
                self.settle()
                self._view.refresh()
                self._karpenter.settle(self._view, self.clock.now())
                self.clock.advance(STARTS_IN.total_seconds())
            self.settle()
            self.traffic.begin()
            self._writes = WRITES

    def settle(self) -> None:
        """Tick until a round writes nothing."""
        while self.tick():
            pass

    def tick(self) -> bool:
        """Let every controller act that has a reason to; return whether anything was written."""
        with self._turn:
            now = self.clock.now()
            before = self.cluster.revision
            for part in self._parts:
                with self.cluster.lock:  # briefly: clients are served between two controllers
                    self._view.refresh()
                    self._view.allow(self._writes)
                    part.act(self._view, now)
            return self.cluster.revision != before

    def run(self, after_each: Callable[[], None] = lambda: None) -> None:
        """Tick until `stop`, in the calling thread; *after_each* round is something else's turn."""
        # What was seeded stays: looking through it halts the API for a tenth of a second. A world
        # that this one replaces was kept from being collected in the same way.
        gc.unfreeze()
        gc.collect()
        gc.freeze()
        while not self._stopped.is_set():
            self.tick()
            after_each()
            self._stopped.wait(PAUSE)

    def stop(self) -> None:
        """Let `run` return after its round."""
        self._stopped.set()

    def awake(self) -> None:
        """Let `run` run again after a stop."""
        self._stopped.clear()

    def fail_zone(self, name: str, *, gray: bool = False, loss: float = GRAY_LOSS) -> None:
        """Let a zone fail: its instances are impaired and nothing can be launched there.

        In a gray failure the nodes stay Ready and the instances healthy; launches fail, and its
        pods lose a share of their requests, `loss`.
        """
        self._require(name)
        with self.cluster.lock:  # between two controllers, so that none misses it
            now = self.clock.now()
            self.outages.fail(Outage(zone=name, since=now, gray=gray, loss=loss if gray else 0.0))
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
        self.traffic.rouse()
        self._kubelet.rouse()
        for part in self._parts:
            part.rouse()

    def _require(self, zone: str) -> None:
        names = sorted(each.name for each in self.cloud.zones)
        if zone not in names:
            raise ValueError(f"unknown zone {zone!r}: there are {', '.join(names)}")
