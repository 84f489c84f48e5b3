"""The world: one clock, one view, and everything that acts on its own."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from sopctl.sandbox.world.clock import WorldClock
from sopctl.sandbox.world.controllers import deployments, replicasets
from sopctl.sandbox.world.controllers.garbage import Garbage
from sopctl.sandbox.world.controllers.kubelet import Kubelet
from sopctl.sandbox.world.controllers.nodes import NodeLifecycle
from sopctl.sandbox.world.outages import Outage, Outages
from sopctl.sandbox.world.ports import CloudPort, ClusterPort
from sopctl.sandbox.world.scheduling.scheduler import Scheduler
from sopctl.sandbox.world.times import earliest
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
            Garbage(),
            NodeLifecycle(self.outages),
            deployments,
            replicasets,
            Scheduler(),
            Kubelet(self.outages),
        )
        self._wake: datetime | None = None
        self._moving = True  # the last round wrote something, so the next has something to read
        self._stopped = threading.Event()
        cloud.launchable = self.outages.launchable

    def tick(self) -> bool:
        """Let every controller act once; return whether anything was written."""
        now = self.clock.now()
        with self.cluster.lock:
            before = self.cluster.revision
            changed = self._view.refresh() or self._moving
        if not changed and (self._wake is None or now < self._wake):
            return False
        wake: datetime | None = None
        for controller in self._controllers:
            with self.cluster.lock:  # briefly: clients are served between two controllers
                self._view.refresh()
                wake = earliest(wake, controller.reconcile(self._view, now))
        self._wake = wake
        self._moving = self.cluster.revision != before
        return self._moving

    def fail_zone(self, name: str, *, gray: bool = False) -> None:
        """Let a zone fail. In a gray failure nodes stay Ready and only launches fail."""
        self.outages.fail(Outage(zone=name, since=self.clock.now(), gray=gray))
        self._wake = self.clock.now()

    def heal_zone(self, name: str) -> None:
        """End the failure of a zone."""
        self.outages.heal(name)
        self._wake = self.clock.now()
