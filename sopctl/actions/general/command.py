"""``command``: run a program of this machine, for what no action knows.

A list of arguments, never a shell; a program that the policy lists; an environment of its own.
Only a check can tell whether it did what it is for: where that holds already nothing is run, and
where it does not hold afterwards the step has failed, whatever the program says. A program that
fails is not run again by itself; a person decides, so it must bear being run twice. Without
``undo`` there is no way back. It knows its run, step and call as SOPCTL_RUN, SOPCTL_STEP and
SOPCTL_OP.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sopctl.actions.general import made
from sopctl.actions.general.made import Made, Probe
from sopctl.core.action import (
    Action,
    Call,
    Change,
    Converged,
    Receipt,
    ReceiptKind,
    Undo,
)
from sopctl.core.codec import Json, decode, encode
from sopctl.core.errors import RefusedError, SopError
from sopctl.core.resource import ABSENT, Absent, Observed, ResourceId, Selection
from sopctl.facts.world import World
from sopctl.providers import commands
from sopctl.providers.commands import Program
from sopctl.providers.receipts import receipt

KIND = "command"


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*argv* and *undo*: program and arguments; *check*: what holds when it is done.

    *env*: names of variables that are passed on; *secrets*: variables by reference, such as
    ``env:NAME``; *timeout* in seconds, after which it is killed.
    """

    argv: tuple[str, ...]
    check: Probe
    undo: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    secrets: Mapping[str, str] = field(default_factory=dict)
    timeout: float = 60.0

    def __post_init__(self) -> None:
        if not self.argv:
            raise RefusedError("there is no program to run", hint="Write argv: [program, ...].")
        if self.timeout <= 0:
            raise RefusedError("a program needs time", hint="Give timeout in seconds.")


def _program(params: Params, argv: tuple[str, ...]) -> Program:
    return Program(argv=argv, env=params.env, secrets=params.secrets, timeout=params.timeout)


def select(world: World, params: Params) -> Selection:
    """The one thing that the program makes; raises RefusedError for what could not be run."""
    made.find(world, params.check)
    notes = [made.told(params.check)]
    for argv in filter(None, (params.argv, params.undo)):
        world.outside.commands.check(_program(params, argv))
    if params.undo:
        notes.append(f"undone by: {shlex.join(params.undo)}")
    if names := [*params.env, *params.secrets]:
        notes.append(f"it is given {', '.join(names)}")
    return Selection((ResourceId(KIND, shlex.join(params.argv)),), 1, tuple(notes))


def observe(
    world: World, params: Params, ids: Sequence[ResourceId]
) -> Mapping[ResourceId, Observed[Made]]:
    ways = {"do": params.argv, "undo": params.undo}
    how = {way: encode(_program(params, argv)) for way, argv in ways.items() if argv}
    return made.observe(world, params.check, ids, how)


def desire(params: Params, resource: ResourceId, seen: Observed[Made]) -> Made | Absent:
    return made.desire(seen)


def converge(call: Call, world: World, changes: Sequence[Change[Made]]) -> Converged:
    for each in changes:
        yield each.resource, _run(call, world, each)


def _run(call: Call, world: World, change: Change[Made]) -> Receipt:
    """A program that fails may have done half of it: the check is asked, then a person."""
    assert change.after is not ABSENT, "it is made or not"
    if change.after == change.before.state:
        return Receipt(kind=ReceiptKind.DONE)
    way = "do" if change.after.made else "undo"
    program = decode(Program, change.before.evidence[way])
    try:
        ran = world.outside.commands.run(program, call)
    except RefusedError as error:
        return Receipt(kind=ReceiptKind.REJECTED, why=error.summary)
    except SopError as error:
        return receipt(error)
    kind = ReceiptKind.UNKNOWN if ran.status else ReceiptKind.DONE
    return Receipt(kind=kind, why=commands.said(program.argv, ran))


def consent(params: Params) -> str:
    return "" if params.undo else "no undo is declared: what the program does stays done"


def undo_of(params: Mapping[str, Json]) -> Undo:
    return Undo.EXACT if params.get("undo") else Undo.NONE


ACTION: Action[Params, Made] = Action(
    id="command",
    summary="Run a program that the policy allows.",
    kind=KIND,
    params=Params,
    state=Made,
    select=select,
    observe=observe,
    desire=desire,
    converge=converge,
    consent=consent,
    undo_of=undo_of,
    disruptive=True,
    opaque=True,
    patience=0.0,
)
