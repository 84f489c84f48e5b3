"""Proves each runbook on the target: what it is about is found, allowed, and comes back.

It is planned as it would be in an incident, carried out in memory over what is really there, and
taken back. Nothing is written.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from sopctl.app.desk import Desk
from sopctl.app.doctor import samples
from sopctl.app.place import Wish
from sopctl.core.check import Readiness, Severity
from sopctl.core.errors import SopError, TemporaryError
from sopctl.core.plan import Allowed, Permission, Plan
from sopctl.core.readiness import Finding, State
from sopctl.core.runbook import Runbook
from sopctl.facts.snapshot import Snapshot

RIGHTS: Final = "ready.rights"
PREFIX: Final = "runbook."
ROW: Final = "runbook"
ALLOWED: Final = Readiness(
    row="CC5",
    severity=Severity.CRITICAL,
    why="In an incident nobody is there to give a permission.",
    fix="sopctl permissions NAME --format iam, or rbac: what the runbook needs, and no more.",
)


@dataclass(slots=True)
class Proof:
    """What was seen of all runbooks: *denied* and *unknown* permissions by who needs them."""

    findings: list[Finding] = field(default_factory=list)
    denied: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    unknown: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    allowed: set[str] = field(default_factory=set)


def prove(desk: Desk, books: Iterable[Runbook]) -> list[Finding]:
    """A finding for each of *books*, and one about the permissions of all of them."""
    proof, silent = Proof(), "; ".join(desk.identify().unreachable)
    for book in books:
        made = _finding(book, State.UNKNOWN, f"no answer from {silent}") if silent else None
        proof.findings.append(made or _book(desk, book, proof))
    rights = _rights(proof)
    return [replace(rights, state=State.UNKNOWN) if silent else rights, *proof.findings]


def _book(desk: Desk, book: Runbook, proof: Proof) -> Finding:
    facts: Snapshot = desk.place.connection.clients.facts
    try:
        tries = samples.of(book, facts)
    except SopError as error:
        return _finding(book, State.UNKNOWN, error.summary)
    if not tries:
        return _finding(book, State.NOT_HERE, "there is nothing here to try it with")
    rows: list[str] = []
    found = 0
    for given in tries:
        try:
            plan = desk.plan(Wish(runbook=book, given=given))
            _note(plan.permissions, book, proof)
            back = desk.rehearse(book, plan)
        except TemporaryError as error:
            return _finding(book, State.UNKNOWN, error.summary)
        except SopError as error:
            rows.append(_row(samples.named(given), error.summary))
            continue
        found += back.changed
        troubles = [*_unplanned(plan), *back.wrong, *([back.stopped] if back.stopped else [])]
        rows += [_row(samples.named(given), each) for each in troubles]
    tried = "; ".join(filter(None, map(samples.named, tries)))
    detail = f"{found} changes found, and taken back in memory" if not rows else "it would not work"
    detail += f" ({tried})" if tried else ""
    return _finding(book, State.NOT_READY if rows else State.READY, detail, rows)


def _row(given: str, trouble: str) -> str:
    return f"{given}: {trouble}" if given else trouble


def _unplanned(plan: Plan) -> list[str]:
    return [
        f"{each.id} cannot be planned: {each.unplanned}" for each in plan.steps if each.unplanned
    ]


def _note(permissions: Iterable[Permission], book: Runbook, proof: Proof) -> None:
    for each in permissions:
        if each.verdict is Allowed.ALLOWED:
            proof.allowed.add(each.right)
        else:
            kept = proof.denied if each.verdict is Allowed.DENIED else proof.unknown
            kept[each.right].add(book.name)


def _rights(proof: Proof) -> Finding:
    """What is denied weighs; what could not be asked is said."""
    rows = [
        f"{right}: denied ({', '.join(sorted(by))})" for right, by in sorted(proof.denied.items())
    ]
    rows += [
        f"{right}: cannot be asked ({', '.join(sorted(by))})"
        for right, by in sorted(proof.unknown.items())
        if right not in proof.denied
    ]
    state = State.NOT_READY if proof.denied else State.UNKNOWN if proof.unknown else State.READY
    detail = (
        f"{len(proof.allowed)} permissions are there, {len(proof.denied)} are denied,"
        f" {len(proof.unknown)} could not be asked"
    )
    return Finding(check=RIGHTS, state=state, readiness=ALLOWED, detail=detail, rows=tuple(rows))


def _finding(book: Runbook, state: State, detail: str, rows: Iterable[str] = ()) -> Finding:
    readiness = Readiness(
        row=ROW,
        severity=Severity.CRITICAL,
        why="A runbook that finds nothing, or cannot be taken back, is found out in the incident.",
        fix=f"sopctl plan {book.name}: it shows what is found, and why not.",
    )
    return Finding(
        check=f"{PREFIX}{book.name}",
        state=state,
        readiness=readiness,
        detail=detail,
        rows=tuple(rows),
    )
