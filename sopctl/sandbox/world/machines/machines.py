"""The coupling of the two halves: an instance registers a node, its end removes the node."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sopctl.sandbox.aws.fleet import Group, Instance
from sopctl.sandbox.world.controllers.nodes import booting_conditions, healthy_conditions, ready
from sopctl.sandbox.world.machines.node import node_for
from sopctl.sandbox.world.outages import Outages
from sopctl.sandbox.world.ports import CloudPort, Obj
from sopctl.sandbox.world.times import earliest, moment
from sopctl.sandbox.world.view import View

REGISTERS_IN = timedelta(seconds=40)  # after the launch: boot, bootstrap, kubelet
READY_IN = timedelta(seconds=15)  # after the registration: CNI
_TICK = timedelta(seconds=1)
# A large cloud is looked at less often: its groups decide in seconds, not at once.
_LARGE, _LARGE_TICK, _REST = 200, timedelta(seconds=5), timedelta(seconds=15)


class Machines:
    """Lets the groups act, and keeps nodes in step with instances.

    A kubelet registers once: a Node that somebody deletes does not come back while its instance
    lives (kubernetes/autoscaler#6128 shows what that looks like).
    """

    def __init__(self, cloud: CloudPort, outages: Outages, version: str = "1.36") -> None:
        """Watch a cloud; `version` is what kubelets report."""
        self._cloud = cloud
        self._outages = outages
        self._version = version
        self._registered: set[str] = set()
        self._before: Sequence[Group] = ()
        self._loose: frozenset[str] = frozenset()
        self._booting = True
        self._nodes: tuple[int, dict[str, Obj]] = (-1, {})

    def reconcile(self, view: View, now: datetime) -> datetime | None:
        """Let the groups act once; register and remove nodes; return when to look again."""
        with self._cloud.lock:
            self._cloud.tick()
            groups = self._cloud.groups()
            loose = frozenset(each.id for each in self._cloud.loose())
        nodes = self._known(view)
        moved = groups != self._before or loose != self._loose
        if moved or self._booting or nodes.keys() != self._registered:
            self._follow(view, groups, nodes, now, loose)
        self._before, self._loose = groups, loose
        tick = _TICK
        if sum(len(group.instances) for group in groups) > _LARGE:
            tick = _LARGE_TICK if moved or self._booting else _REST
        return earliest(now + tick, _make_ready(view, self._outages, now))

    def _known(self, view: View) -> dict[str, Obj]:
        """Return the nodes with an instance, by its id."""
        version = view.version("nodes")
        if version != self._nodes[0]:
            found = {instance_id(node): node for node in view.all("nodes") if instance_id(node)}
            self._nodes = (version, found)
        return self._nodes[1]

    def _follow(
        self,
        view: View,
        groups: Sequence[Group],
        nodes: dict[str, Obj],
        now: datetime,
        loose: Collection[str],
    ) -> None:
        """Register what has booted, and remove the nodes of what is gone.

        What belongs to no group is registered by whoever launched it.
        """
        self._registered.update(nodes)
        alive: set[str] = set(loose)
        for group in groups:
            for instance in group.instances:
                alive.add(instance.id)
                if self._boots(instance, now):
                    self._register(view, group, instance, now)
        for identity, node in nodes.items():
            if identity not in alive:
                view.delete("nodes", node)
        self._registered &= alive
        self._booting = not alive - set(loose) <= self._registered

    def register_all(self, view: View, now: datetime) -> None:
        """Register every instance at once, ready: the world before its first instant."""
        for group in self._cloud.groups():
            for instance in group.instances:
                node = self._node(group, instance)
                node["status"]["conditions"] = healthy_conditions(now)
                view.create("nodes", node)
                self._registered.add(instance.id)

    def _boots(self, instance: Instance, now: datetime) -> bool:
        return (
            instance.id not in self._registered
            and instance.state == "InService"
            and self._outages.reaches(instance.zone)
            and instance.launched + REGISTERS_IN <= now
        )

    def _register(self, view: View, group: Group, instance: Instance, now: datetime) -> None:
        node = self._node(group, instance)
        node["status"]["conditions"] = booting_conditions(now)
        view.create("nodes", node)
        self._registered.add(instance.id)

    def _node(self, group: Group, instance: Instance) -> Obj:
        zone_id = next((z.id for z in self._cloud.zones if z.name == instance.zone), "")
        return node_for(group, instance, zone_id, self._version)


def instance_id(node: Obj) -> str:
    """Return the EC2 instance behind a node, from `aws:///us-east-1a/i-0123`."""
    provider = str(node["spec"].get("providerID") or "")
    return provider.rpartition("/")[2] if provider.startswith("aws://") else ""


def _make_ready(view: View, outages: Outages, now: datetime) -> datetime | None:
    """Let booting nodes become Ready; return when the next one does."""
    wake: datetime | None = None
    for node in view.lookup("nodes", "readiness", _readiness, "False"):
        if outages.dead_since(node) is not None:
            continue
        due = moment(node["metadata"]["creationTimestamp"]) + READY_IN
        if due <= now:
            status = {**node["status"], "conditions": healthy_conditions(now)}
            view.set_status("nodes", node, status)
        else:
            wake = earliest(wake, due)
    return wake


def _readiness(node: Obj) -> tuple[str]:
    return (ready(node),)
