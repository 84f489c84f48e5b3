from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from sopctl.sandbox.aws.loopback import LoopbackHandler, LoopbackServer


class Echo(LoopbackHandler):
    entered = threading.Event()
    leave = threading.Event()

    def _echo(self) -> None:
        body = self.read_body()
        if body == b"slow":
            self.entered.set()
            self.leave.wait(5)
        if body == b"reset":
            self.reset()
        else:
            self.reply(200, {"Content-Type": "text/plain"}, body)

    do_POST = do_HEAD = _echo  # noqa: N815  # http.server's names


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    made = LoopbackServer(Echo)
    made.start()
    yield made
    made.stop()


def connect(server: LoopbackServer) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=5)


def ask(connection: http.client.HTTPConnection, body: bytes) -> bytes:
    connection.request("POST", "/", body)
    return connection.getresponse().read()


def test_stopping_does_not_wait_for_idle_connections_and_leaves_no_thread() -> None:
    before = threading.active_count()
    server = LoopbackServer(Echo)
    server.start()
    connection = connect(server)
    assert ask(connection, b"hello") == b"hello"
    server.stop()
    assert threading.active_count() == before
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        ask(connection, b"hello")
    connection.close()


def test_a_call_under_way_gets_its_answer_when_the_server_stops() -> None:
    server = LoopbackServer(Echo)
    server.start()
    Echo.entered.clear()
    Echo.leave.clear()
    connection = connect(server)
    connection.request("POST", "/", b"slow")
    assert Echo.entered.wait(5)
    stopper = threading.Thread(target=server.stop)
    stopper.start()
    Echo.leave.set()
    assert connection.getresponse().read() == b"slow"
    stopper.join(10)
    assert not stopper.is_alive()
    connection.close()


def test_a_server_that_never_started_can_be_stopped() -> None:
    LoopbackServer(Echo).stop()


def test_a_reset_is_seen_as_one(server: LoopbackServer) -> None:
    connection = connect(server)
    with pytest.raises(ConnectionResetError):
        ask(connection, b"reset")
    connection.close()


def test_a_head_is_answered_without_a_body(server: LoopbackServer) -> None:
    connection = connect(server)
    connection.request("HEAD", "/", b"abc")
    reply = connection.getresponse()
    assert reply.headers["Content-Length"] == "3"
    assert reply.read() == b""
    assert ask(connection, b"next") == b"next"
    connection.close()
