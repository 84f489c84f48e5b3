"""``manual``: a person does it, and a check sees that it is done.

The instructions are shown at a gate. "yes" says that it is done, and then the check has a minute to
hold; "no" that it is not. On the way back the instructions are those of ``undo``. Where the check
holds already nobody is asked, there or back. Without ``undo`` there is no way back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sopctl.actions.general import made
from sopctl.actions.general.made import Made, Probe
from sopctl.core.action import Action, Call, Change, Converged, Receipt, ReceiptKind, Undo
from sopctl.core.codec import Json
from sopctl.core.errors import RefusedError
from sopctl.core.resource import ABSENT, Absent, Observed, ResourceId, Selection
from sopctl.facts.world import World

KIND = "manual"
_TITLE = 72


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*do* and *undo*: instructions for a person; *check*: what holds when it is done."""

    do: str
    check: Probe
    undo: str = ""

    def __post_init__(self) -> None:
        if not self.do.strip():
            raise RefusedError("nobody is told what to do", hint="Write the instructions in do.")


def select(world: World, params: Params) -> Selection:
    """The one thing that the person does, named by the first line of the instructions."""
    made.find(world, params.check)
    notes = [f"a person does it: {params.do.strip()}", made.told(params.check)]
    if params.undo:
        notes.append(f"undone by a person: {params.undo.strip()}")
    title = params.do.strip().splitlines()[0][:_TITLE]
    return Selection((ResourceId(KIND, title),), 1, tuple(notes))


def observe(
    world: World, params: Params, ids: Sequence[ResourceId]
) -> Mapping[ResourceId, Observed[Made]]:
    return made.observe(world, params.check, ids, {})


def desire(params: Params, resource: ResourceId, seen: Observed[Made]) -> Made | Absent:
    return made.desire(seen)


def converge(call: Call, world: World, changes: Sequence[Change[Made]]) -> Converged:
    """The person is a provider who does it later: what is journaled is that they were asked."""
    call.guard()
    for each in changes:
        same = each.after == each.before.state
        kind = ReceiptKind.DONE if same else ReceiptKind.ACCEPTED
        yield each.resource, Receipt(kind=kind, why="a person was asked")


def instructions(params: Params, change: Change[Made]) -> str:
    assert change.after is not ABSENT, "it is made or not"
    return f"{(params.do if change.after.made else params.undo).strip()}\nIs it done?"


def consent(params: Params) -> str:
    return "" if params.undo else "no undo is declared: what the person does stays done"


def undo_of(params: Mapping[str, Json]) -> Undo:
    return Undo.EXACT if params.get("undo") else Undo.NONE


ACTION: Action[Params, Made] = Action(
    id="manual",
    summary="Have a person do something, and see that it is done.",
    kind=KIND,
    params=Params,
    state=Made,
    select=select,
    observe=observe,
    desire=desire,
    converge=converge,
    instructions=instructions,
    consent=consent,
    undo_of=undo_of,
    disruptive=True,
    opaque=True,
    patience=60.0,
)
