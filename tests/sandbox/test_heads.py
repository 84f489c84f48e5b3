from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer

import pytest

from sopctl.sandbox.heads import MOST, Head, PlainHandler


class Echo(PlainHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        said = f"{self.path} {self.headers.get_all('X-Many')} ".encode() + body
        self.send_response(200)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    do_POST = _serve  # noqa: N815  # http.server's name

    def log_message(self, format: str, *args: object) -> None: ...  # noqa: A002  # name of the base


@pytest.fixture
def address() -> Iterator[tuple[str, int]]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield "127.0.0.1", server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()


def raw(address: tuple[str, int], sent: bytes) -> bytes:
    with socket.create_connection(address, timeout=5) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        found = b""
        while more := connection.recv(65536):
            found += more
        return found


def test_a_connection_serves_several_requests(address: tuple[str, int]) -> None:
    connection = http.client.HTTPConnection(*address, timeout=5)
    for number in range(3):
        connection.request("POST", f"/{number}?a=1", body=b"x" * number, headers={"X-Many": "a"})
        answer = connection.getresponse()
        assert answer.read() == f"/{number}?a=1 ['a'] {'x' * number}".encode()
    connection.close()


def test_names_have_no_case_and_may_come_twice(address: tuple[str, int]) -> None:
    sent = b"POST //x HTTP/1.1\r\nx-MANY: a\r\nX-many:  b \r\nConnection: close\r\n\r\n"
    assert raw(address, sent).endswith(b"/x ['a', 'b'] ")


def test_an_old_client_is_answered_and_hung_up_on(address: tuple[str, int]) -> None:
    assert raw(address, b"POST / HTTP/1.0\r\n\r\n").count(b"200 OK") == 1
    assert b"100 Continue" in raw(
        address, b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 0\r\n\r\n"
    )


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"POST / HTTP/1.1\r\nno colon\r\n\r\n", b"431"),
        (b"POST / HTTP/1.1\r\nspace : 1\r\n\r\n", b"431"),
        (b"POST / HTTP/1.1\r\n" + b"a: b\r\n" * (MOST + 5) + b"\r\n", b"431"),
        (b"POST / HTTP/1.1\r\na: " + b"b" * 70000 + b"\r\n\r\n", b"431"),
        (b"POST / HTTP/2.7\r\n\r\n", b"505"),
        (b"POST / twice HTTP/1.1\r\n\r\n", b"400"),
    ],
)
def test_what_is_no_request_is_refused(
    address: tuple[str, int], sent: bytes, status: bytes
) -> None:
    assert status in raw(address, sent).partition(b"\r\n")[0]


def test_a_head_is_asked_as_a_message_is() -> None:
    head = Head([("A", "1"), ("b", "2"), ("a", "3")])
    assert (head.get("a"), head["B"], head.get("c"), head.get("c", "d")) == ("1", "2", None, "d")
    assert head.get_all("c") is None
    assert list(head) == ["A", "b", "a"]
    assert head.items() == [("A", "1"), ("b", "2"), ("a", "3")]
    assert "B" in head
