"""The whole command line on the engine's toy world: everything real but the two providers."""

from __future__ import annotations

import io
import json
from contextlib import contextmanager, nullcontext, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field

from sopctl.app.calls import CallLog
from sopctl.app.composition import App, Parts
from sopctl.app.place import Catalogs
from sopctl.app.settings import Settings
from sopctl.cli.context import Context
from sopctl.cli.main import execute
from sopctl.cli.terminal import GaveUpError
from sopctl.core.errors import RefusedError
from sopctl.core.target import Identity, Target
from tests.cli import lights
from tests.engine.toys import FakeClock, NoFacts

LIGHTS = """\
apiVersion: sopctl/v1
kind: Runbook
metadata: {name: lights, title: Light every lamp}
parameters:
  zone: {type: zone, required: true, help: Where}
  colour: {type: enum, choices: [warm, cold], default: warm, help: Which light}
  gently: {type: bool, default: true}
guardrails:
  max_objects: {lamp: {count: 50, percent: 100}}
revert_within: 2h
steps:
  - id: light
    why: It is dark.
    uses: toy.lamp
  - id: go
    gate: Are they lit?
    when: "!params.gently"
return:
  - {restore: [light]}
"""


@dataclass
class Nobody:
    """No terminal: whoever asks is wrong."""

    interactive: bool = False

    def confirm(self, question):
        raise AssertionError(question)

    ask = confirm

    def choose(self, question, choices):
        raise AssertionError(question)


GIVES_UP = object()
"""What a person answers who presses Ctrl-C."""


@dataclass
class Somebody:
    """A person with prepared answers; *asked* is what was asked, *offered* the choices."""

    answers: list = field(default_factory=list)
    interactive: bool = True
    asked: list = field(default_factory=list)
    offered: list = field(default_factory=list)

    def confirm(self, question):
        return self._answer(question)

    def ask(self, question):
        return self._answer(question)

    def choose(self, question, choices):
        self.offered.append(tuple(choices))
        answer = self._answer(question)
        assert answer in [key for key, _ in choices], choices
        return answer

    def _answer(self, question):
        self.asked.append(question)
        assert self.answers, f"nobody prepared an answer to: {question}"
        answer = self.answers.pop(0)
        if answer is GIVES_UP:
            raise GaveUpError(question)
        return answer


class ToyConnection:
    def __init__(self, shop):
        self.shop = shop
        self.clients = shop.world
        self.facts = NoFacts()
        self.clock = shop.clock
        self.calls = CallLog()

    def blame(self, ids):
        return {}

    def preflight(self, needs, identity):
        return None

    def one_look(self):
        return nullcontext()

    def identify(self):
        return self.shop.identity

    def context(self):
        return "my-context"

    def zone(self, wanted):
        if wanted not in ("us-east-1a", "use1-az4"):
            raise RefusedError(f"there is no zone {wanted!r}", hint="The zones are us-east-1a.")
        return "us-east-1a", "use1-az4"

    def lock(self, worker, warn, *, force):
        return None

    def close(self):
        self.shop.closed += 1


@dataclass
class Result:
    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)

    @property
    def rows(self):
        return [json.loads(row) for row in self.out.splitlines()]


class Shop:
    """One machine with its directories, one toy target `toy` (and `prod`), one world of lamps."""

    def __init__(self, folder, *, lamps=3):
        self.clock = FakeClock()
        self.world = lights.world(self.clock, lamps)
        self.closed = 0
        self.identity = Identity(
            account="111122223333",
            caller="arn:aws:iam::111122223333:user/me",
            region="us-east-1",
            cluster_uid="uid-1",
            server="https://cluster",
            user="me",
        )
        self.settings = Settings(config=folder / "config", state=folder / "state")
        self.targets = {
            "toy": Target(name="toy", account="111122223333", cluster_uid="uid-1"),
            "prod": Target(name="prod", labels={"env": "prod"}),
            "current": Target(name="current", profile="me"),
        }
        self.write("lights", LIGHTS)
        self.terminal = Nobody()

    def write(self, name, text):
        self.settings.runbooks.mkdir(parents=True, exist_ok=True)
        (self.settings.runbooks / f"{name}.yaml").write_text(text)

    def person(self, *answers):
        self.terminal = Somebody(list(answers))
        return self.terminal

    def __call__(self, *args, environ=None):
        parts = Parts(
            connect=lambda target, agent: ToyConnection(self),
            catalogs=lambda: Catalogs(actions=lights.ACTIONS, checks=lights.CHECKS),
            targets=self.targets,
        )
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            app = App(self.settings, parts)
            context = Context(app, self.terminal, environ or {})
            try:
                code = execute([str(arg) for arg in args], context)
            finally:
                context.close()
        return Result(code, out.getvalue(), err.getvalue())

    def run(self, *args):
        """`sopctl run lights` on the toy target, without questions."""
        return self("run", "lights", "--zone", "us-east-1a", "--target", "toy", "--yes", *args)

    @contextmanager
    def dying(self, place="wire lamp l1"):
        """The process ends where its write of this lamp is on the wire."""

        def die(point):
            if point == place:
                raise KeyboardInterrupt

        self.world.wire = die
        yield
        self.world.wire = None

    @property
    def lamps(self):
        return {name: thing.value for (_, name), thing in sorted(self.world.things.items())}
