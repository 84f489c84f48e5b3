"""``command``: run a program of your own, with a check that tells whether it is done.

There is no shell: the first word is a program on the PATH or an absolute path, and each other word
reaches it as it is written. The check only looks, and is run in every plan too: exit status 0 is
done, 1 is not done, anything else is an error. A command that fails counts by what the check says
then. It is ended when its time is over, and when sopctl itself dies.
It finds SOPCTL_RUN, SOPCTL_STEP, SOPCTL_TARGET and the target's account and cluster in its
environment, so that ``kubectl`` and ``aws`` reach what the run is about.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sopctl.actions.anything import done
from sopctl.actions.anything.done import Done
from sopctl.core.action import Action, Call, Change, Converged, Receipt, ReceiptKind, Undo
from sopctl.core.codec import Json
from sopctl.core.errors import RefusedError
from sopctl.core.resource import ABSENT, Absent, Observed, ResourceId, Selection
from sopctl.facts.world import World
from sopctl.providers.answers import AnsweredError
from sopctl.providers.commands import Ended

KIND = "command"
YES, NO = 0, 1
LONGEST = 300.0  # seconds: what is still on its way is waited out for as long
_SAID = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*name*: what it is, for people and for locks. *run*, *undo* and *check*: words, no shell.

    *irreversible*: why there is no undo. *seconds*: how long each may take, 300 at most.
    """

    name: str
    run: tuple[str, ...]
    check: tuple[str, ...]
    undo: tuple[str, ...] = ()
    irreversible: str = ""
    seconds: float = 60.0

    def __post_init__(self) -> None:
        done.refuse_one_way(self.undo, self.irreversible, self.name)
        for words in (self.run, self.check, *((self.undo,) if self.undo else ())):
            _refuse_unfit(words, self.name)
        if not 0 < self.seconds <= LONGEST:
            raise RefusedError(
                f"{self.name} may take {self.seconds:g} s",
                hint=f"Give up to {LONGEST:g}; what takes longer has to go on by itself.",
            )


def _refuse_unfit(words: Sequence[str], name: str) -> None:
    if not words or not words[0]:
        raise RefusedError(f"{name} has no program to run", hint="Write [program, argument, ...].")
    if "/" in words[0] and not words[0].startswith("/"):
        raise RefusedError(
            f"{words[0]} depends on the folder that one happens to be in",
            hint="Write an absolute path, or the name of a program on the PATH.",
        )
    if any("\0" in word for word in words):
        raise RefusedError(f"{name} has a word with a null byte", hint="Take it out.")


def select(world: World, params: Params) -> Selection:
    return Selection((ResourceId(KIND, params.name),), 1)


def observe(
    world: World, params: Params, ids: Sequence[ResourceId]
) -> Mapping[ResourceId, Observed[Done]]:
    """What the check says; as evidence what there is to run, for the way back too."""
    ended = world.commands.ask(params.check, params.seconds)
    if ended.status not in (YES, NO):
        raise AnsweredError(
            f"the check of {params.name} {_told(ended, params.seconds)}; 0 is done, 1 is not done",
            status=0,
            provider=KIND,
        )
    evidence: dict[str, Json] = {
        "run": list(params.run),
        "undo": list(params.undo),
        "check": list(params.check),
        "seconds": params.seconds,
    }
    return {each: Observed(Done(done=ended.status == YES), evidence) for each in ids}


def _told(ended: Ended, seconds: float) -> str:
    what = f"exited with {ended.status}" if ended.status is not None else f"took over {seconds:g} s"
    last = ended.said.splitlines()[-1][:_SAID] if ended.said else ""
    return f"{what}: {last}" if last else what


def desire(params: Params, resource: ResourceId, observed: Observed[Done]) -> Done | Absent:
    return Done(done=True)


def converge(call: Call, world: World, changes: Sequence[Change[Done]]) -> Converged:
    for each in changes:
        yield each.resource, _act(call, world, each)


def _act(call: Call, world: World, change: Change[Done]) -> Receipt:
    assert change.after is not ABSENT, "it is done or not"
    if change.after == change.before.state:
        return Receipt(kind=ReceiptKind.DONE)
    words, seconds = change.before.evidence, change.before.evidence["seconds"]
    assert isinstance(seconds, int | float), "as observe put it there"
    ended = world.commands.act(call, _words(words["run" if change.after.done else "undo"]), seconds)
    if ended.status == 0:
        return Receipt(kind=ReceiptKind.DONE)
    told = f"{change.resource.name} {_told(ended, seconds)}"
    after = world.commands.ask(_words(words["check"]), seconds)
    if after.status not in (YES, NO):
        return Receipt(kind=ReceiptKind.UNKNOWN, why=f"{told}, and the check says nothing")
    if (after.status == YES) == change.after.done:
        return Receipt(kind=ReceiptKind.DONE, why=f"{told}, but the check says that it worked")
    return Receipt(kind=ReceiptKind.REJECTED, why=told)


def _words(found: object) -> tuple[str, ...]:
    assert isinstance(found, list | tuple), "as observe put it there"
    return tuple(map(str, found))


def undo_with(params: Params) -> Undo:
    return done.way_back(params.irreversible)


ACTION: Action[Params, Done] = Action(
    id="command",
    summary="Run a program of your own, with a check that tells whether it is done.",
    kind=KIND,
    params=Params,
    state=Done,
    select=select,
    observe=observe,
    desire=desire,
    converge=converge,
    undo_with=undo_with,
    opaque=True,
    consent=lambda params: params.irreversible,
)
