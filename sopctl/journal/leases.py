"""The rules of leases, the same for every store: who holds a run, until when, and who is fenced.

A lease is a row with an epoch that grows on every claim. Expiry only decides who may claim next;
what protects the journal is the epoch, which is compared in the same transaction that appends.
Expiry is measured with a clock that goes on while the machine sleeps and starts anew at boot, so
a seat remembers the boot it was taken in: after a reboot nobody holds anything.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from sopctl.core.clock import SystemClock, stamp
from sopctl.core.journal import Holder, Lease

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Now: *seconds* of the lease clock since *boot*, and *wall* for people."""

    seconds: float
    boot: str = ""
    wall: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """Who holds a run's lease; an empty *worker* is: nobody. *until* is on the lease clock."""

    worker: str = ""
    epoch: int = 0
    since: str = ""
    until: float = 0.0
    ttl: float = 0.0
    boot: str = ""


def boot_id() -> str:
    """This boot's id, as Linux has it (random(4)); empty elsewhere."""
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return ""


def wall_clock() -> str:
    """The time of day for people, as the journal writes it."""
    return stamp(SystemClock().now())


def remaining(seat: Seat, now: Moment) -> float:
    """Seconds until the lease expires; at most 0 is: it may be taken.

    More than its whole life left means that the clock started anew, which finds a reboot where
    the system has no boot id.
    """
    left = seat.until - now.seconds
    if not seat.worker or seat.boot != now.boot or left > seat.ttl:
        return 0.0
    return left


def seated(seat: Seat, worker: str, ttl: float, now: Moment) -> Seat:
    """*worker* takes the lease, whoever had it: the epoch grows."""
    return Seat(
        worker=worker, epoch=seat.epoch + 1, since=now.wall,
        until=now.seconds + ttl, ttl=ttl, boot=now.boot,
    )  # fmt: skip


def renewed(seat: Seat, lease: Lease, now: Moment) -> Seat:
    """The lease lives on for its whole time from *now*; an expired one too, if nobody took it."""
    return replace(seat, until=now.seconds + lease.ttl, ttl=lease.ttl, boot=now.boot)


def left(seat: Seat) -> Seat:
    """Nobody holds the lease; the epoch stays, so that the next one is higher."""
    return Seat(epoch=seat.epoch)


def holder(run: str, seat: Seat, now: Moment) -> Holder:
    """*seat* for people."""
    return Holder(run=run, worker=seat.worker, since=seat.since, expires_in=remaining(seat, now))


def lost(seat: Seat, lease: Lease) -> str:
    """Why *lease* is void, or nothing: it is the newest, and was not given back."""
    if seat.epoch != lease.epoch:
        return f"worker {lease.worker} lost run {lease.run}: {seat.worker or 'another'} took it"
    if seat.worker != lease.worker:
        return f"worker {lease.worker} no longer holds run {lease.run}"
    return ""


def grown(run: str, seq: int, expected: int) -> str:
    """Why nothing may be appended after *expected*, or nothing: the journal still ends there."""
    if seq == expected:
        return ""
    return f"the journal of run {run} ends at record {seq}, not {expected}"
