"""The whole examination: the target, this machine's records, and every runbook."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sopctl.app import policy, standing
from sopctl.app.desk import Desk
from sopctl.app.doctor import examining, practice, proof, verified
from sopctl.app.library import Library
from sopctl.app.settings import Settings
from sopctl.core.check import AnyCheck, Readiness
from sopctl.core.clock import SystemClock
from sopctl.core.errors import InvalidRunbookError
from sopctl.core.readiness import Finding
from sopctl.core.runbook import Runbook

OURS: Final[Mapping[str, tuple[str, Readiness]]] = {
    proof.RIGHTS: ("Whoever asks may do all that the runbooks do.", proof.ALLOWED),
    practice.DRILLED: ("The last drill passed, and was not long ago.", practice.DRILLS),
    practice.RESIDUE: ("No earlier run has anything in place.", practice.REMAINS),
}
"""What no check of the catalog can answer, by id: what it says, and its row of the practice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """*only* these, by id or row; all if empty. *runbooks*: prove each of them as well."""

    only: Sequence[str] = ()
    runbooks: bool = True


def examine(
    desk: Desk, asked: Asked, checks: Sequence[AnyCheck], library: Library, settings: Settings
) -> list[Finding]:
    """Everything that was *asked*, the gravest first; kept as the target's last examination.

    *checks* are those of the catalog that were asked for. Reads only.
    """
    where = settings.config / "policy.yaml"
    given = policy.readiness(where)
    params = examining.with_parameters(desk.place.catalogs.checks, given, str(where))
    desk.identify()  # raises where nobody answers: that is neither ready nor not
    found = examining.examine(desk.place.connection.clients, checks, params)
    found += _ours(desk, asked, library, settings)
    if not asked.only and asked.runbooks:  # a part of it would look better, or worse, than it is
        now = SystemClock().now()
        verified.remember(settings.state, desk.place.target.name, found, now)
    return examining.gravest_first(found)


def names(library: Library) -> dict[str, str]:
    """Everything that can be asked for besides checks, by id with its row."""
    ours = {name: ready.row for name, (_, ready) in OURS.items()}
    return {**ours, **{f"{proof.PREFIX}{name}": proof.ROW for name in library.names()}}


def _ours(desk: Desk, asked: Asked, library: Library, settings: Settings) -> Iterator[Finding]:
    def wanted(check: str, row: str) -> bool:
        return not asked.only or bool({check, row} & set(asked.only))

    if wanted(practice.DRILLED, "OPS2"):
        yield practice.drilled(settings.state, SystemClock().now())
    if wanted(practice.RESIDUE, "OPS2"):
        clock = desk.place.connection.clock
        rows = standing.standings(
            desk.place.store, desk.place.target.name, lambda _state: clock.now()
        )
        yield practice.residue(rows)
    if asked.runbooks:
        rights = wanted(proof.RIGHTS, "CC5")
        proved = [n for n in library.names() if rights or wanted(f"{proof.PREFIX}{n}", proof.ROW)]
        books = [each for name in proved if (each := _loaded(library, name))]
        found = proof.prove(desk, books) if books else []
        yield from (f for f in found if wanted(f.check, f.readiness.row))


def _loaded(library: Library, name: str) -> Runbook | None:
    """One of somebody's own that is wrong is not proved: `sopctl runbook lint` says why."""
    try:
        return library.load(name)
    except InvalidRunbookError:
        return None
