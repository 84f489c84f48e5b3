"""Writes the status ConfigMap at the end of a loop, remembering when a word changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sopctl.sandbox.world.autoscaler.backoff import Backoff
from sopctl.sandbox.world.autoscaler.discovery import NodeGroup
from sopctl.sandbox.world.autoscaler.growth import NAME, announce
from sopctl.sandbox.world.autoscaler.health import Readiness
from sopctl.sandbox.world.autoscaler.scale_down import Candidate
from sopctl.sandbox.world.autoscaler.settings import Settings
from sopctl.sandbox.world.autoscaler.status import GroupReport, Report, Verdict, config_map
from sopctl.sandbox.world.events import News
from sopctl.sandbox.world.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a loop found."""

    cluster: Readiness
    healthy: bool
    groups: tuple[NodeGroup, ...]
    counts: Mapping[str, Readiness]
    unsafe: frozenset[str]
    growing: frozenset[str]
    candidates: tuple[Candidate, ...]


class Publisher:
    """Turns what was found into the ConfigMap."""

    def __init__(self, settings: Settings, backoff: Backoff) -> None:
        """Start with nothing said."""
        self._settings = settings
        self._backoff = backoff
        self._verdicts: dict[tuple[str, str], Verdict] = {}

    def publish(self, view: View, seen: Seen, now: datetime) -> None:
        """Write the status; say it aloud when the cluster is too sick to scale."""
        if self._settings.write_status:
            self._write(view, seen, now)
        if not seen.healthy:
            text = "Cluster is unhealthy"
            news = News(reason="ClusterUnhealthy", message=text, component=NAME, type="Warning")
            announce(view, self._settings, news, now)

    def _write(self, view: View, seen: Seen, now: datetime) -> None:
        settings = self._settings
        report = self._report(seen, now)
        wanted = config_map(report, settings.status_name, settings.namespace, settings.version)
        known = view.get("configmaps", settings.status_name, settings.namespace)
        if known is None:
            view.create("configmaps", wanted)
        else:
            annotations = wanted["metadata"]["annotations"]
            patch = {"metadata": {"annotations": annotations}, "data": wanted["data"]}
            view.patch("configmaps", known, patch)

    def _report(self, seen: Seen, now: datetime) -> Report:
        groups = [self._group(seen, group, now) for group in seen.groups]
        health = "Healthy" if seen.healthy else "Unhealthy"
        growing = "InProgress" if seen.growing else "NoActivity"
        shrinking = "CandidatesPresent" if seen.candidates else "NoCandidates"
        return Report(
            at=now,
            counts=seen.cluster,
            health=self._verdict("", "health", health, now),
            scale_up=self._verdict("", "up", growing, now),
            scale_down=self._verdict("", "down", shrinking, now),
            candidates=len(seen.candidates),
            groups=groups,
        )

    def _group(self, seen: Seen, group: NodeGroup, now: datetime) -> GroupReport:
        name = group.name
        failure = self._backoff.current(name, now)
        candidates = sum(each.group.name == name for each in seen.candidates)
        up = "InProgress" if name in seen.growing else "NoActivity"
        if name in seen.unsafe:
            up = "Unhealthy"
        elif failure is not None:
            up = "Backoff"
        health = "Unhealthy" if name in seen.unsafe else "Healthy"
        down = "CandidatesPresent" if candidates else "NoCandidates"
        return GroupReport(
            group=group,
            counts=seen.counts[name],
            health=self._verdict(name, "health", health, now),
            scale_up=self._verdict(name, "up", up, now),
            scale_down=self._verdict(name, "down", down, now),
            candidates=candidates,
            error=None if failure is None else (failure.code, failure.message),
        )

    def _verdict(self, scope: str, kind: str, status: str, now: datetime) -> Verdict:
        known = self._verdicts.get((scope, kind))
        if known is None or known.status != status:
            known = self._verdicts[scope, kind] = Verdict(status=status, since=now)
        return known
