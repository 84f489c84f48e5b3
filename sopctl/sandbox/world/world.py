"""The world: one clock, one view, and everything that acts on its own."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

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
from sopctl.sandbox.world.controllers.endpoints import Endpoints
from sopctl.sandbox.world.controllers.garbage import Garbage
from sopctl.sandbox.world.controllers.hpas import Autoscaling
from sopctl.sandbox.world.controllers.kubelet import Kubelet
from sopctl.sandbox.world.controllers.nodes import NodeLifecycle
from sopctl.sandbox.world.machines.machines import Machines
from sopctl.sandbox.world.outages import Outage, Outages
from sopctl.sandbox.world.ports import CloudPort, ClusterPort
from sopctl.sandbox.world.scheduling.scheduler import Scheduler
from sopctl.sandbox.world.view import View


class Controller(Protocol):
    """Brings the cluster one step nearer to its spec."""

    def reconcile(self, view: View, now: datetime) -> datetime | None:
        """Act once; return when to act again even if nothing changes, or None."""


PAUSE = 0.05  # real seconds between two rounds


class World:
    """Everything in the sandbox that moves by itself."""

    def __init__(self, cluster: ClusterPort, cloud: CloudPort, clock: WorldClock) -> None:
        """Join a cluster and a cloud to one world."""
        self.cluster = cluster
        self.cloud = cloud
        self.clock = clock
        self.outages = Outages()
        self._view = View(cluster)
        self._controllers: Sequence[Controller] = (
            Machines(cloud, self.outages),
            Garbage(),
            NodeLifecycle(self.outages),
            Autoscaling(),
            deployments,
            replicasets,
            statefulsets,
            daemonsets,
            jobs,
            Scheduler(),
            Kubelet(self.outages),
            budgets,
            Endpoints(),
            ClusterAutoscaler(cloud, self.outages),
        )
        self._wakes: list[datetime | None] = [None] * len(self._controllers)
        self._moving = True  # the last round wrote something, so the next has something to read
        self._stopped = threading.Event()
        cloud.launchable = self.outages.launchable

    def tick(self) -> bool:
        """Let every controller act that has a reason to; return whether anything was written.

        The reasons: somebody wrote since the last round, or the controller asked for this time.
        """
        now = self.clock.now()
        with self.cluster.lock:
            before = self.cluster.revision
            changed = self._view.refresh() or self._moving
        for position, controller in enumerate(self._controllers):
            wake = self._wakes[position]
            if not changed and (wake is None or now < wake):
                continue
            with self.cluster.lock:  # briefly: clients are served between two controllers
                self._view.refresh()
                self._wakes[position] = controller.reconcile(self._view, now)
        self._moving = self.cluster.revision != before
        return self._moving

    def run(self) -> None:
        """Tick until `stop`, in the calling thread."""
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
        self.outages.fail(Outage(zone=name, since=self.clock.now(), gray=gray))
        if not gray:
            self.cloud.fail_instances(name)
        self._moving = True

    def heal_zone(self, name: str) -> None:
        """End the failure of a zone."""
        self._require(name)
        self.outages.heal(name)
        self.cloud.heal_instances(name)
        self._moving = True

    def _require(self, zone: str) -> None:
        names = sorted(each.name for each in self.cloud.zones)
        if zone not in names:
            raise ValueError(f"unknown zone {zone!r}: there are {', '.join(names)}")
