"""The doors that input comes through, each with what usually comes in."""

from __future__ import annotations

import json
import os
import random
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from campaigns import mutations, replies
from sopctl.actions.catalog import CATALOG as ACTIONS
from sopctl.app import plans, policy
from sopctl.app.targets import Targets
from sopctl.checks.catalog import CATALOG as CHECKS
from sopctl.core.codec import canonical, decode, encode
from sopctl.core.journal import GENESIS, Entry
from sopctl.core.plan import Plan
from sopctl.core.runbook import Runbook
from sopctl.core.shape import MISSHAPEN
from sopctl.core.target import Target
from sopctl.engine.fold import fold
from sopctl.facts.snapshot import SHAPES
from sopctl.journal import chain, export
from sopctl.notation.strict_yaml import MAX_BYTES
from sopctl.providers.k8s_sdk import K8sSdk
from sopctl.providers.limits import Limits
from sopctl.runbook import expressions, lint, loader
from sopctl.runbook.trials import loader as trials
from sopctl.sandbox.scenario import loader as scenarios
from sopctl.views import audit, html, markdown
from sopctl.views import plan as plan_view
from sopctl.views.lines import plain
from tests.runbook import books, examples
from tests.views import scenes

Json = Any  # hostile input has no shape
ROOT = Path(__file__).resolve().parent.parent
KNOWN = lint.Known(actions=ACTIONS, checks=CHECKS, facts=SHAPES)
TEXTS = tuple(mutations.TEXT)
FIELDS = tuple(mutations.JSON)
FORGED = tuple(f"forged {kind}" for kind in FIELDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """*made* draws an input of one of *kinds*; *take* brings it in, and may raise SopError."""

    name: str
    kinds: tuple[str, ...]
    made: Callable[[str, random.Random], Json]
    take: Callable[[Json], object]


@cache
def _folder() -> Path:
    """One for each process; it goes with /tmp."""
    return Path(tempfile.mkdtemp(prefix=f"sopctl-fuzz-{os.getpid()}-"))


def _written(name: str, text: str) -> Path:
    path = _folder() / name
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    return path


def _files(folder: str, pattern: str) -> Callable[[], list[str]]:
    return lambda: [p.read_text() for p in sorted((ROOT / folder).glob(pattern))]


def _text_door(
    name: str, corpus: Callable[[], Sequence[str]], take: Callable[[str], object]
) -> Door:
    known = cache(corpus)

    def made(kind: str, dice: random.Random) -> str:
        texts = known()
        return mutations.text(kind, dice, dice.choice(texts), dice.choice(texts))

    return Door(name=name, kinds=TEXTS, made=made, take=take)


def _runbook(text: str) -> None:
    path = _written("book.yaml", text)
    problems = lint.lint(path, KNOWN)
    assert all(each.line >= 1 and each.column >= 1 and each.summary for each in problems)
    loader.load(path)


def _runbooks() -> list[str]:
    shipped = [t for t in _files("runbooks", "*.yaml")() if "kind: Runbook\n" in t]
    return [*shipped, examples.SMALL, books.INNER, books.OUTER]


EXPRESSIONS = (
    "params.evacuate && gates.ask.answer == 'yes'",
    "facts.groups.filter(g, g.spot).map(g, g.name)",
    "steps['drain'].outcome == 'applied'",
    "size(params.keys) > 3 ? 'a' : 'b'",
    "1 + 2 * int(params.zone)",
    "facts.zones.exists(z, z.id == params.zone)",
    "[1, 2.5, 'x', null, {'a': [b'x']}]",
    "has(facts.cluster.name)",
    "'a'.startsWith('b') in ['c'] || !true",
    "params.keys.all(k, k.matches('(a+)+$'))",
    "duration('1h') > timestamp('x')",
    "facts.groups[0].zones[9999999].contains('é')",
    "-9223372036854775808 / -1",
    "string(params) + type(1)",
    "${{ params.zone }} and ${{ params.count + 1 }}",
)
TYPES = {
    "params": {
        "zone": "string",
        "evacuate": "bool",
        "keys": ["string"],
        "count": "int",
        "share": "float",
    },
    "facts": SHAPES,
    "gates": {"ask": {"answer": "string?"}},
    "steps": {"drain": {"outcome": "string"}},
}
ENV = {
    "params": {
        "zone": "us-east-1a",
        "evacuate": True,
        "keys": ["aaaaaaaaaaaaaaaaaaaaaaaaaaaa!"],
        "count": 3,
        "share": 0.5,
    },
    "facts": {
        "groups": [{"name": "g", "zones": ["a"], "spot": True}],
        "zones": [],
        "cluster": {"name": "c"},
    },
    "gates": {"ask": {"answer": None}},
    "steps": {"drain": {"outcome": "applied"}},
}


def _expression(given: str) -> None:
    text = given[:MAX_BYTES]  # more than a file may have
    for ask in (
        lambda: expressions.compile(text, TYPES).evaluate(ENV),
        lambda: expressions.when(text, ENV),
        lambda: expressions.data({"a": [text, f"${{{{ {text} }}}}"]}, ENV),
        lambda: expressions.references_in(text),
    ):
        try:
            ask()
        except expressions.RefusedError:
            continue


TARGETS = """\
targets:
  prod-east:
    region: us-east-1
    profile: prod
    kubeconfig: /home/ana/.kube/config
    context: prod
    account: "012345670123"
    cluster_uid: cdf4ba86-ecec-43ba-abaf-b22cddb5d515
    labels: {env: prod}
    lock: required
  stage: {region: eu-central-1, clock: "http://127.0.0.1:1/now", account: 012345670123}
"""
POLICY = """\
max_objects:
  aws.asg: {count: 20, percent: 30}
  k8s.node: {count: 100, percent: 50}
commands: [/usr/local/bin/flip-dns]
notify:
  people: {oncall: env:ONCALL_URL, boss: [env:BOSS_URL, "file:/etc/boss"]}
  tell: {gate: [oncall], end: [oncall, boss]}
"""
KUBECONFIG = """\
apiVersion: v1
kind: Config
current-context: here
contexts: [{name: here, context: {cluster: one, user: me, namespace: x}}]
clusters:
- name: one
  cluster: {server: "https://127.0.0.1:6443", certificate-authority-data: aGVsbG8=}
users:
- name: me
  user: {token: abc, client-certificate-data: aGVsbG8=, client-key-data: aGVsbG8=, username: ana}
"""


def _targets(text: str) -> None:
    Targets(_written("targets.yaml", text)).all()


def _policy(text: str) -> None:
    path = _written("policy.yaml", text)
    for read in (policy.load, policy.commands, policy.announcing):
        read(path)


def _kubeconfig(text: str) -> None:
    sdk = K8sSdk(Target(name="t", kubeconfig=str(_written("kubeconfig", text))), Limits())
    _ = sdk.server, sdk.entries, sdk.authorization()
    sdk.close()


@cache
def _book() -> Runbook:
    return replace(loader.load(examples.SMALL), name=scenes.PLAN.runbook, digest=scenes.PLAN.digest)


def _plan_text(plan: Json, claimed: Json) -> str:
    return json.dumps({"schema": plans.SCHEMA, "hash": claimed, "plan": plan}, indent=2)


def _plan_made(kind: str, dice: random.Random) -> str:
    usual: Json = encode(scenes.PLAN)
    if kind in TEXTS:
        text = _plan_text(usual, scenes.PLAN.hash)
        return mutations.text(kind, dice, text, text)
    mutated = mutations.json(kind.removeprefix("forged "), dice, usual)
    claimed = scenes.PLAN.hash
    if kind in FORGED:
        with suppress(*MISSHAPEN):  # else no hash makes it right
            claimed = decode(Plan, mutated).hash
    return _plan_text(mutated, claimed)


def _plan(text: str) -> None:
    found = plans.load(_written("plan.json", text), _book(), Target(name="prod-east"))
    plain(plan_view.lines(found, full=True), 80)
    json.dumps(plan_view.data(found))


def _journal_made(kind: str, dice: random.Random) -> str:
    head, records = scenes.head(), scenes.journal()
    lines = list(export.to_jsonl(head, records))
    if kind in TEXTS:
        text = "\n".join(lines)
        return mutations.text(kind, dice, text, text)
    if kind not in FORGED:
        rows = mutations.json(kind, dice, [json.loads(line) for line in lines])
        return "\n".join(_canonical(each) for each in (rows if isinstance(rows, list) else [rows]))
    return "\n".join(_forged(kind.removeprefix("forged "), dice))


def _forged(kind: str, dice: random.Random) -> list[str]:
    """A chain that is sound, of records that are not what a run writes."""
    records = list(scenes.journal())
    at = dice.randrange(len(records))
    data = mutations.json(kind, dice, records[at].data)
    entries = [Entry(kind=each.kind, data=each.data) for each in records]
    entries[at] = replace(entries[at], data=data if isinstance(data, dict) else {})
    try:
        sealed = chain.seal(
            chain.Tail(scenes.RUN, -1, GENESIS),
            entries,
            epoch=1,
            at=records[0].at,
            scrub=lambda x: x,
        )
        head = replace(scenes.head(), hash=sealed[-1].hash)
        return list(export.to_jsonl(head, sealed))
    except (ValueError, TypeError, RecursionError):
        return []


def _canonical(row: Json) -> str:
    try:
        return canonical(row).decode()
    except (ValueError, TypeError, RecursionError):
        return "[" * 500  # it cannot be written, so nobody can send it


def _journal(text: str) -> None:
    """As ``audit import`` does, and then ``audit show``, ``list`` and ``export``."""
    head, records = export.from_text(text)
    state = fold(head.run, records)
    plain([*audit.timeline(records), *audit.listed([state])], 80)
    json.dumps(audit.listed_data([state]))
    markdown.report(head, records)
    html.report(head, records)


ALL: tuple[Door, ...] = (
    _text_door("runbook", _runbooks, _runbook),
    _text_door(
        "runbook test",
        _files("runbooks", "*.test.yaml"),
        lambda text: trials.load(_written("b.test.yaml", text)),
    ),
    _text_door(
        "scenario",
        _files("scenarios", "*.yaml"),
        lambda text: scenarios.load(_written("s.yaml", text)),
    ),
    _text_door("expression", lambda: EXPRESSIONS, _expression),
    _text_door("targets", lambda: [TARGETS], _targets),
    _text_door("policy", lambda: [POLICY], _policy),
    _text_door("kubeconfig", lambda: [KUBECONFIG], _kubeconfig),
    Door(name="plan", kinds=(*TEXTS, *FIELDS, *FORGED), made=_plan_made, take=_plan),
    Door(name="journal", kinds=(*TEXTS, *FIELDS, *FORGED), made=_journal_made, take=_journal),
    Door(name="kubernetes", kinds=FIELDS, made=replies.made("k8s"), take=replies.taken),
    Door(name="aws", kinds=FIELDS, made=replies.made("aws"), take=replies.taken),
)
