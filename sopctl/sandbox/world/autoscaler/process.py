"""One life of the autoscaler: its main loop and what it remembers between two loops.

Source: cluster-autoscaler/core/static_autoscaler.go (`RunOnce`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from sopctl.sandbox.world.autoscaler import scale_down, scale_up
from sopctl.sandbox.world.autoscaler.backoff import Backoff
from sopctl.sandbox.world.autoscaler.discovery import NodeGroup, discover
from sopctl.sandbox.world.autoscaler.growth import Growth, waiting_pods
from sopctl.sandbox.world.autoscaler.health import Readiness, is_healthy, of_group, readiness, state
from sopctl.sandbox.world.autoscaler.publisher import Publisher, Seen
from sopctl.sandbox.world.autoscaler.removal import Removal
from sopctl.sandbox.world.autoscaler.settings import Settings
from sopctl.sandbox.world.autoscaler.template import template
from sopctl.sandbox.world.controllers.nodes import ready
from sopctl.sandbox.world.machines.machines import instance_id
from sopctl.sandbox.world.outages import ZONE
from sopctl.sandbox.world.ports import CloudPort, Obj
from sopctl.sandbox.world.scheduling.reader import Reader
from sopctl.sandbox.world.scheduling.scheduler import Finder
from sopctl.sandbox.world.scheduling.snapshot import Snapshot
from sopctl.sandbox.world.view import View

REFRESH = timedelta(minutes=1)  # aws_manager.go refreshInterval


class Process:
    """The loop. Groups and their bounds are read once a minute, instances in every loop."""

    def __init__(self, cloud: CloudPort, settings: Settings) -> None:
        """Start with nothing known: the first loop reads the groups."""
        self._cloud = cloud
        self._settings = settings
        self._groups: tuple[NodeGroup, ...] = ()
        self._refreshed: datetime | None = None
        self._zones: dict[str, str] = {}
        self._missing: dict[str, datetime] = {}
        self._reader = Reader()
        self._finder = Finder()
        self._answered: tuple[object, tuple[scale_down.Candidate, ...]] = (None, ())
        self._by_instance: tuple[int, dict[str, Obj]] = (-1, {})
        self._backoff = Backoff()
        self._growth = Growth(cloud, settings, self._backoff)
        self._removal = Removal(cloud, settings)
        self._publisher = Publisher(settings, self._backoff)

    def loop(self, view: View, now: datetime) -> None:
        """Look, grow or shrink, and publish the status."""
        first = self._refreshed is None
        self._read_groups(now)
        members = self._members(view)
        self._imagine(members)
        if first:
            self._removal.clear_taints(view, members)
        self._notice(now)
        self._groups = self._removal.drop_unregistered(view, self._groups, self._missing, now)
        states = {node["metadata"]["name"]: state(node, now) for node in view.all("nodes")}
        counts = self._counts(members, states, now)
        cluster = readiness(states.values())
        healthy = is_healthy(cluster, self._settings)
        candidates: list[scale_down.Candidate] = []
        if healthy:
            self._groups = self._growth.check(view, self._groups, counts, now)
            candidates = self._scale(view, members, counts, now)
        else:
            self._removal.remember((), now)  # a sick cluster: every unneeded time starts again
        seen = Seen(
            cluster=cluster,
            healthy=healthy,
            groups=self._groups,
            counts=counts,
            unsafe=self._unsafe(counts),
            growing=self._growth.growing(self._groups, counts),
            candidates=tuple(candidates),
        )
        self._publisher.publish(view, seen, now)

    def _counts(
        self, members: Mapping[str, list[Obj]], states: Mapping[str, str], now: datetime
    ) -> dict[str, Readiness]:
        """How ready each group is."""
        return {
            group.name: of_group(
                group,
                (states[node["metadata"]["name"]] for node in members[group.name]),
                self._missing,
                now,
            )
            for group in self._groups
        }

    def _unsafe(self, counts: Mapping[str, Readiness]) -> frozenset[str]:
        """The groups of which so much is missing that they may not grow."""
        return frozenset(
            group.name
            for group in self._groups
            if not self._growth.is_safe(group, counts[group.name])
        )

    def _scale(
        self,
        view: View,
        members: Mapping[str, list[Obj]],
        counts: Mapping[str, Readiness],
        now: datetime,
    ) -> list[scale_down.Candidate]:
        snapshot = self._reader.snapshot(view)
        daemons = view.all("daemonsets")
        for group in self._groups:
            for number in range(self._growth.upcoming(group, counts[group.name])):
                name = f"upcoming-{group.name}-{number}"
                snapshot.add(template(group, name, daemons))
        left = scale_up.still_waiting(waiting_pods(view), snapshot)
        self._growth.look(self._reader.version)
        self._groups, grown = self._growth.grow(view, left, self._groups, counts, snapshot, now)
        self._groups = self._removal.proceed(view, members, self._groups, now)
        if grown or not self._settings.scale_down:
            return []
        found = self._unneeded(view, members, snapshot)
        if self._growth.grew_recently(now) or self._removal.rests(now):
            self._removal.remember(found, now)
        else:
            self._removal.start(view, found, self._groups, now)
        self._removal.soft_taint(view, found, members, now)
        return found

    def _unneeded(
        self, view: View, members: Mapping[str, list[Obj]], snapshot: Snapshot
    ) -> list[scale_down.Candidate]:
        """Simulate removals; while nothing changed, the last answer holds."""
        watched = ("nodes", "pods", "poddisruptionbudgets")
        groups = {group.name: group for group in self._groups}
        known = (
            *(view.version(each) for each in watched),
            *((group.name, group.utilization, group.instances) for group in self._groups),
        )
        if known != self._answered[0]:
            candidates = [
                scale_down.Candidate(node=node, group=group)
                for group in self._groups
                for node in members[group.name]
                if node["metadata"]["name"] in snapshot.seats
            ]
            found = scale_down.unneeded(candidates, view, snapshot, self._settings, self._finder)
            self._answered = (known, tuple(found))
        return [replace(each, group=groups[each.group.name]) for each in self._answered[1]]

    def _read_groups(self, now: datetime) -> None:
        with self._cloud.lock:
            live = self._cloud.groups()
        if self._refreshed is None or now - self._refreshed >= REFRESH:
            self._groups = discover(live, self._settings)
            self._refreshed = now
            return
        by_name = {group.name: group for group in live}
        self._groups = tuple(
            each.renewed(by_name[each.name]) for each in self._groups if each.name in by_name
        )

    def _notice(self, now: datetime) -> None:
        """Remember since when an instance has been seen without a node."""
        known = self._by_instance[1].keys()
        alive = (each for group in self._groups for each in group.instances)
        missing = sorted(each for each in alive if each not in known)
        self._missing = {each: self._missing.get(each, now) for each in missing}

    def _imagine(self, members: Mapping[str, list[Obj]]) -> None:
        """Remember the zone of a well, schedulable node of each group for its template.

        Source: processors/nodeinfosprovider/mixed_nodeinfos_processor.go.
        """
        for name, nodes in members.items():
            well = (n for n in nodes if ready(n) == "True" and not n["spec"].get("unschedulable"))
            sample = next(well, None)
            if sample is not None:
                self._zones[name] = sample["metadata"]["labels"][ZONE]
        self._groups = tuple(
            replace(each, zone=self._zones.get(each.name, each.zone)) for each in self._groups
        )

    def _members(self, view: View) -> dict[str, list[Obj]]:
        version = view.version("nodes")
        if version != self._by_instance[0]:
            self._by_instance = (version, {instance_id(node): node for node in view.all("nodes")})
        by_instance = self._by_instance[1]
        return {
            group.name: [
                by_instance[each.id] for each in group.group.instances if each.id in by_instance
            ]
            for group in self._groups
        }
