from __future__ import annotations

import socket

from sopctl.checks.ready.operations.reach import CHECK, Params


def test_the_server_that_answers_holds_and_after_its_end_it_does_not(stage):
    verdict = CHECK.look(stage.clients, Params())
    assert verdict.holds
    assert verdict.detail == "1 of 1 addresses of the API server answer"
    stage.local.kube.stop()
    verdict = CHECK.look(stage.local.world, Params())
    assert not verdict.holds
    assert verdict.rows == ("127.0.0.1 does not answer",)


def test_a_name_that_is_unknown_does_not_hold(stage, monkeypatch):
    def fails(*_args, **_kwargs):
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", fails)
    verdict = CHECK.look(stage.local.world, Params())
    assert not verdict.holds
    assert verdict.detail == "0 of 0 addresses of the API server answer"
