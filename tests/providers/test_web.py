"""HTTP to services of one's own: what an answer, or none, says about the call."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sopctl.core.clock import SystemClock
from sopctl.core.errors import (
    ConflictError,
    FencedError,
    NotFoundError,
    PermissionDeniedError,
    RefusedError,
    TemporaryError,
    UnreachableError,
)
from sopctl.core.target import Target
from sopctl.providers.answers import AnsweredError, LostReplyError, PacedError
from sopctl.providers.web import BOUND, Asked, Web
from tests.fakes.service import serving
from tests.laws import call


class Quick(SystemClock):
    def sleep(self, seconds):
        pass


@pytest.fixture
def service():
    with serving() as service:
        yield service


@pytest.fixture
def web():
    return Web(Target(name="prod"), agent="sopctl/1", clock=Quick(), hide=lambda *_: None)


def asked(service, method="PUT", path="/state", **more):
    given = {"body": {"on": True}, "headers": {}, "secrets": {}, "seconds": 5.0, **more}
    return Asked(method=method, url=f"{service.url}{path}", **given)


def test_a_write_says_who_sends_it_and_is_known_again(web, service):
    web.act(call("op-1"), asked(service))
    ((_, _, headers),) = service.asked
    assert headers["User-Agent"] == "sopctl/1"
    assert headers["Idempotency-Key"] == "op-1"
    assert headers["Content-Type"] == "application/json"
    assert service.kept == {"/state": {"on": True}}


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, AnsweredError),
        (302, AnsweredError),
        (401, PermissionDeniedError),
        (403, PermissionDeniedError),
        (404, NotFoundError),
        (409, ConflictError),
        (412, ConflictError),
        (429, PacedError),
        (503, PacedError),
        (500, LostReplyError),
        (502, LostReplyError),
        (-1, LostReplyError),
    ],
)
def test_a_write_is_sent_once_whatever_is_answered(web, service, status, error):
    service.answers = [status]
    with pytest.raises(error):
        web.act(call(), asked(service))
    assert len(service.asked) == 1


def test_a_write_without_the_lease_is_not_sent(web, service):
    def guard():
        raise FencedError("lost")

    with pytest.raises(FencedError):
        web.act(call(guard=guard), asked(service))
    assert service.asked == []


def test_a_read_is_asked_again_and_any_answer_below_500_is_one(web, service):
    service.answers = [500, -1, 429]
    assert web.ask(asked(service, "GET", body=None)).status == 404
    assert len(service.asked) == 4
    service.answers = [500] * 10
    with pytest.raises(TemporaryError, match="HTTP 500"):
        web.ask(asked(service, "GET", body=None))


def test_nobody_there_is_told_from_no_answer(web, service):
    where = asked(service)
    service.close()
    with pytest.raises(UnreachableError):
        web.act(call(), where)


def test_redirects_are_not_followed_and_long_answers_are_cut(web, service):
    service.kept["/long"] = "x" * (BOUND + 10)
    assert len(web.ask(asked(service, "GET", "/long", body=None)).body) == BOUND
    service.answers = [302]
    assert web.ask(asked(service, "GET", body=None)).status == 302


def test_secrets_come_from_the_environment_and_are_hidden_first(service, monkeypatch):
    hidden = []
    web = Web(Target(name="prod"), agent="a", clock=Quick(), hide=lambda *some: hidden.extend(some))
    secret = asked(service, secrets={"Authorization": "EDGE_AUTH"})
    with pytest.raises(RefusedError, match="no EDGE_AUTH"):
        web.act(call(), secret)
    monkeypatch.setenv("EDGE_AUTH", "Bearer hunter2hunter2")
    web.act(call(), secret)
    assert hidden == ["Bearer hunter2hunter2"]
    assert service.asked[-1][2]["Authorization"] == "Bearer hunter2hunter2"


def test_a_practice_world_reaches_nothing_real(service):
    target = Target(name="sandbox", clock="http://127.0.0.1:1/clock")
    web = Web(target, agent="a", clock=Quick(), hide=lambda *_: None)
    with pytest.raises(RefusedError, match=r"edge\.example/x is real"):
        web.ask(replace(asked(service, "GET"), url="https://edge.example/x"))
    assert web.ask(asked(service, "GET", body=None)).status == 404
