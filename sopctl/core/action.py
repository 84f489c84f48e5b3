"""What an action is: a lens on resources. The engine derives everything else.

An action finds resources, reads them, says what they should be, and writes them. Plan, idempotence,
staleness, verify, undo, roll back and resume are derived, once, for all actions. In return an
action obeys laws, which ``tests.laws`` checks for every one of them:

* *select* and *observe* change nothing;
* after *converge*, *observe* satisfies what was desired;
* what is desired is still desired once it is there;
* *converge* back to what was observed at first restores it, field by field;
* *converge* to what is already so changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

from sopctl.core.codec import Json
from sopctl.core.resource import Absent, Observed, ResourceId, Selection
from sopctl.core.side_effect import SideEffect

ParamsT = TypeVar("ParamsT")
StateT = TypeVar("StateT")


class Undo(StrEnum):
    """How a change of this action is taken back."""

    EXACT = "exact"  # the before-image is written again, field by field
    OWNER_RECREATES = "owner_recreates"  # a controller makes a new one; nothing to undo
    RESIDUE = "residue"  # something stays behind: needs consent, roll back lists it
    NONE = "none"  # there is no way back: needs consent


class ReceiptKind(StrEnum):
    """What a provider said to one change."""

    DONE = "done"
    REJECTED = "rejected"  # certainly not executed
    CONFLICT = "conflict"  # certainly not executed: the precondition did not hold
    NOT_YET = "not_yet"  # certainly not executed: ask again later (an eviction's 429)
    ACCEPTED = "accepted"  # executed later by the provider
    UNKNOWN = "unknown"  # the reply was lost: look first


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The answer to one change, with the provider's own ids of the calls made for it.

    *after* is in seconds (NOT_YET: when to ask again); *why* is for people.
    """

    kind: ReceiptKind
    requests: tuple[str, ...] = ()
    why: str = ""
    after: float = 0.0
    token: str = ""


@dataclass(frozen=True, slots=True)
class Change(Generic[StateT]):
    """One resource, what it was when looked at, and what it is to be."""

    resource: ResourceId
    before: Observed[StateT]
    after: StateT | Absent


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """Who calls and within what bounds; *guard* raises FencedError when the lease is lost.

    An action's provider calls *guard* right before bytes leave. *op_id* is the same for a resend
    of the same attempt, and is the idempotency token where an API takes one.
    """

    run: str
    step: str
    op_id: str
    guard: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Mark:
    """A sign on an object that says which run holds it: bookkeeping, not a change."""

    resource: ResourceId
    key: str
    value: str


class Marker(Protocol):
    """How the objects of some kind carry marks."""

    def name(self, change: Change[Any], run: str) -> Mark:
        """The mark to set before *change*; pure."""
        ...

    def read(self, clients: Any, marks: Sequence[Mark]) -> Mapping[Mark, str | None]:  # noqa: ANN401  # each provider has its own clients
        """What stands there now; None is: no such mark."""
        ...

    def write(self, call: Call, clients: Any, marks: Sequence[Mark]) -> None:  # noqa: ANN401  # as above
        """Set the marks; raises a ProviderError."""
        ...

    def remove(self, call: Call, clients: Any, marks: Sequence[Mark]) -> None:  # noqa: ANN401  # as above
        """Take the marks off; raises a ProviderError."""
        ...


@dataclass(frozen=True, slots=True)
class Seen:
    """Did the consumer see it? *detail* is one sentence, either way."""

    ok: bool
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect(Generic[ParamsT, StateT]):
    """A check of the consumer of a change, in whichever direction the change goes.

    *look* reads only. It is asked every *every* seconds until it says yes or *within* seconds have
    passed since the writes (both on the target's clock). *changed_at* is when the writes ended, as
    the target's clock says.
    """

    describe: str
    look: Callable[[Any, ParamsT, Sequence[Change[StateT]], datetime], Seen]
    within: float
    every: float = 5.0


def _equal(desired: object, observed: object) -> bool:
    return desired == observed


