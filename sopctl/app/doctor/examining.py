"""Is this cluster ready for the next zone failure? Every check of readiness, asked at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sopctl.core.check import AnyCheck, Severity
from sopctl.core.errors import SopError, UsageError
from sopctl.core.readiness import Finding, State


def asked_for(checks: Mapping[str, AnyCheck], only: Sequence[str]) -> list[AnyCheck]:
    """The checks of readiness called *only*, by id or by row of the practice; or all of them."""
    ready = [each for each in checks.values() if each.readiness is not None]
    if not only:
        return ready
    chosen = [each for each in ready if {each.id, *_rows(each)} & set(only)]
    known = {name for each in ready for name in (each.id, *_rows(each))}
    if missing := sorted(set(only) - known):
        raise UsageError(
            f"there is no check of readiness {', '.join(missing)}",
            hint=f"There are {', '.join(sorted(known))}.",
        )
    return chosen


def _rows(check: AnyCheck) -> list[str]:
    return check.readiness.row.split(", ") if check.readiness else []


# *clients* is whatever the composition root hands to checks; it is passed on unseen.
def examine(clients: Any, checks: Iterable[AnyCheck]) -> list[Finding]:  # noqa: ANN401  # see above
    """Ask all at the same time, the gravest first; reads only."""
    with ThreadPoolExecutor(max_workers=8, thread_name_prefix="doctor") as pool:
        found = list(pool.map(lambda check: _ask(clients, check), checks))
    order = list(Severity)
    return sorted(found, key=lambda each: (order.index(each.readiness.severity), each.check))


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
