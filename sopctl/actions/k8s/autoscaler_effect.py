"""What a frozen autoscaler looks like: alive, and removing nothing.

Its status says "candidates present" whether or not they may go, so that events tell: the
autoscaler writes one about every node that it removes (``core/scaledown/actuation``).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sopctl.core.action import AnyChange, Seen
from sopctl.core.clock import parse_stamp
from sopctl.core.resource import ABSENT
from sopctl.facts import autoscaler_status
from sopctl.facts.autoscaler import Autoscaler
from sopctl.facts.objects.meta import Obj
from sopctl.facts.world import World

REFRESH = timedelta(seconds=60)  # it reads tags and groups again once a minute
_REMOVALS = ("ScaleDown", "ScaleDownEmpty")


def look(clients: World, changes: Sequence[AnyChange], changed_at: datetime) -> Seen:
    """Has every autoscaler gone through a loop that saw the changes, and what was done since?"""
    tagged = any(each.resource.kind == "aws.asg" for each in changes)
    seen_from = changed_at + (REFRESH if tagged else timedelta())
    for autoscaler in clients.facts.autoscalers():
        if why := _unaware(clients, autoscaler, seen_from):
            return Seen(ok=False, detail=f"{autoscaler.namespace}/{autoscaler.name} {why}")
    if all(each.after is ABSENT for each in changes):
        return Seen(ok=True, detail="the cluster autoscaler has gone through a loop since")
    removed = [e for reason in _REMOVALS for e in _events(clients, reason, seen_from)]
    if removed:
        name = (removed[-1].get("involvedObject") or {}).get("name", "")
        return Seen(ok=False, detail=f"it removed {len(removed)} nodes since, such as {name}")
    return Seen(ok=True, detail="it has gone through a loop and removed no node since")


def _unaware(clients: World, autoscaler: Autoscaler, since: datetime) -> str:
    status = autoscaler_status.read(clients.k8s, autoscaler)
    if status is None or status.updated is None:
        return "writes no status that could be read"
    return "has not gone through a loop since" if status.updated <= since else ""


def _events(clients: World, reason: str, since: datetime) -> Sequence[Obj]:
    found = clients.k8s.list("/api/v1/events", fieldSelector=f"reason={reason}")
    return [
        each
        for each in found
        if (each.get("involvedObject") or {}).get("kind") == "Node" and _at(each) > since
    ]


def _at(event: Obj) -> datetime:
    moment = event.get("lastTimestamp") or event.get("eventTime")
    return parse_stamp(moment or event["metadata"]["creationTimestamp"])
