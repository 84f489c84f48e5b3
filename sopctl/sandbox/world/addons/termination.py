"""The node termination handler: it drains nodes whose instances are about to go.

On each node it hears of interruptions from the instance's metadata; with a queue it hears of them,
and of terminations that wait for a lifecycle hook, at one place. It works while one of its pods
does. Source: aws/aws-node-termination-handler, README, "IMDS Processor" and "Queue Processor";
pkg/node (the taints).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sopctl.sandbox.world import pods
from sopctl.sandbox.world.autoscaler import taints
from sopctl.sandbox.world.autoscaler.draining import evict
from sopctl.sandbox.world.machines.machines import instance_id
from sopctl.sandbox.world.outages import Outages
from sopctl.sandbox.world.ports import CloudPort, Notice, Obj
from sopctl.sandbox.world.processes import at_work
from sopctl.sandbox.world.view import View

PERIOD = timedelta(seconds=5)
NAME = "aws-node-termination-handler"
INTERRUPTED = "aws-node-termination-handler/spot-itn"
TERMINATING = "aws-node-termination-handler/asg-lifecycle-termination"


class TerminationHandler:
    """Looks every five seconds; costs nothing where it is not installed."""

    def __init__(self, cloud: CloudPort, outages: Outages) -> None:
        """Start without a node to drain."""
        self._cloud = cloud
        self._outages = outages
        self._notices: dict[str, Notice] = {}  # by instance
        self._due: datetime | None = None

    def reconcile(self, view: View, now: datetime) -> datetime | None:
        """Take what was said since, and go on with every node that has to be empty."""
        if self._due is not None and now < self._due:
            return self._due
        self._due = now + PERIOD
        running = at_work(view, NAME, self._outages)
        if running:
            nodes = {instance_id(each): each for each in view.all("nodes")}
            queue = any(not _is_daemon(each) for each in running)
            for notice in self._cloud.notices.take() if queue else ():
                self._notices[notice.instance] = notice
            self._drain(view, nodes, now)
            self._listen(view, nodes, running, now)
        return self._due

    def _drain(self, view: View, nodes: Mapping[str, Obj], now: datetime) -> None:
        for instance, notice in list(self._notices.items()):
            node = nodes.get(instance)
            key = TERMINATING if notice.token else INTERRUPTED
            if node is not None and not _emptied(view, node, key, now):
                continue
            del self._notices[instance]
            if notice.token:
                self._cloud.notices.proceed(notice)

    def _listen(
        self, view: View, nodes: Mapping[str, Obj], running: list[Obj], now: datetime
    ) -> None:
        """A daemon hears what the metadata of its own instance says."""
        daemons = {pods.node_name(each) for each in running if _is_daemon(each)}
        if not daemons:
            return
        for group in self._cloud.groups():
            for each in group.instances:
                node = nodes.get(each.id)
                if node is None or each.interrupted_at is None:
                    continue
                if node["metadata"]["name"] in daemons:
                    _emptied(view, node, INTERRUPTED, now)


def _emptied(view: View, node: Obj, key: str, now: datetime) -> bool:
    if not node["spec"].get("unschedulable"):
        view.patch("nodes", node, {"spec": {"unschedulable": True}})
        return False
    taints.add(view, node, key, "NoSchedule", now)
    return evict(view, node["metadata"]["name"])


def _is_daemon(pod: Obj) -> bool:
    return (pods.controller(pod) or {}).get("kind") == "DaemonSet"
