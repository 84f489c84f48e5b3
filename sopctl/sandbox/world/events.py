"""Kubernetes Events, aggregated as the recorder does: the same news again raises a count."""

from __future__ import annotations

import contextlib
import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sopctl.sandbox.world.ports import ApiError, Obj
from sopctl.sandbox.world.times import moment, stamp
from sopctl.sandbox.world.view import View

LIFETIME = timedelta(hours=1)  # kube-apiserver --event-ttl


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What happened, said by a component. `type` is Normal or Warning."""

    reason: str
    message: str
    component: str
    type: str = "Normal"


def record(view: View, about: Obj, news: News, now: datetime) -> None:
    """Write an Event about an object, or raise the count of the one already there.

    News are not worth a failure: what the API refuses, for instance in a namespace that is
    being deleted, is dropped, as client-go's recorder drops it.
    """
    metadata = about["metadata"]
    namespace = metadata.get("namespace") or "default"
    text = "/".join((metadata["uid"], news.reason, news.message, news.component))
    name = f"{metadata['name']}.{hashlib.sha256(text.encode()).hexdigest()[:16]}"
    known = view.get("events", name, namespace)
    if known is not None:
        again: Obj = {"count": known.get("count", 1) + 1, "lastTimestamp": stamp(now)}
        view.patch("events", known, again)
        return
    with contextlib.suppress(ApiError):
        view.create("events", _event(about, news, now, name, namespace))


def reconcile(view: View, now: datetime) -> datetime | None:
    """Delete the Events older than an hour; return when to look again."""
    for event in view.all("events"):
        last = event.get("lastTimestamp")
        if last and moment(last) + LIFETIME < now:
            view.delete("events", event)
    return now + timedelta(minutes=1)


def _event(about: Obj, news: News, now: datetime, name: str, namespace: str) -> Obj:
    metadata = about["metadata"]
    involved = {
        "apiVersion": about.get("apiVersion", "v1"),
        "kind": about.get("kind", ""),
        "name": metadata["name"],
        "uid": metadata["uid"],
        "resourceVersion": metadata.get("resourceVersion", ""),
    }
    if metadata.get("namespace"):
        involved["namespace"] = namespace
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": name, "namespace": namespace},
        "involvedObject": involved,
        "type": news.type,
        "reason": news.reason,
        "message": news.message,
        "source": {"component": news.component},
        "reportingComponent": news.component,
        "reportingInstance": "",
        "count": 1,
        "firstTimestamp": stamp(now),
        "lastTimestamp": stamp(now),
    }
