from __future__ import annotations

import pytest

from sopctl.actions.general.http_request import ACTION, Params, Sent
from sopctl.actions.general.made import Probe
from sopctl.core.action import ReceiptKind, Undo
from sopctl.core.errors import RefusedError
from sopctl.engine.leg import Done
from sopctl.engine.state import RunEnd
from tests import laws
from tests.actions.general.outside import Bench, Engine

SECRET = "the-token-of-the-service"


@pytest.fixture
def bench(tmp_path, service):
    made = Bench(tmp_path, (), {"TOKEN": SECRET})
    made.dump = lambda: {"flag": service.flag}
    made.mutations = lambda: len(service.sent("PUT")) + len(service.sent("DELETE"))
    return made


@pytest.fixture
def engine(bench):
    return Engine(bench)


def to(service, **more):
    return {
        "do": {"method": "PUT", "url": service.url, "body": {"on": True}, **more},
        "undo": {"method": "DELETE", "url": service.url},
        "check": {"name": "http.answers", "params": {"url": service.url}},
    }


def params(service, **more):
    given = to(service, **more)
    return Params(do=Sent(**given["do"]), undo=Sent(**given["undo"]), check=Probe(**given["check"]))


def test_it_keeps_the_laws(bench, service):
    laws.prove(ACTION, bench, params(service))


def test_it_is_sent_once_and_taken_back_by_another_request(engine, service):
    assert engine.run("http.request", to(service)) == Done(RunEnd.DONE)
    ((_, headers, body),) = service.sent("PUT")
    assert (headers["Content-Type"], body) == ("application/json", '{"on":true}')
    assert len(headers["Idempotency-Key"]) == 32
    assert engine.roll_back() == Done(RunEnd.UNDONE)
    assert service.flag is False
    assert len(service.sent("DELETE")) == 1


def test_nothing_is_sent_where_it_is_so_already(engine, service):
    service.flag = True
    assert engine.run("http.request", to(service)) == Done(RunEnd.DONE)
    assert service.sent("PUT") == []


def test_an_answer_that_got_lost_is_looked_for_and_nothing_is_sent_twice(engine, service):
    service.silent = True
    assert engine.run("http.request", to(service)) == Done(RunEnd.DONE)
    assert len(service.sent("PUT")) == 1


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (200, ReceiptKind.DONE),
        (302, ReceiptKind.UNKNOWN),
        (409, ReceiptKind.REJECTED),
        (500, ReceiptKind.UNKNOWN),
    ],
)
def test_what_an_answer_means(bench, service, status, kind):
    service.says = {"PUT": status}
    assert answered(bench, params(service)).kind is kind


def answered(bench, given):
    ids = ACTION.select(bench.clients, given).ids
    seen = ACTION.observe(bench.clients, given, ids)
    (change,) = laws._changes(ACTION, given, ids, seen)
    (receipt,) = laws.run(ACTION, bench.clients, [change]).values()
    return receipt


def test_the_expected_status_can_be_said(bench, service):
    service.says = {"PUT": 409}
    assert answered(bench, params(service, expect=(409,))).kind is ReceiptKind.DONE


def test_what_it_answers_does_nothing_to_a_terminal(bench, service):
    assert answered(bench, params(service)).why == "answered 200: so ?[1mbe"


def test_one_that_fails_is_sent_once_and_a_person_decides(engine, service):
    service.says = {"PUT": 500}
    parked = engine.run("http.request", to(service))
    assert "answered 500" in parked.detail
    assert len(service.sent("PUT")) == 1


def test_a_service_that_is_not_there_was_sent_nothing(bench, service):
    given = params(service)
    seen = ACTION.observe(bench.clients, given, ACTION.select(bench.clients, given).ids)
    service.close()
    (change,) = laws._changes(ACTION, given, list(seen), seen)
    (receipt,) = laws.run(ACTION, bench.clients, [change]).values()
    assert receipt.kind is ReceiptKind.NOT_YET


def test_secret_headers_are_sent_and_never_kept(bench, engine, service):
    engine.run("http.request", to(service, secrets={"Authorization": "env:TOKEN"}))
    assert service.sent("PUT")[0][1]["Authorization"] == SECRET
    assert SECRET in bench.hidden
    assert SECRET not in repr(list(engine.deps.store.read("run-1")))


@pytest.mark.parametrize("url", ["http://example.com/x", "ftp://example.com", "example.com"])
def test_nothing_leaves_this_machine_in_clear(service, url):
    with pytest.raises(RefusedError, match="not encrypted"):
        params(service, url=url)


def test_without_undo_there_is_no_way_back(service):
    assert ACTION.undo_with({"do": {}}) is Undo.NONE
    assert ACTION.undo_with(to(service)) is Undo.EXACT
    assert "stays done" in ACTION.consent(
        Params(do=Sent(url=service.url), check=Probe(name="http.answers"))
    )
