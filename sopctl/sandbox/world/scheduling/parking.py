"""Pods that found no node wait until something happens that may help them.

Source: kubernetes/pkg/scheduler/backend/queue (queueing hints, and a back-off of one second that
doubles to ten). Simplified: no periodic flush of pods that nothing could help.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sopctl.sandbox.world.scheduling.neighbours import EXISTING
from sopctl.sandbox.world.scheduling.reader import Reader
from sopctl.sandbox.world.scheduling.snapshot import wanted_labels
from sopctl.sandbox.world.scheduling.subject import Subject

_LONGEST = timedelta(seconds=10)
_SHORT = ("Insufficient", "Too many pods", EXISTING)

Hint = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Parked:
    version: str  # of the pod
    hint: Hint
    short: bool
    tries: int
    until: datetime


class Parking:
    """Who waits for what. A hint is a tuple of versions: another one may help."""

    def __init__(self, reader: Reader) -> None:
        """Start empty."""
        self._reader = reader
        self._parked: dict[str, _Parked] = {}

    def park(self, pod: Subject, version: str, text: str, now: datetime) -> None:
        """Let a refused pod wait; `text` says why it was refused, `version` how the pod was."""
        old = self._parked.get(pod.uid)
        tries = old.tries + 1 if old is not None else 0
        short = any(each in text for each in _SHORT)
        wait = min(_LONGEST, timedelta(seconds=2 ** min(tries, 4)))
        self._parked[pod.uid] = _Parked(
            version, self._hint(pod, short=short), short, tries, now + wait
        )

    def waits(self, pod: Subject, version: str, now: datetime) -> tuple[bool, datetime | None]:
        """Return whether a pod has to wait, and until when if something happened meanwhile."""
        parked = self._parked.get(pod.uid)
        if parked is None or parked.version != version:
            return False, None
        if self._hint(pod, short=parked.short) == parked.hint:
            return True, None
        return now < parked.until, parked.until

    def leave(self, uids: set[str]) -> None:
        """Forget all pods but these."""
        if len(self._parked) > len(uids):
            self._parked = {uid: each for uid, each in self._parked.items() if uid in uids}

    def _hint(self, pod: Subject, *, short: bool) -> Hint:
        """Return what matters to a pod: nodes, freed room, pods that its constraints select."""
        reader = self._reader
        if pod.attracted or pod.repelled:
            return (reader.version,)
        selected = (
            reader.touched(pod.namespace, wanted_labels(each.selector)) for each in pod.hard
        )
        return (reader.places, reader.freed if short else 0, *selected)
