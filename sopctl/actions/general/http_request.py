"""``http.request``: one request to another service, for what no action knows.

Only a check can tell whether it did what it is for: where that holds already nothing is sent, and
where it does not hold afterwards the step has failed, whatever was answered. A request is sent
once, with its own ``Idempotency-Key``; one that got no answer is not sent again by itself. Without
``undo``, which is another request, there is no way back. Secrets are given by reference.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Literal, TypeAlias, cast

from sopctl.actions.general import made
from sopctl.actions.general.made import Made, Probe
from sopctl.core.action import Action, Call, Change, Converged, Receipt, ReceiptKind, Undo
from sopctl.core.codec import Json, decode, encode
from sopctl.core.errors import RefusedError, SopError
from sopctl.core.resource import ABSENT, Absent, Observed, ResourceId, Selection
from sopctl.facts.world import World
from sopctl.providers.http import Answer, Request
from sopctl.providers.receipts import receipt

KIND = "http"
Method: TypeAlias = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """*secrets*: headers by reference, such as ``env:TOKEN``. *expect* empty: any 2xx."""

    url: str
    method: Method = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    body: object = None
    expect: tuple[int, ...] = ()
    timeout: float = 10.0

    @property
    def request(self) -> Request:
        return Request(
            method=self.method,
            url=self.url,
            headers=self.headers,
            secrets=self.secrets,
            body=cast("Json", self.body),
            timeout=self.timeout,
        )

    def expected(self, answer: Answer) -> bool:
        """Whether *answer* says that it was done."""
        if self.expect:
            return answer.status in self.expect
        return HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*do* and *undo*: requests; *check*: what holds when it is done."""

    do: Sent
    check: Probe
    undo: Sent | None = None

    def __post_init__(self) -> None:
        for each in filter(None, (self.do, self.undo)):
            each.request.check()


def select(world: World, params: Params) -> Selection:
    """The one thing that the request makes; raises RefusedError for what could not be sent."""
    made.find(world, params.check)
    notes = [made.told(params.check)]
    for each in filter(None, (params.do, params.undo)):
        world.outside.http.headers(each.request)
    if params.undo:
        notes.append(f"undone by: {params.undo.method} {params.undo.url}")
    if params.do.secrets:
        notes.append(f"secret headers: {', '.join(params.do.secrets)}")
    name = f"{params.do.method} {params.do.url}"
    return Selection((ResourceId(KIND, name),), 1, tuple(notes))


def observe(
    world: World, params: Params, ids: Sequence[ResourceId]
) -> Mapping[ResourceId, Observed[Made]]:
    ways = {"do": params.do, "undo": params.undo}
    how = {way: encode(sent) for way, sent in ways.items() if sent is not None}
    return made.observe(world, params.check, ids, how)


def desire(params: Params, resource: ResourceId, seen: Observed[Made]) -> Made | Absent:
    return made.desire(seen)


def converge(call: Call, world: World, changes: Sequence[Change[Made]]) -> Converged:
    for each in changes:
        yield each.resource, _send(call, world, each)


def _send(call: Call, world: World, change: Change[Made]) -> Receipt:
    """What the service refused (4xx) it did not do; of anything else only the check can tell."""
    assert change.after is not ABSENT, "it is made or not"
    if change.after == change.before.state:
        return Receipt(kind=ReceiptKind.DONE)
    sent = decode(Sent, change.before.evidence["do" if change.after.made else "undo"])
    try:
        answer = world.outside.http.send(sent.request, call)
    except RefusedError as error:
        return Receipt(kind=ReceiptKind.REJECTED, why=error.summary)
    except SopError as error:
        return receipt(error)
    why = f"answered {answer.status}" + (f": {answer.text}" if answer.text else "")
    if sent.expected(answer):
        return Receipt(kind=ReceiptKind.DONE, why=why)
    refused = HTTPStatus.BAD_REQUEST <= answer.status < HTTPStatus.INTERNAL_SERVER_ERROR
    return Receipt(kind=ReceiptKind.REJECTED if refused else ReceiptKind.UNKNOWN, why=why)


def consent(params: Params) -> str:
    return "" if params.undo else "no undo is declared: what the request does stays done"


def undo_of(params: Mapping[str, Json]) -> Undo:
    return Undo.EXACT if params.get("undo") else Undo.NONE


ACTION: Action[Params, Made] = Action(
    id="http.request",
    summary="Send a request to another service.",
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
