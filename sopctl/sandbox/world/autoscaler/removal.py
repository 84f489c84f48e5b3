"""Scale-down in effect: unneeded times, taints, draining, and the end of the instance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

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
_EVICTS_FOR = timedelta(minutes=2)  # --max-pod-eviction-time
_UNREMOVABLE_FOR = timedelta(minutes=5)  # --unremovable-node-recheck-timeout


class Removal:
    """Remembers since when nodes are unneeded and which ones are on their way out."""

    def __init__(self, cloud: CloudPort, settings: Settings) -> None:
        """Start with every node needed."""
        self._cloud = cloud
        self._settings = settings
        self._since: dict[str, datetime] = {}
        self._leaving: dict[str, datetime] = {}
        self._failed: dict[str, datetime] = {}
        self._rests_until: datetime | None = None

    def clear_taints(self, view: View, members: Mapping[str, list[Obj]]) -> None:
        """A new process forgets the plans of the old one; only managed nodes are cleaned.

        Soft taints stay (`cleanUpIfRequired`): a process that scales down takes them away later,
        one that does not leaves them for good.
        """
        for nodes in members.values():
            for node in nodes:
                taints.remove(view, node, (TO_BE_DELETED,))

    def rests(self, now: datetime) -> bool:
        """Whether nothing starts after a removal or a failed one (`isScaleDownInCooldown`)."""
        return self._rests_until is not None and now < self._rests_until

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
        self._failed = {
            name: at for name, at in self._failed.items() if now - at < _UNREMOVABLE_FOR
        }
        for each in due(found, self._since, sizes, now):
            if each.name in self._failed:
                continue
            (busy if movable(view, each.name) else empty).append(each)
        room = max(0, _DRAINED_AT_ONCE - len(self._leaving))
        for each in (*empty[:_EMPTY_AT_ONCE], *busy[:room]):
            self._leaving[each.name] = now
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
                since = self._leaving.get(node["metadata"]["name"])
                if since is None:
                    continue
                if _drained(view, node, now):
                    by_name[name] = self._terminate(view, by_name[name], node, now)
                elif now - since > _EVICTS_FOR and movable(view, node["metadata"]["name"]):
                    self._give_up(view, node, now)
        present = {node["metadata"]["name"] for nodes in members.values() for node in nodes}
        self._leaving = {name: at for name, at in self._leaving.items() if name in present}
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
                late = now - missing[identity] > group.provision_time
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

    def _give_up(self, view: View, node: Obj, now: datetime) -> None:
        """Keep a node whose pods could not be evicted in time, and rest for a while."""
        name = node["metadata"]["name"]
        del self._leaving[name]
        self._failed[name] = now
        self._rests_until = now + self._settings.delay_after_failure
        taints.remove(view, node, (TO_BE_DELETED,))
        text = f"failed to drain the node: Failed to drain node {name}, due to following errors"
        news = News(reason="ScaleDownFailed", message=text, component=NAME, type="Warning")
        record(view, node, news, now)

    def _terminate(self, view: View, group: NodeGroup, node: Obj, now: datetime) -> NodeGroup:
        """Terminate with ShouldDecrementDesiredCapacity; never below the minimum."""
        identity, name = instance_id(node), node["metadata"]["name"]
        if group.target <= group.min:
            self._leaving.pop(name, None)
            taints.remove(view, node, (TO_BE_DELETED,))
            return group
        self._cloud.terminate(identity)
        self._leaving.pop(name, None)
        if self._settings.delay_after_delete:
            self._rests_until = now + self._settings.delay_after_delete
        text = f"Scale-down: node {name} removed with drain"
        announce(view, self._settings, News(reason="ScaleDown", message=text, component=NAME), now)
        return replace(group, target=group.target - 1)


def _drained(view: View, node: Obj, now: datetime) -> bool:
    """Evict what the budgets allow now; return whether nothing is left."""
    name = node["metadata"]["name"]
    spent: dict[str, int] = {}
    for pod in movable(view, name):
        budgets = budgets_of(view, pod)
        if all(_allows(each, spent) for each in budgets):
            for each in budgets:
                uid = each["metadata"]["uid"]
                spent[uid] = spent.get(uid, 0) + 1
            text = "deleting pod for node scale down"
            record(view, pod, News(reason="ScaleDown", message=text, component=NAME), now)
            view.delete("pods", pod)
    daemons = {"DaemonSet", "Node"}
    return not any(
        (pods.controller(pod) or {}).get("kind") not in daemons for pod in view.on_node(name)
    )


def _allows(budget: Obj, spent: Mapping[str, int]) -> bool:
    allowed = (budget.get("status") or {}).get("disruptionsAllowed", 0)
    return bool(allowed > spent.get(budget["metadata"]["uid"], 0))
