"""A runbook as a graph: in which order its steps run, and what each waits for.

Steps run in the order they are written. Beyond that a step waits for the effect of those that it
``needs``, and one that is a *barrier* (a gate, a disruptive action, what comes after all steps) for
every effect before it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from sopctl.core.action import AnyAction
from sopctl.core.codec import Json
from sopctl.core.runbook import OnFailure, ReturnEntry, ReturnKind, Runbook, Step, StepKind
from sopctl.views.lines import EMPTY, Line, Span, line, safe

BEFORE, STEPS, AFTER, BACK = "Before", "Steps", "After", "Way back"
_LONGEST: Final = 80  # characters of a label in a drawing; the tree has all of it
_SHAPES: Final[Mapping[str, tuple[str, str]]] = {
    "action": ("[", "]"),
    "restore": ("[", "]"),
    "check": ("([", "])"),
    "gate": ("{{", "}}"),
    "notify": ("[/", "/]"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One step or stage. *what* is its action, check or text; *kind* as in the language."""

    id: str
    section: str
    kind: str
    what: str
    when: str = ""
    needs: tuple[str, ...] = ()
    barrier: bool = False
    asks: bool = False  # somebody has to approve it
    on_failure: str = ""  # if it is not what its kind does by default


def nodes(book: Runbook, actions: Mapping[str, AnyAction]) -> tuple[Node, ...]:
    """Every step, then every stage of the way back, in order."""
    sections = ((BEFORE, book.before), (STEPS, book.steps), (AFTER, book.after))
    found = [_node(step, name, actions) for name, steps in sections for step in steps]
    return (*found, *(_stage(number, each) for number, each in enumerate(book.way_back, 1)))


def _node(step: Step, section: str, actions: Mapping[str, AnyAction]) -> Node:
    action = actions.get(step.uses) if step.kind is StepKind.ACTION else None
    alone = action is not None and action.disruptive and step.needs is None
    usual = OnFailure.CONTINUE if step.kind is StepKind.NOTIFY else OnFailure.STOP
    return Node(
        id=step.id,
        section=section,
        kind=str(step.kind),
        what=step.uses,
        when=step.when,
        needs=step.needs or (),
        barrier=alone or step.kind is StepKind.GATE or section == AFTER,
        asks=step.approve is not None,
        on_failure="" if step.on_failure is usual else str(step.on_failure),
    )


def _stage(number: int, entry: ReturnEntry) -> Node:
    """A stage of the way back; each waits for the effects of the one before it."""
    if entry.step is not None:
        kind = "action" if entry.kind is ReturnKind.USES else str(entry.kind)
        return Node(id=entry.step.id, section=BACK, kind=kind, what=entry.step.uses)
    first = f", {entry.canary} first" if entry.canary else ""
    what = ", ".join(entry.restore) + first
    return Node(id=f"restore-{number}", section=BACK, kind="restore", what=what)


def tree(book: Runbook, found: Sequence[Node]) -> list[Line]:
    """For a terminal: a branch a step, and below it what it waits for."""
    lines = [line((book.name, "strong"), f": {book.title}")]
    for section in (BEFORE, STEPS, AFTER, BACK):
        here = [node for node in found if node.section == section]
        if here:
            lines += [EMPTY, line((section, "strong"))]
        for node in here:
            last = node is here[-1]
            lines.append(line(("`-- " if last else "|-- ", "quiet"), *_head(node)))
            stem = "    " if last else "|   "
            lines += [line((f"{stem}    {text}", "quiet")) for text in _facts(node)]
    if not book.way_back:
        lines += [
            EMPTY,
            line((BACK, "strong")),
            line(("`-- ", "quiet"), "everything, newest first"),
        ]
    return lines


def _head(node: Node) -> tuple[Span, ...]:
    if node.kind == "restore":
        return (("restore ", ""), (node.what, "strong"))
    word = "" if node.kind == "action" else f"{node.kind}: "
    return ((node.id, "strong"), (f"  {word}{node.what}", ""))


def _facts(node: Node) -> Iterator[str]:
    if node.when:
        yield f"when {node.when}"
    if node.needs:
        yield f"needs {', '.join(node.needs)}"
    if node.barrier:
        yield "waits for every effect before it"
    if node.asks:
        yield "somebody has to approve it"
    if node.on_failure:
        yield f"on failure: {node.on_failure}"


def mermaid(book: Runbook, found: Sequence[Node]) -> str:
    """For a page: a flowchart as Mermaid draws it; dotted lines are `needs`."""
    names = {(node.section, node.id): f"n{number}" for number, node in enumerate(found)}
    title = json.dumps(safe(f"{book.name}: {book.title}"))
    rows = ["---", f"title: {title}", "---", "flowchart TD"]
    for section in (BEFORE, STEPS, AFTER, BACK):
        here = [node for node in found if node.section == section]
        if not here:
            continue
        rows.append(f"  subgraph {section.replace(' ', '_')} [{_quoted(section)}]")
        rows += [f"    {names[section, node.id]}{_drawn(node)}" for node in here]
        rows.append("  end")
    forward = [names[node.section, node.id] for node in found if node.section != BACK]
    back = [names[node.section, node.id] for node in found if node.section == BACK]
    rows += [f"  {one} --> {two}" for chain in (forward, back) for one, two in pairwise(chain)]
    for node in found:
        for need in node.needs:
            if (STEPS, need) in names:
                rows.append(f"  {names[STEPS, need]} -.-> {names[node.section, node.id]}")
    return "\n".join(rows) + "\n"


def _drawn(node: Node) -> str:
    left, right = _SHAPES[node.kind]
    facts = [each for each in _facts(node) if not each.startswith("needs ")]
    head = "".join(text for text, _ in _head(node))
    label = "<br/>".join(_escaped(_cut(each)) for each in (head, *facts))
    return f'{left}"{label}"{right}'


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def _escaped(text: str) -> str:
    """Mermaid's own entities: a label is neither Markdown nor HTML of somebody else's making."""
    found = safe(text)
    for char in '#&<>`"':
        found = found.replace(char, f"\0{ord(char)};")
    return found.replace("\0", "#")


def _quoted(text: str) -> str:
    return f'"{_escaped(text)}"'


def data(book: Runbook, found: Sequence[Node]) -> dict[str, Json]:
    """For programs."""
    listed: list[Json] = [
        {
            "id": node.id,
            "section": node.section.lower(),
            "kind": node.kind,
            "what": node.what,
            "when": node.when,
            "needs": list(node.needs),
            "barrier": node.barrier,
            "approve": node.asks,
        }
        for node in found
    ]
    return {"schema": "sopctl.graph/1", "runbook": book.name, "nodes": listed}
