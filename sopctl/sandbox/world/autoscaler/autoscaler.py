"""The cluster autoscaler: lives as long as a ready pod of its Deployment leads."""

from __future__ import annotations

from datetime import datetime, timedelta

from sopctl.sandbox.world.autoscaler.leader import elect
from sopctl.sandbox.world.autoscaler.process import Process
from sopctl.sandbox.world.autoscaler.settings import read
from sopctl.sandbox.world.outages import Outages
from sopctl.sandbox.world.ports import CloudPort
from sopctl.sandbox.world.view import View

_RETRY = timedelta(seconds=2)  # --leader-elect-retry-period


class ClusterAutoscaler:
    """Starts a process for each new leader: what the old one remembered is lost."""

    def __init__(self, cloud: CloudPort, outages: Outages) -> None:
        """Start without a leader."""
        self._cloud = cloud
        self._outages = outages
        self._process: Process | None = None
        self._leader = ""
        self._due: datetime | None = None

    def reconcile(self, view: View, now: datetime) -> datetime | None:
        """Run one loop when it is due; return when the next one is."""
        if self._due is not None and now < self._due:
            return self._due
        pod = elect(view, self._outages, now)
        if pod is None:
            self._process = None
            self._due = now + _RETRY
            return self._due
        settings = read(pod)
        if self._process is None or pod["metadata"]["uid"] != self._leader:
            self._process = Process(self._cloud, settings)
            self._leader = pod["metadata"]["uid"]
        self._process.loop(view, now)
        self._due = now + settings.scan_interval
        return self._due
