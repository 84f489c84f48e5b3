"""What the two providers answered once, in ``corpus/replies.json``, and what is made of it.

The answers come through the real providers, over a wire that is a table: so one of them can lack a
field, or have one of another type. ``python -m campaigns.replies`` records them from a sandbox.
"""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from campaigns import mutations
from sopctl.app import guarded, sandbox
from sopctl.app.settings import from_environment
from sopctl.checks.catalog import CATALOG as CHECKS
from sopctl.core.errors import SopError
from sopctl.core.target import Target
from sopctl.facts.snapshot import SHAPES, Snapshot
from sopctl.facts.world import World
from sopctl.providers.answers import AnsweredError
from sopctl.providers.aws import Aws
from sopctl.providers.aws_sdk import AwsSdk
from sopctl.providers.k8s import K8s
from sopctl.providers.k8s_sdk import Answer, K8sSdk
from sopctl.providers.limits import Limits
from sopctl.sandbox.process import lifecycle

FILE = Path(__file__).resolve().parent / "corpus" / "replies.json"
LONGEST = 5  # entries of a list that are kept
QUICK = Limits(attempts=1, deadline=1.0)
SUBJECTS = (
    "zones",
    "cluster_name",
    "groups",
    "eks",
    "balancers",
    "autoscalers",
    "nodes",
    "pods",
    "workloads",
    "templates",
    "hpas",
    "pdbs",
    "handlers",
    "policies",
    "server_version",
)
READY = tuple(
    each for name, each in sorted(guarded.checks(CHECKS).items()) if name.startswith("ready.")
)
Json = Any  # answers have the shapes of the APIs, or none at all


class Table:
    """Both SDKs at once: what was answered, by what was asked."""

    region = "us-east-1"
    server = "https://127.0.0.1:6443"
    entries: tuple[Mapping[str, Any], Mapping[str, Any]] = ({"name": "x", "cluster": "x"}, {})

    def __init__(self, answers: Mapping[str, Json]) -> None:
        self._answers = answers

    def authorization(self) -> str:
        return ""

    def renew(self, _refused: str) -> str:
        return ""

    def send(self, method: str, path: str, **_: object) -> Answer:
        name = f"{method} {path.partition('?')[0]}"
        found = self._answers.get(name)
        body = found if isinstance(found, dict) else {"message": str(found)[:200]}  # as K8sSdk does
        return Answer(status=404 if found is None else 200, body=body, headers={})

    def call(self, service: str, operation: str, *_: object) -> Json:
        found = self._answers.get(f"{service}.{operation}")
        if not isinstance(found, dict):  # botocore parses every answer into a mapping
            raise AnsweredError(f"{service}.{operation}: no", status=400)
        return found

    def pages(self, _service: str, _name: str, ask: Callable[..., Json]) -> Callable[..., Json]:
        return lambda **kwargs: (ask(**kwargs),)

    def secrets(self) -> tuple[str, ...]:
        return ()

    def close(self) -> None:
        return


@cache
def recorded() -> Mapping[str, Mapping[str, Json]]:
    """By provider, what it answered by what it was asked."""
    found: Mapping[str, Mapping[str, Json]] = json.loads(FILE.read_text())
    return found


def made(provider: str) -> Callable[[str, random.Random], Json]:
    """Draws all answers, one of *provider* mutated."""

    def draw(kind: str, dice: random.Random) -> Json:
        answers = {**recorded()["k8s"], **recorded()["aws"]}
        name = dice.choice(sorted(recorded()[provider]))
        return {**answers, name: mutations.json(kind, dice, answers[name])}

    return draw


def taken(answers: Mapping[str, Json]) -> None:
    """Everybody who reads: each subject, each fact as JSON, each check of readiness."""
    table: Any = Table(answers)
    target = Target(name="t", region="us-east-1")
    aws, k8s = Aws(target, sdk=table, limits=QUICK), K8s(target, sdk=table, limits=QUICK)
    facts = Snapshot(aws, k8s, cluster="sandbox")
    world = World(aws=aws, k8s=k8s, facts=facts)
    _each(lambda name: getattr(facts, name)(), SUBJECTS)
    _each(facts.read, SHAPES)
    _each(lambda check: check.look(world, check.params()), READY)


def _each(ask: Callable[[Any], object], subjects: Iterable[object]) -> None:
    for subject in subjects:
        try:
            ask(subject)
        except SopError:
            continue


class _Recorder:
    """Passes everything on, and keeps what was answered."""

    def __init__(self, sdk: Any, kept: dict[str, Json]) -> None:  # noqa: ANN401  # either SDK
        self._sdk, self._kept = sdk, kept

    def __getattr__(self, name: str) -> object:
        return getattr(self._sdk, name)

    def send(self, method: str, path: str, **given: Any) -> Answer:  # noqa: ANN401  # as K8sSdk
        found: Answer = self._sdk.send(method, path, **given)
        if found.status == 200:  # noqa: PLR2004  # OK
            self._kept[f"{method} {path.partition('?')[0]}"] = _short(found.body)
        return found

    def call(self, service: str, operation: str, *given: Any) -> Json:  # noqa: ANN401  # as AwsSdk
        found = self._sdk.call(service, operation, *given)
        self._kept[f"{service}.{operation}"] = _short(found)
        return found


def _short(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: _short(item) for key, item in value.items() if key != "managedFields"}
    if isinstance(value, list):
        first = sorted(value, key=lambda item: "autoscaler" not in str(item))  # who is looked for
        return [_short(item) for item in first[:LONGEST]]
    return value


@contextmanager
def _stopped(folder: Path) -> Iterator[None]:
    try:
        yield
    finally:
        lifecycle.stop(folder)


def record() -> None:
    """Start a sandbox of its own, ask everything, and write down what it answered."""
    with tempfile.TemporaryDirectory() as folder, _stopped(Path(folder)):
        target = sandbox.sandbox_target(from_environment({"SOPCTL_STATE_DIR": folder}))
        kept: dict[str, dict[str, Json]] = {"k8s": {}, "aws": {}}
        limits = Limits()
        kubernetes: Any = _Recorder(K8sSdk(target, limits), kept["k8s"])
        amazon: Any = _Recorder(AwsSdk(target, agent="", limits=limits), kept["aws"])
        aws, k8s = Aws(target, sdk=amazon), K8s(target, sdk=kubernetes)
        facts = Snapshot(aws, k8s)
        world = World(aws=aws, k8s=k8s, facts=facts)
        _each(lambda name: getattr(facts, name)(), SUBJECTS)
        _each(lambda check: check.look(world, check.params()), READY)
        FILE.write_text(json.dumps(kept, indent=1, default=str) + "\n")


if __name__ == "__main__":
    record()
