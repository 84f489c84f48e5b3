"""The clock of a target."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from sopctl.app.clocks import clock_of
from sopctl.core.clock import SystemClock
from sopctl.core.errors import RefusedError, UnreachableError
from sopctl.core.target import Target


@pytest.fixture
def clock_url(tmp_path):
    """A clock that runs a hundred times as fast, for those who know the token."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            known = self.headers.get("Authorization") == "Bearer secret"
            body = json.dumps({"now": "2026-11-01T03:00:00+00:00", "rate": 100.0}).encode()
            self.send_response(200 if known else 401)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/clock"
    server.shutdown()
    server.server_close()
    thread.join()


def test_by_default_it_is_this_machine():
    assert isinstance(clock_of(Target(name="x")), SystemClock)


def test_a_clock_behind_a_url_runs_as_fast_as_it_says(clock_url, tmp_path):
    token = tmp_path / "token"
    token.write_text("secret\n")

    clock = clock_of(Target(name="x", clock=clock_url, clock_token_file=str(token)))

    start = datetime(2026, 11, 1, 3, 0, tzinfo=UTC)
    clock.sleep(2.0)
    assert 2.0 <= (clock.now() - start).total_seconds() < 60.0


def test_a_clock_that_refuses_is_unreachable(clock_url):
    with pytest.raises(UnreachableError, match="the clock of target x does not answer"):
        clock_of(Target(name="x", clock=clock_url))


@pytest.mark.parametrize("url", ["http://clock.example.com/", "file:///etc/passwd", "ftp://x"])
def test_only_loopback_and_https_are_believed(url):
    with pytest.raises(RefusedError, match="not at a loopback or https address"):
        clock_of(Target(name="x", clock=url))
