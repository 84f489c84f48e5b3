"""A folder and a small HTTP service as the world outside, and an engine to run steps in it."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

from sopctl.actions.catalog import CATALOG
from sopctl.checks.catalog import CATALOG as CHECKS
from sopctl.core.check import Check, Verdict
from sopctl.core.runbook import Runbook, Step, StepKind
from sopctl.engine import records
from sopctl.engine.control import all_runs, load, open_run, say
from sopctl.engine.holdings import holdings
from sopctl.engine.leg import leg
from sopctl.engine.planner import Order, make_plan
from sopctl.engine.ports import Deps
from sopctl.engine.restore import Return, plan_return
from sopctl.facts.outside import Outside
from sopctl.journal.memory import MemoryStore
from sopctl.providers.commands import Commands
from sopctl.providers.http import Http
from sopctl.providers.secrets import Secrets
from sopctl.runbook.language import RunbookLanguage
from tests.engine.toys import FakeClock, NoFacts, SerialPool


@dataclass(frozen=True, kw_only=True)
class There:
    path: str


def _there(world, params):
    found = (world.folder / params.path).exists()
    return Verdict(found, f"{params.path} is {'there' if found else 'not there'}")


THERE = Check(id="file.there", summary="A file is there.", params=There, look=_there)


class Bench:
    """*folder* is the world's state; what is done to it is counted by its checks."""

    def __init__(self, folder, programs=(), environ=None):
        self.folder, self.hidden = folder, []
        self.secrets = Secrets(environ=environ or {}, hide=self.hidden.append)
        self.outside = Outside(
            checks={**CHECKS, THERE.id: THERE},
            commands=Commands(allowed=tuple(programs), secrets=self.secrets),
            http=Http(secrets=self.secrets),
        )

    @property
    def clients(self):
        return SimpleNamespace(outside=self.outside, folder=self.folder)

    def mutations(self):
        return 0  # nobody counts outside: the dump tells

    def dump(self):
        return {p.name: p.read_text() for p in sorted(self.folder.iterdir()) if p.is_file()}


class Service:
    """PUT and DELETE a flag, GET it; *says* overrides the status, *silent* gives no answer."""

    def __init__(self):
        self.flag, self.says, self.silent, self.seen = False, {}, False, []
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do(self):
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length).decode()
                service.seen.append((self.command, dict(self.headers), body))
                status = service.says.get(self.command, 200)
                if status < 400:
                    service.flag = {"PUT": True, "DELETE": False}.get(self.command, service.flag)
                if self.command == "GET" and not service.flag:
                    status = 404
                if service.silent and self.command != "GET":
                    self.connection.close()
                    return
                self.send_response(status)
                self.send_header("Content-Length", "9")
                self.end_headers()
                self.wfile.write(b"so \x1b[1mbe\n")

            do_GET = do_PUT = do_DELETE = do  # noqa: N815  # the names that the library calls

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/flag"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def sent(self, method):
        return [each for each in self.seen if each[0] == method]


class Engine:
    """Runs one step with the real engine."""

    def __init__(self, bench):
        self.clock = FakeClock()
        self.deps = Deps(
            store=MemoryStore(clock_seconds=self.clock.seconds),
            clock=self.clock,
            clients=bench.clients,
            actions=CATALOG,
            checks={THERE.id: THERE},
            language=RunbookLanguage(),
            facts=NoFacts(),
            pool=SerialPool(),
            worker="w1",
            seconds=self.clock.seconds,
            ttl=1e9,
        )

    def plan(self, uses, params):
        step = Step(id="s", kind=StepKind.ACTION, uses=uses, params=params)
        book = Runbook(name="b", title="B", steps=(step,), digest="d")
        return make_plan(Order(runbook=book, params={}, target={"name": "t"}), self.deps)

    def run(self, uses, params):
        return self._go("run-1", self.plan(uses, params))

    def roll_back(self):
        asked = Return(
            source=load("run-1", self.deps),
            way_back=(),
            target={"name": "t"},
            held=holdings(all_runs(self.deps)),
        )
        return self._go("run-2", plan_return(asked, self.deps))

    def answer(self, gate, answer, run="run-1"):
        say(run, self.deps, records.answer(gate, answer, "anna", ""))
        return leg(run, self.deps)

    def decide(self, choice, run="run-1"):
        say(run, self.deps, records.decision("s", choice, "anna", ""))
        return leg(run, self.deps)

    def state(self, run="run-1"):
        return load(run, self.deps)

    def _go(self, run, plan):
        consent = records.consent("tester", "yes", plan.hash)
        open_run(run, plan, {"by": "tester"}, consent, self.deps)
        return leg(run, self.deps)
