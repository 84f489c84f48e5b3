"""Who works on a run, and whether that process is still there."""

from __future__ import annotations

import os
import socket
from typing import Final

from sopctl.core.journal import Holder, Store

LEASE: Final = 30.0  # seconds of this machine


def holder_of(store: Store, run: str) -> Holder | None:
    """Who works on *run* now, if anybody who is alive."""
    seat = store.claim(run, "status", 1.0)
    if isinstance(seat, Holder):
        return None if is_dead(seat.worker) else seat
    store.release(seat)
    return None


def is_dead(worker: str) -> bool:
    """Whether *worker* (user@host/pid) was a process of this machine that is gone."""
    place, _, pid = worker.rpartition("/")
    if place.rpartition("@")[2] != socket.gethostname() or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


def free(store: Store, run: str, worker: str) -> None:
    """Let *worker* take the lease from a process of this machine that is gone, and give it back."""
    seat = store.claim(run, worker, LEASE)
    if isinstance(seat, Holder):
        if not is_dead(seat.worker):
            return
        seat = store.takeover(run, worker, LEASE)
    store.release(seat)
