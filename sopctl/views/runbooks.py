"""Runbooks on the screen: the shelf, and one of them as a procedure."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sopctl.core.codec import Json
from sopctl.core.runbook import ReturnEntry, Runbook, Step, StepKind
from sopctl.views import states
from sopctl.views.lines import EMPTY, Line, Span, line, paragraph, table

Shelf = Mapping[str, tuple[Path, Runbook | None]]
"""By name: the file, and the runbook if it can be read."""


def listed(shelf: Shelf) -> list[Line]:
    """Name, title, owner and the day of the last review."""
    if not shelf:
        return [line("There is no runbook.")]
    rows: list[list[str | Span]] = [
        [(head, "quiet") for head in ("NAME", "TITLE", "OWNER", "REVIEWED")]
    ]
    for name, (path, book) in shelf.items():
        if book is None:
            problem: Span = (f"not usable: sopctl runbook lint {path}", "bad")
            rows.append([(name, "strong"), problem, "", ""])
        else:
            rows.append([(name, "strong"), book.title, book.owner or "-", book.reviewed or "-"])
    return table(rows)


def listed_data(shelf: Shelf) -> list[Json]:
    return [
        {
            "schema": "sopctl.runbook/1",
            "name": name,
            "path": str(path),
            "usable": book is not None,
            "title": book.title if book else None,
            "owner": book.owner if book else None,
            "reviewed": book.reviewed if book else None,
        }
        for name, (path, book) in shelf.items()
    ]


def shown(book: Runbook) -> list[Line]:
    """The procedure, its parameters, its steps in order, and the way back."""
    lines = [line((book.name, "strong"), f": {book.title}")]
    facts = [f"owner {book.owner}" if book.owner else "", f"reviewed {book.reviewed}"]
    lines += [line((", ".join(fact for fact in facts if fact), "quiet")), EMPTY]
    lines += [*paragraph(book.description, indent=2), EMPTY] if book.description else []
    if book.parameters:
        lines.append(line(("Parameters", "strong")))
        rows: list[list[str | Span]] = []
        for parameter in book.parameters:
            default = "required" if parameter.required else states.value(parameter.default)
            rows.append([parameter.name, (str(parameter.type), "quiet"), default, parameter.help])
        lines += [*table(rows, indent=2), EMPTY]
    for title, steps in (("Before", book.before), ("Steps", book.steps), ("After", book.after)):
        if steps:
            lines.append(line((title, "strong")))
            lines += [row for number, step in enumerate(steps, 1) for row in _step(number, step)]
            lines.append(EMPTY)
    lines.append(line(("Way back", "strong")))
    lines += [line(f"{n:2}. {_stage(entry)}", indent=2) for n, entry in enumerate(book.way_back, 1)]
    if not book.way_back:
        lines.append(line("everything, newest first", indent=2))
    return lines


def _step(number: int, step: Step) -> list[Line]:
    what = {StepKind.CHECK: "check ", StepKind.GATE: "gate: ", StepKind.NOTIFY: "says: "}
    when: Span = (f"  when {step.when}" if step.when else "", "quiet")
    head = line(
        f"{number:2}. ", (step.id, "strong"), f"  {what.get(step.kind, '')}{step.uses}", when
    )
    rows = [Line(head.spans, 2)]
    return [*rows, line((step.why, "quiet"), indent=6)] if step.why else rows


def _stage(entry: ReturnEntry) -> str:
    if entry.step is not None:
        when = f", when {entry.step.when}" if entry.step.when else ""
        return f"{entry.kind} {entry.step.uses}{when}"
    canary = f", {entry.canary} first" if entry.canary else ""
    return f"restore {', '.join(entry.restore)}{canary}"
