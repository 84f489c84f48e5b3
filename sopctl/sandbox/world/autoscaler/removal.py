"""Scale-down in effect: unneeded times, taints, draining, and the end of the instance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sopctl.sandbox.world import pods
from sopctl.sandbox.world.autoscaler import taints
from sopctl.sandbox.world.autoscaler.discovery import NodeGroup
from sopctl.sandbox.world.autoscaler.growth import NAME, announce
from sopctl.sandbox.world.autoscaler.scale_down import Candidate, budgets_of, due, movable
from sopctl.sandbox.world.autoscaler.settings import Settings
from sopctl.sandbox.world.autoscaler.taints import CANDIDATE, TO_BE_DELETED
from sopctl.sandbox.world.events import News, record
from sopctl.sandbox.world.machines.machines import instance_id
from sopctl.sandbox.world.ports import CloudPort, Obj
from sopctl.sandbox.world.view import View

_EMPTY_AT_ONCE = 10  # --max-scale-down-parallelism
_DRAINED_AT_ONCE = 1  # --max-drain-parallelism
_TAINTED_AT_ONCE = 10  # --max-bulk-soft-taint-count


class Removal:
    """Remembers since when nodes are unneeded and which ones are on their way out."""

    def __init__(self, cloud: CloudPort, settings: Settings) -> None:
        """Start with every node needed."""
        self._cloud = cloud
        self._settings = settings
        self._since: dict[str, datetime] = {}
        self._leaving: set[str] = set()

    def clear_taints(self, view: View, members: Mapping[str, list[Obj]]) -> None:
        """A new process forgets the plans of the old one; only managed nodes are cleaned."""
        for nodes in members.values():
            for node in nodes:
                taints.remove(view, node, (TO_BE_DELETED, CANDIDATE))

    def remember(self, found: Sequence[Candidate], now: datetime) -> None:
        """Keep the times of the nodes that are still unneeded."""
        self._since = {each.name: self._since.get(each.name, now) for each in found}

    def start(
        self,
        view: View,
        found: Sequence[Candidate],
        groups: Sequence[NodeGroup],
        now: datetime,
    ) -> None:
        """Let the nodes that were unneeded for long leave: empty ones at once, one with pods."""
        self.remember(found, now)
        sizes = {group.name: group.target for group in groups}
        empty: list[Candidate] = []
        busy: list[Candidate] = []
        for each in due(found, self._since, sizes, now):
            (busy if movable(view, each.name) else empty).append(each)
        room = max(0, _DRAINED_AT_ONCE - len(self._leaving))
        for each in (*empty[:_EMPTY_AT_ONCE], *busy[:room]):
            self._leaving.add(each.name)
            self._since.pop(each.name, None)
            taints.add(view, each.node, TO_BE_DELETED, "NoSchedule", now)
            text = f"marked the node as toBeDeleted/unschedulable {each.name}"
            record(view, each.node, News(reason="ScaleDown", message=text, component=NAME), now)

    def proceed(
        self,
        view: View,
        members: Mapping[str, list[Obj]],
        groups: tuple[NodeGroup, ...],
        now: datetime,
    ) -> tuple[NodeGroup, ...]:
        """Evict from leaving nodes; terminate those that are empty; return the new sizes."""
        by_name = {group.name: group for group in groups}
        for name, nodes in members.items():
            for node in nodes:
                if node["metadata"]["name"] not in self._leaving:
                    continue
                if _drained(view, node):
                    by_name[name] = self._terminate(view, by_name[name], node, now)
        present = {node["metadata"]["name"] for nodes in members.values() for node in nodes}
        self._leaving &= present
        return tuple(by_name[group.name] for group in groups)

    def drop_unregistered(
        self,
        view: View,
        groups: tuple[NodeGroup, ...],
        missing: Mapping[str, datetime],
        now: datetime,
    ) -> tuple[NodeGroup, ...]:
        """Terminate instances that never became nodes, or whose Node somebody deleted.

        Nothing freezes this: neither an annotation nor --scale-down-enabled=false.
        """
        left = []
        for group in groups:
            size = group.target
            for identity in sorted(group.instances & missing.keys()):
                late = now - missing[identity] > self._settings.provision_time
                if not late or size <= group.min:
                    continue
                self._cloud.terminate(identity)
                size -= 1
                text = f"Removed unregistered node {identity}"
                news = News(reason="DeleteUnregistered", message=text, component=NAME)
                announce(view, self._settings, news, now)
            left.append(replace(group, target=size))
        return tuple(left)

    def soft_taint(
        self,
        view: View,
        found: Sequence[Candidate],
        members: Mapping[str, list[Obj]],
        now: datetime,
    ) -> None:
        """Repel new pods from unneeded nodes, softly; needed again, they attract again."""
        wanted = {each.name for each in found[:_TAINTED_AT_ONCE]}
        for nodes in members.values():
            for old in nodes:
                node = view.get("nodes", old["metadata"]["name"])
                if node is None:
                    continue
                if node["metadata"]["name"] in wanted:
                    taints.add(view, node, CANDIDATE, "PreferNoSchedule", now)
                else:
                    taints.remove(view, node, (CANDIDATE,))

    def _terminate(self, view: View, group: NodeGroup, node: Obj, now: datetime) -> NodeGroup:
        """Terminate with ShouldDecrementDesiredCapacity; never below the minimum."""
        identity, name = instance_id(node), node["metadata"]["name"]
        if group.target <= group.min:
            self._leaving.discard(name)
            taints.remove(view, node, (TO_BE_DELETED,))
            return group
        self._cloud.terminate(identity)
        self._leaving.discard(name)
        text = f"Scale-down: node {name} removed with drain"
        announce(view, self._settings, News(reason="ScaleDown", message=text, component=NAME), now)
        return replace(group, target=group.target - 1)


def _drained(view: View, node: Obj) -> bool:
    """Evict what the budgets allow now; return whether nothing is left."""
    name = node["metadata"]["name"]
    spent: dict[str, int] = {}
    for pod in movable(view, name):
        budgets = budgets_of(view, pod)
        if all(_allows(each, spent) for each in budgets):
            for each in budgets:
                uid = each["metadata"]["uid"]
                spent[uid] = spent.get(uid, 0) + 1
            view.delete("pods", pod)
    daemons = {"DaemonSet", "Node"}
    return not any(
        (pods.controller(pod) or {}).get("kind") not in daemons for pod in view.on_node(name)
    )


def _allows(budget: Obj, spent: Mapping[str, int]) -> bool:
    allowed = (budget.get("status") or {}).get("disruptionsAllowed", 0)
    return bool(allowed > spent.get(budget["metadata"]["uid"], 0))
