"""Is this cluster ready for the next zone failure? Every check of readiness, asked at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from difflib import get_close_matches
from typing import Any, Final, TypeAlias

from sopctl.core.check import AnyCheck, Severity
from sopctl.core.codec import Json
from sopctl.core.errors import RefusedError, SopError, UsageError
from sopctl.core.readiness import Finding, State

Params: TypeAlias = Any  # of whichever check
EMPTY: Final[Mapping[str, Any]] = {}


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


def with_parameters(
    checks: Mapping[str, AnyCheck], given: Mapping[str, Json], where: str
) -> Mapping[str, Params]:
    """What each check is asked with, by its id: *given* in the file *where*, else its defaults.

    Raises UsageError for a check that there is not, and for parameters that do not fit it.
    """
    from sopctl.runbook import fitting  # noqa: PLC0415  # pydantic takes 0.2 s

    ready = {each.id: each for each in asked_for(checks, ())}
    if unknown := sorted(set(given) - set(ready)):
        close = ", ".join(get_close_matches(unknown[0], ready))
        raise UsageError(
            f"readiness in {where} names {unknown[0]}, which is no check of readiness",
            hint=f"Did you mean {close}?" if close else "List them with `sopctl check list`.",
        )
    found: dict[str, Params] = {name: each.params() for name, each in ready.items()}
    for name, fields in given.items():
        try:
            found[name] = fitting.params(ready[name].params, fields)
        except RefusedError as error:
            raise UsageError(
                f"readiness of {name} in {where}: {error.summary}",
                hint=error.hint or f"`sopctl check show {name}` has its parameters.",
            ) from error
    return found


# *clients* is whatever the composition root hands to checks; it is passed on unseen.
def examine(
    clients: Any,  # noqa: ANN401  # see above
    checks: Iterable[AnyCheck],
    params: Mapping[str, Params] = EMPTY,
) -> list[Finding]:
    """Ask all at the same time, with *params* by id or their defaults; reads only."""

    def ask(check: AnyCheck) -> Finding:
        return _ask(clients, check, params.get(check.id) or check.params())

    with ThreadPoolExecutor(max_workers=8, thread_name_prefix="doctor") as pool:
        found = list(pool.map(ask, checks))
    return gravest_first(found)


def gravest_first(found: Iterable[Finding]) -> list[Finding]:
    """What is not ready, then what is not known, before what is."""
    grave, bad = list(Severity), (State.NOT_READY, State.UNKNOWN, State.READY, State.NOT_HERE)

    def weight(each: Finding) -> tuple[int, int, str]:
        return grave.index(each.readiness.severity), bad.index(each.state), each.check

    return sorted(found, key=weight)


def _ask(clients: Any, check: AnyCheck, params: Params) -> Finding:  # noqa: ANN401  # as above
    readiness = check.readiness
    assert readiness is not None, "only checks of readiness are asked"
    rows: tuple[str, ...] = ()
    try:
        verdict = check.look(clients, params)
    except SopError as error:
        state, detail = State.UNKNOWN, error.summary
    else:
        state = State.READY if verdict.holds else State.NOT_READY
        state = state if verdict.applies else State.NOT_HERE
        detail, rows = verdict.detail, verdict.rows
    return Finding(check=check.id, state=state, readiness=readiness, detail=detail, rows=rows)
