"""A real HTTP server on loopback that keeps what apprise posts to it."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Postbox:
    """*letters* by path, in order; *answers*: the status for a path; *slow*: seconds per answer."""

    port: int = 0
    letters: list = field(default_factory=list)
    answers: dict = field(default_factory=dict)
    let_go: threading.Event = field(default_factory=threading.Event)
    slow: tuple = ()

    def url(self, path="box"):
        return f"json://127.0.0.1:{self.port}/{path}"

    def bodies(self):
        return [letter["message"] for _, letter in self.letters]

    def titles(self):
        return [letter["title"] for _, letter in self.letters]


@contextmanager
def postbox():
    box = Postbox()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            length = int(self.headers["Content-Length"])
            box.letters.append((self.path.strip("/"), json.loads(self.rfile.read(length))))
            name = self.path.strip("/")
            if name in box.slow:
                box.let_go.wait(30)
            status = box.answers.get(name, 200)
            self.send_response(status)
            if status in (301, 302, 307):
                self.send_header("Location", f"http://127.0.0.1:{box.port}/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    box.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield box
    finally:
        box.let_go.set()
        server.shutdown()
        server.server_close()
        thread.join()
