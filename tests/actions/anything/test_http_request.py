from __future__ import annotations

import pytest

from sopctl.actions.anything.done import Done
from sopctl.actions.anything.http_request import ACTION, Params, Question, Request
from sopctl.core.action import Change, ReceiptKind, Undo
from sopctl.core.errors import PermissionDeniedError, RefusedError
from tests import laws
from tests.fakes.service import serving


@pytest.fixture
def service():
    with serving() as service:
        yield service


def drained(service, **more):
    url = f"{service.url}/zones/a"
    given = {
        "name": "drain the edge",
        "send": Request(method="PUT", url=url, body={"state": "drained", "by": ["sopctl"]}),
        "undo": Request(method="DELETE", url=url),
        "check": Question(url=url, at="/state", equals="drained"),
        **more,
    }
    return Params(**given)


def change(local, params, done=True):
    (resource,) = ACTION.select(local.clients, params).ids
    seen = ACTION.observe(local.clients, params, [resource])[resource]
    return Change(resource, seen, Done(done=done))


def test_a_request_with_its_undo_keeps_the_laws(local, service):
    laws.prove(ACTION, local, drained(service))
    assert service.writes == ["PUT /zones/a", "DELETE /zones/a"]
    assert service.kept == {}


@pytest.mark.parametrize(
    ("kept", "question", "done"),
    [
        ({"state": "drained"}, {"at": "/state", "equals": "drained"}, True),
        ({"state": "open"}, {"at": "/state", "equals": "drained"}, False),
        ({}, {"at": "/state", "equals": "drained"}, False),
        ({"l": [{"x": 1}]}, {"at": "/l/0/x", "equals": 1}, True),
        ({"l": []}, {"at": "/l/0/x", "equals": 1}, False),
        ({}, {}, True),
        (None, {}, False),
        (None, {"status": 404}, True),
    ],
)
def test_the_question_tells_whether_it_is_done(local, service, kept, question, done):
    if kept is not None:
        service.kept["/zones/a"] = kept
    params = drained(service, check=Question(url=f"{service.url}/zones/a", **question))
    assert change(local, params).before.state == Done(done=done)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, ReceiptKind.REJECTED),
        (403, ReceiptKind.REJECTED),
        (404, ReceiptKind.REJECTED),
        (409, ReceiptKind.CONFLICT),
        (429, ReceiptKind.NOT_YET),
        (500, ReceiptKind.UNKNOWN),
        (-1, ReceiptKind.UNKNOWN),
    ],
)
def test_what_is_answered_says_what_happened(local, service, status, kind):
    wanted = change(local, drained(service))
    service.answers = [status]
    (got,) = laws.run(ACTION, local.clients, [wanted]).values()
    assert got.kind is kind
    assert len(service.writes) == 1


def test_a_question_that_is_denied_is_no_answer(local, service):
    service.answers = [403]
    with pytest.raises(PermissionDeniedError):
        change(local, drained(service))


def test_one_way_is_shown_and_asked(service):
    one_way = drained(service, undo=None, irreversible="mails are sent")
    assert ACTION.way_back(one_way) is Undo.NONE
    assert ACTION.consent(one_way) == "mails are sent"


@pytest.mark.parametrize(
    "url", ["", "/zones/a", "ftp://edge/x", "https://user:word@edge/x", "file:///etc/passwd"]
)
def test_what_is_no_address_is_refused(service, url):
    with pytest.raises(RefusedError, match="no address to ask"):
        drained(service, check=Question(url=url))


def test_a_question_needs_a_pointer_and_a_request_its_undo(service):
    with pytest.raises(RefusedError, match="no JSON Pointer"):
        drained(service, check=Question(url=service.url, at="state"))
    with pytest.raises(RefusedError, match="either undo or irreversible"):
        drained(service, undo=None)
