"""The loop that every controller has: each living object once; one refusal is not the end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sopctl.sandbox.world.ports import ApiError, Obj
from sopctl.sandbox.world.times import earliest
from sopctl.sandbox.world.view import View

RETRY = timedelta(seconds=10)

# Brings one object nearer to its spec; returns when to look at it again, or None.
Sync = Callable[[View, Obj, datetime], datetime | None]


def for_each(view: View, resource: str, sync: Sync, now: datetime) -> datetime | None:
    """Sync every object that is not being deleted; return when the next one is due.

    What the API refuses (a quota, an admission policy, an object that changed meanwhile) is
    tried again later, as a work queue does it.
    """
    wake: datetime | None = None
    for obj in view.all(resource):
        if view.spent:
            break
        if "deletionTimestamp" in obj["metadata"]:
            continue
        try:
            wake = earliest(wake, sync(view, obj, now))
        except ApiError:
            wake = earliest(wake, now + RETRY)
    return wake