Converged: TypeAlias = "Iterable[tuple[ResourceId, Receipt]]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Action(Generic[ParamsT, StateT]):
    """A way to find, read, decide and write resources of one kind.

    *clients* (the first argument of the reading functions, the second of *converge*) is whatever
    the composition root hands over; the engine passes it on unseen.

    ``select(clients, params)`` finds resources; reads only.
    ``observe(clients, params, ids)`` reads each id; an id that is missing from the answer is gone.
    ``desire(params, id, observed)`` says what it should be; pure.
    ``converge(call, clients, changes)`` writes a batch and yields a receipt per change as they
    complete; a change without a receipt counts as unknown.
    ``order(changes)`` puts the changes left into batches; only the first is used, then it is asked
    again. ``touch(call, clients, ids)`` bumps the version of objects so that a conditional write
    still on its way fails; without it the engine waits out the longest life of a call.
    ``renew(params, id, observed)`` says what to write so that a state which ends by itself goes
    on, or None while that is not due; pure.
    ``side_effects(clients, params, changes)`` says what the changes bring with them, for the plan;
    reads only.

    ``suffices(held, wanted)`` is for states that are reckoned from what is there, which differ a
    minute later: whether *held*, at which another open run keeps the resource, does as well as
    what is *wanted* now, so that it is left as it stands; pure. Without it only an equal state is.

    *permissions* are texts of ``core.permission``, the way back included. Those in *only_with* are
    needed with a parameter alone: ``zone`` where it is given, ``via=tags`` where it is that.
    ``permissions_of(with)`` says what else the parameters ask for, as the runbook writes them, with
    expressions in them; ``undo_of(with)`` how the changes are taken back, where that depends on
    them; both pure. An *opaque* action cannot say what its change is, only whether it is made.
    ``instructions(params, change)`` are for the person who carries it out, where one does: asked at
    a gate, once the change is accepted.
    """

    id: str
    summary: str
    kind: str
    params: type[ParamsT]
    state: type[StateT]
    select: Callable[[Any, ParamsT], Selection]
    observe: Callable[[Any, ParamsT, Sequence[ResourceId]], Mapping[ResourceId, Observed[StateT]]]
    desire: Callable[[ParamsT, ResourceId, Observed[StateT]], StateT | Absent]
    converge: Callable[[Call, Any, Sequence[Change[StateT]]], Converged]
    satisfies: Callable[[StateT | Absent, StateT | Absent], bool] = _equal
    order: Callable[[Sequence[Change[StateT]]], Sequence[Sequence[Change[StateT]]]] | None = None
    effect: Effect[ParamsT, StateT] | None = None
    marker: Marker | None = None
    touch: Callable[[Call, Any, Sequence[ResourceId]], None] | None = None
    renew: Callable[[ParamsT, ResourceId, Observed[StateT]], StateT | None] | None = None
    suffices: Callable[[StateT, StateT], bool] | None = None
    side_effects: (
        Callable[[Any, ParamsT, Sequence[Change[StateT]]], Sequence[SideEffect]] | None
    ) = None
    undo: Undo = Undo.EXACT
    disruptive: bool = False
    consent: Callable[[ParamsT], str] = field(default=lambda _params: "")  # why consent is needed
    batch: int = 1  # changes per converge call
    concurrency: int = 8  # converge calls in flight
    window: int = 0  # changes looked at and journaled at once; 0: as many as are in flight
    settle: float = 2.0  # seconds after which a second read must be equal
    patience: float = 300.0  # seconds until a change that is not yet possible counts as failed
    permissions: tuple[str, ...] = ()
    only_with: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    permissions_of: Callable[[Mapping[str, Json]], tuple[str, ...]] | None = None
    undo_of: Callable[[Mapping[str, Json]], Undo] | None = None
    opaque: bool = False
    instructions: Callable[[ParamsT, Change[StateT]], str] | None = None

    def undo_with(self, params: Mapping[str, Json]) -> Undo:
        """How changes made with *params*, as a runbook writes them, are taken back."""
        return self.undo_of(params) if self.undo_of else self.undo


# A catalog mixes actions of all types; each is still fully typed in its own module.
AnyAction: TypeAlias = Action[Any, Any]
AnyChange: TypeAlias = Change[Any]
