from __future__ import annotations

import pytest

from sopctl.checks.general.http_answers import Params, look
from sopctl.core.errors import RefusedError
from tests.actions.general.outside import Bench, Service


@pytest.fixture
def service():
    made = Service()
    made.flag = True
    yield made
    made.close()


@pytest.fixture
def world(tmp_path):
    return Bench(tmp_path, (), {"TOKEN": "t0ken-value"}).clients


@pytest.mark.parametrize(
    ("more", "holds"),
    [
        ({}, True),
        ({"status": (204,)}, False),
        ({"contains": "so"}, True),
        ({"contains": "not so"}, False),
    ],
)
def test_it_holds_when_status_and_text_are_as_expected(world, service, more, holds):
    assert look(world, Params(url=service.url, **more)).holds is holds


def test_a_service_that_is_not_there_does_not_hold(world, service):
    service.close()
    verdict = look(world, Params(url=service.url))
    assert (verdict.holds, verdict.detail) == (False, "127.0.0.1 cannot be reached")


def test_secret_headers_are_sent(world, service):
    look(world, Params(url=service.url, secrets={"X-Token": "env:TOKEN"}))
    assert service.sent("GET")[0][1]["X-Token"] == "t0ken-value"


def test_nothing_leaves_this_machine_in_clear():
    with pytest.raises(RefusedError):
        Params(url="http://example.com")
