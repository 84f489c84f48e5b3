"""A process of sopctl as the faults see it: it works on one run until it ends, parks or dies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from sopctl.app.desk import Desk
from sopctl.app.place import Catalogs, Place, Wish
from sopctl.app.trials.journals import Journal
from sopctl.app.trials.stage import Crash, Life, Stage
from sopctl.core.codec import Json, encode
from sopctl.core.journal import Entry, Lease, Record
from sopctl.core.plan import Plan
from sopctl.core.runbook import Runbook
from sopctl.engine import records
from sopctl.engine.leg import LegResult
from sopctl.journal.leases import Seat
from sopctl.journal.memory import MemoryStore

FORWARD, BACK = "01FORWARD", "01WAYBACK"  # the same ids in every case, so that cases compare


class Ledger(MemoryStore):
    """A journal in memory that a dead process cannot write; *on_append* may let it die."""

    def __init__(self, life: Life) -> None:
        super().__init__()
        self._life = life
        self.on_append: Callable[[Sequence[Record]], None] = _nothing

    def reopen(self, journal: Journal) -> None:
        """Take over what another process left: whole and ours, so nothing of it is proved again."""
        for head, found in journal:
            self.create(head.run, target=head.target, runbook=head.runbook, at=head.created)
            taken = self._runs[head.run]
            taken.seat = Seat(epoch=max((each.epoch for each in found), default=0))
            self._add(taken, found, head.created)

    def append(
        self, lease: Lease, expected: int, entries: Sequence[Entry], at: str
    ) -> tuple[Record, ...]:
        self._life.check()
        found = super().append(lease, expected, entries, at)
        self._life.durable += 1
        self.on_append(found)
        return found


def _nothing(_: Sequence[Record]) -> None:
    return None


class _Silent:
    """Nobody watches."""

    def records(self, records: Sequence[Record]) -> None: ...
    def waiting(self, why: str) -> None: ...
    def warn(self, text: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Died:
    """The process is no more."""


End: TypeAlias = LegResult | Died
Answer = TypeVar("Answer")
Decide: TypeAlias = Callable[[Desk], Sequence[Entry]]


@dataclass(slots=True)
class Shop:
    """Makes processes on one stage."""

    stage: Stage
    catalogs: Catalogs

    def desk(self, ledger: Ledger, *, asking: bool = True) -> Desk:
        """*asking*: a plan asks what is allowed."""
        target = self.stage.target
        connection = self.stage.connection(target)
        connection.asking = asking
        place = Place(target=target, connection=connection, store=ledger, catalogs=self.catalogs)
        return Desk(place, _Silent())

    def plan(self, ledger: Ledger, wish: Wish, *, asking: bool) -> Plan | Died:
        """What *wish* would change; raises SopError."""
        return self._alive(self.desk(ledger, asking=asking), lambda desk: desk.plan(wish))

    def plan_back(self, ledger: Ledger, *, asking: bool) -> Plan | Died:
        """How the forward run would be taken back; raises SopError."""
        desk = self.desk(ledger, asking=asking)
        return self._alive(desk, lambda desk: desk.plan_back(desk.state(FORWARD)))

    def open(self, ledger: Ledger, run: str, plan: Plan, book: Runbook) -> None:
        """Begin a run: the plan, the runbook that its way back is in, and the consent."""
        header: dict[str, Json] = {"book": encode(book), "user": "test"}
        consent = records.consent("test", "--yes", plan.hash)
        with self.desk(ledger) as desk:
            desk.open(run, plan, header, consent)

    def work(self, ledger: Ledger, run: str, entries: Decide) -> End:
        """One process: it says what was decided while the run was parked, and works on it."""

        def leg(desk: Desk) -> LegResult:
            if decided := entries(desk):
                desk.say(run, *decided)
            return desk.leg(run)

        return self._alive(self.desk(ledger), leg)

    def _alive(self, desk: Desk, work: Callable[[Desk], Answer]) -> Answer | Died:
        self.stage.life.dead = False
        try:
            return work(desk)
        except Crash:
            return Died()
        finally:
            desk.close()
            self.stage.life.dead = False
