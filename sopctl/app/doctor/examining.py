"""Is this cluster ready for the next zone failure? Every check of readiness, asked at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from difflib import get_close_matches
from typing import Any, Final

from sopctl.core.check import AnyCheck, Severity
from sopctl.core.errors import SopError, UsageError
from sopctl.core.readiness import Finding, State

EMPTY: Final[Mapping[str, str]] = {}


def asked_for(
    checks: Mapping[str, AnyCheck], only: Sequence[str], others: Mapping[str, str] = EMPTY
) -> list[AnyCheck]:
    """The checks of readiness called *only*, by id or by row of the practice; or all of them.

    *others*, by id with their row, may be asked for too, and are none of these. Raises UsageError.
    """
    ready = [each for each in checks.values() if each.readiness is not None]
    if not only:
        return ready
    chosen = [each for each in ready if {each.id, *_rows(each)} & set(only)]
    known = {name for each in ready for name in (each.id, *_rows(each))}
    known |= {*others, *others.values()}
    if missing := sorted(set(only) - known):
        close = {near for name in missing for near in get_close_matches(name, known)}
        meant = f"Did you mean {', '.join(sorted(close))}? " if close else ""
        raise UsageError(
            f"there is no check of readiness {', '.join(missing)}",
            hint=f"{meant}List them with `sopctl check list`; rows of the practice will do, too.",
        )
    return chosen


def _rows(check: AnyCheck) -> list[str]:
    return check.readiness.row.split(", ") if check.readiness else []


# *clients* is whatever the composition root hands to checks; it is passed on unseen.
def examine(clients: Any, checks: Iterable[AnyCheck]) -> list[Finding]:  # noqa: ANN401  # see above
    """Ask all at the same time, the gravest first; reads only."""
    with ThreadPoolExecutor(max_workers=8, thread_name_prefix="doctor") as pool:
        found = list(pool.map(lambda check: _ask(clients, check), checks))
    return gravest_first(found)


def gravest_first(found: Iterable[Finding]) -> list[Finding]:
    """What is not ready, then what is not known, before what is."""
    grave, bad = list(Severity), (State.NOT_READY, State.UNKNOWN, State.READY, State.NOT_HERE)

    def weight(each: Finding) -> tuple[int, int, str]:
        return grave.index(each.readiness.severity), bad.index(each.state), each.check

    return sorted(found, key=weight)


def _ask(clients: Any, check: AnyCheck) -> Finding:  # noqa: ANN401  # as above
    readiness = check.readiness
    assert readiness is not None, "only checks of readiness are asked"
    rows: tuple[str, ...] = ()
    try:
        verdict = check.look(clients, check.params())
    except SopError as error:
        state, detail = State.UNKNOWN, error.summary
    else:
        state = State.READY if verdict.holds else State.NOT_READY
        state = state if verdict.applies else State.NOT_HERE
        detail, rows = verdict.detail, verdict.rows
    return Finding(check=check.id, state=state, readiness=readiness, detail=detail, rows=rows)
