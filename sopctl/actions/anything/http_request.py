"""``http.request``: one request to a service of your own, with a question that tells if it is done.

The question is a GET, asked in every plan too: done is when its status is the expected one and,
with ``at``, when the answer has the expected value there. Each request has an Idempotency-Key that
is the same if it is sent again. A secret header takes its value from the environment, and stands
in no record. In a practice world only addresses of this machine are asked.
Source: RFC 9110; draft-ietf-httpapi-idempotency-key-header.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Literal
from urllib.parse import urlsplit

from sopctl.actions.anything import done
from sopctl.actions.anything.done import Done
from sopctl.core.action import Action, Call, Change, Converged, Receipt, ReceiptKind, Undo
from sopctl.core.codec import Json, decode, encode
from sopctl.core.errors import NotFoundError, PermissionDeniedError, RefusedError, SopError
from sopctl.core.resource import ABSENT, Absent, Observed, ResourceId, Selection
from sopctl.facts.world import World
from sopctl.providers import json_patch
from sopctl.providers.receipts import receipt
from sopctl.providers.web import Answer, Asked

KIND = "http"
_DENIED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """*body* is sent as JSON."""

    method: Literal["POST", "PUT", "PATCH", "DELETE"]
    url: str
    body: object = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """*at* is a JSON Pointer into the answer, at which *equals* has to stand."""

    url: str
    status: int = 200
    at: str = ""
    equals: object = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*name*: what it is. *send*, *undo*: requests. *check*: the question whether it is done.

    *irreversible*: why there is no undo. *secrets*: header to the environment variable that has
    its value. *seconds*: how long to wait for an answer.
    """

    name: str
    send: Request
    check: Question
    undo: Request | None = None
    irreversible: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 10.0

    def __post_init__(self) -> None:
        done.refuse_one_way((self.undo,) if self.undo else (), self.irreversible, self.name)
        for url in (self.send.url, self.check.url, *([self.undo.url] if self.undo else [])):
            parts = urlsplit(url)
            if parts.scheme not in ("https", "http") or not parts.hostname or parts.username:
                raise RefusedError(
                    f"{url} is no address to ask", hint="Write https://HOST/..., without a user."
                )
        if self.check.at and not self.check.at.startswith("/"):
            raise RefusedError(f"{self.check.at} is no JSON Pointer", hint="Write /key/key.")


def select(world: World, params: Params) -> Selection:
    return Selection((ResourceId(KIND, params.name),), 1)


def observe(
    world: World, params: Params, ids: Sequence[ResourceId]
) -> Mapping[ResourceId, Observed[Done]]:
    """What the question gives; as evidence what there is to send, for the way back too."""
    asked = Asked(
        method="GET",
        url=params.check.url,
        headers=params.headers,
        secrets=params.secrets,
        seconds=params.seconds,
    )
    answer = world.web.ask(asked)
    if answer.status in _DENIED and params.check.status != answer.status:
        raise PermissionDeniedError(
            f"GET {params.check.url}: HTTP {answer.status}",
            hint="Look at the credentials in the environment.",
        )
    evidence: dict[str, Json] = {
        "answer": f"HTTP {answer.status}",
        "send": encode(_asked(params, params.send)),
        "undo": encode(_asked(params, params.undo)) if params.undo else None,
    }
    return {each: Observed(Done(done=_is_done(params.check, answer)), evidence) for each in ids}


def _asked(params: Params, request: Request) -> Asked:
    return Asked(
        method=request.method,
        url=request.url,
        body=request.body,  # type: ignore[arg-type]  # YAML knows nothing else than JSON here
        headers=params.headers,
        secrets=params.secrets,
        seconds=params.seconds,
    )


def _is_done(question: Question, answer: Answer) -> bool:
    if answer.status != question.status:
        return False
    if not question.at:
        return True
    found = answer.json
    for key in json_patch.keys(question.at):
        if isinstance(found, Mapping) and key in found:
            found = found[key]
        elif isinstance(found, list) and key.isdigit() and int(key) < len(found):
            found = found[int(key)]
        else:
            return False
    return found == question.equals


def desire(params: Params, resource: ResourceId, observed: Observed[Done]) -> Done | Absent:
    return Done(done=True)


def converge(call: Call, world: World, changes: Sequence[Change[Done]]) -> Converged:
    for each in changes:
        yield each.resource, _send(call, world, each)


def _send(call: Call, world: World, change: Change[Done]) -> Receipt:
    assert change.after is not ABSENT, "it is done or not"
    if change.after == change.before.state:
        return Receipt(kind=ReceiptKind.DONE)
    asked = decode(Asked, change.before.evidence["send" if change.after.done else "undo"])
    try:
        world.web.act(call, asked)
    except NotFoundError as error:
        return Receipt(kind=ReceiptKind.REJECTED, why=error.summary)
    except SopError as error:
        return receipt(error)
    return Receipt(kind=ReceiptKind.DONE)


def undo_with(params: Params) -> Undo:
    return done.way_back(params.irreversible)


ACTION: Action[Params, Done] = Action(
    id="http.request",
    summary="Send a request to a service of your own, with a question that tells if it is done.",
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
