"""Canaries: secrets planted wherever sopctl reads, looked for in everything that it writes.

A case is a journey through the verbs against a sandbox, with canaries drawn from a number. What
has to hold: no canary in what is printed, in a file under the state or configuration directory but
those where it was planted, in an export or on a page.
"""

from __future__ import annotations

import base64
import json
import random
import string
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import yaml

from campaigns import practice
from campaigns.frame import Campaign, Played, command
from tests.end_to_end.driver import Outside, Sopctl

Canaries = dict[str, str]
RATE = 20  # seconds of its world in one of ours
LETTERS = string.ascii_letters + string.digits
BOOK = """\
apiVersion: sopctl/v1
kind: Runbook
metadata: {name: canary, title: Freeze what is there, owner: nobody}
parameters:
  note: {type: string, default: none}
guardrails: {max_objects: {k8s.node: {count: 50, percent: 100}}}
steps:
  - id: freeze
    uses: k8s.autoscaler.scale_down
    with: {enabled: false, via: annotations}
"""
OUTPUTS: tuple[tuple[str, ...], ...] = ((), ("-o", "json"))
ASKS: tuple[tuple[str, ...], ...] = (
    ("status", "--all"),
    ("audit", "list"),
    ("audit", "show"),
    ("audit", "verify"),
    ("doctor",),
    ("view",),
    ("target", "list"),
    ("target", "check", "--target", "here"),
    ("runbook", "show", "canary"),
    ("plan", "canary", "--full", "--stats"),
)
FORMATS = ("jsonl", "markdown", "html")


def cases(seed: int) -> Iterator[int]:
    """Numbers without end; each is a journey with canaries of its own."""
    dice = random.Random(seed)
    while True:
        yield dice.getrandbits(32)


def canaries(number: int) -> Canaries:
    """One for each place where a secret may stand, in the shapes that secrets have."""
    dice = random.Random(number)

    def drawn(length: int, letters: str = LETTERS) -> str:
        return "".join(dice.choices(letters, k=length))

    def jwt() -> str:
        parts = (json.dumps({"alg": "HS256", "n": drawn(9)}), json.dumps({"sub": drawn(9)}))
        coded = [base64.urlsafe_b64encode(each.encode()).decode().rstrip("=") for each in parts]
        return ".".join([*coded, drawn(43)])

    return {
        "env AWS_SECRET_ACCESS_KEY": drawn(40),
        "env AWS_SESSION_TOKEN": f"IQoJb3JpZ2lu{drawn(60)}",
        "env DEPLOY_TOKEN": drawn(24),
        "env DB_PASSWORD": drawn(16),
        "env GITHUB_TOKEN": f"ghp_{drawn(36)}",
        "env ONCALL_SECRET": drawn(30),
        "kubeconfig token": drawn(48),
        "kubeconfig password": drawn(20),
        "kubeconfig client-key-data": base64.b64encode(drawn(60).encode()).decode(),
        "kubeconfig server": drawn(18),
        "parameter jwt": jwt(),
        "parameter url": drawn(17),
        "reason": f"ghp_{drawn(36)}",
        "incident": f"xoxb-{drawn(24)}",
        "annotation jwt": jwt(),
        "annotation slack": f"xoxb-{drawn(24)}",
        "annotation key": drawn(64),
        "annotation url": drawn(22),
        "annotation signature": drawn(64),
        "policy address": drawn(19),
    }


def play(case: int, asks: tuple[tuple[str, ...], ...] = ASKS) -> Played:
    """Plant, go through everything, and look."""
    _, outside = practice.world(RATE)
    planted = canaries(case)
    journey = _Journey(outside, planted)
    journey.plant()
    journey.go(asks)
    hits = sorted(set(journey.hits()))
    return Played(tuple(journey.cells), "; ".join(hits))


class _Journey:
    def __init__(self, outside: Outside, planted: Canaries) -> None:
        self._outside, self._planted = outside, planted
        self._folder = Path(tempfile.mkdtemp(prefix="sopctl-journey-"))
        secret = {k.removeprefix("env "): v for k, v in planted.items() if k.startswith("env ")}
        env = {**outside.values, **secret, "SOPCTL_STATE_DIR": str(self._folder / "state")}
        env["SOPCTL_CONFIG_DIR"] = str(self._folder / "config")
        self._sopctl = Sopctl(self._folder, env)
        self._said: dict[str, str] = {}
        self.cells: list[str] = []

    def plant(self) -> None:
        config = self._folder / "config"
        (config / "runbooks").mkdir(parents=True)
        (config / "runbooks" / "canary.yaml").write_text(BOOK)
        (self._folder / "oncall").write_text(self._planted["env ONCALL_SECRET"])
        self._kubeconfigs()
        region = self._outside.values["AWS_REGION"]
        address = f"json://ana:{self._planted['policy address']}@127.0.0.1:9/"
        notify = {"people": {"oncall": address}, "tell": {"end": ["oncall"]}}
        (config / "policy.yaml").write_text(yaml.safe_dump({"notify": notify}))
        targets = {
            "here": {"region": region, "kubeconfig": str(self._folder / "kubeconfig")},
            "lost": {"region": region, "kubeconfig": str(self._folder / "gone")},
        }
        (config / "targets.yaml").write_text(yaml.safe_dump({"targets": targets}))
        self._annotations()

    def _kubeconfigs(self) -> None:
        found = yaml.safe_load(Path(self._outside.values["KUBECONFIG"]).read_text())
        others = {
            "token": self._planted["kubeconfig token"],
            "username": "ana",
            "password": self._planted["kubeconfig password"],
            "client-key-data": self._planted["kubeconfig client-key-data"],
        }
        found["users"].append({"name": "other", "user": others})
        (self._folder / "kubeconfig").write_text(yaml.safe_dump(found))
        server = f"https://ana:{self._planted['kubeconfig server']}@127.0.0.1:9"
        found["clusters"][0]["cluster"]["server"] = server
        (self._folder / "gone").write_text(yaml.safe_dump(found))

    def _annotations(self) -> None:
        """On every node: the API answers with them to whoever lists nodes."""
        found = self._planted
        key = f"-----BEGIN PRIVATE KEY-----\n{found['annotation key']}\n-----END PRIVATE KEY-----"
        values = {
            "jwt": found["annotation jwt"],
            "slack": f"hook {found['annotation slack']}",
            "key": key,
            "url": f"postgres://app:{found['annotation url']}@db/x",
            "signed": f"https://s3/x?X-Amz-Signature={found['annotation signature']}&y=1",
        }
        for node in self._outside.get("/api/v1/nodes")["items"]:
            path = f"/api/v1/nodes/{node['metadata']['name']}"
            kept = node["metadata"].get("annotations") or {}
            merged = {**kept, **{f"canary/{name}": value for name, value in values.items()}}
            value = {"op": "add", "path": "/metadata/annotations", "value": merged}
            self._outside.patch(path, [value])

    def go(self, asks: tuple[tuple[str, ...], ...]) -> None:
        consent = ("--yes", "--target", "here", "--reason", self._planted["reason"])
        consent = (*consent, "--incident", self._planted["incident"])
        note = f"{self._planted['parameter jwt']} http://x:{self._planted['parameter url']}@y/"
        self._say("run", "canary", "--note", note, *consent)
        for ask in asks:
            aimed = ask[0] in ("doctor", "view", "plan")
            for output in OUTPUTS:
                self._say(*ask, *(("--target", "here") if aimed else ()), *output)
        for name in FORMATS:
            self._say("audit", "export", "--format", name, "--to", str(self._folder / f"x.{name}"))
        self._say("view", "--target", "here", "--html", str(self._folder / "view.html"))
        self._say("permissions", "canary", "--target", "here")
        self._say("plan", "canary", "--target", "lost")
        self._say("doctor", "--target", "lost", "--only", "ready.core")
        self._say("rollback", *consent, "-o", "json")

    def _say(self, *words: str) -> None:
        with self._sopctl.popen(*words) as process:
            out, err = process.communicate(timeout=150)
        name = " ".join(each for each in words if each not in self._planted.values())
        self._said[f"{name} (exit {process.returncode})"] = out + err
        self.cells.append(" ".join(words[:2] if words[0] in ("audit", "target") else words[:1]))

    def hits(self) -> Iterator[str]:
        """Where a canary came out."""
        own = {"kubeconfig", "gone", "policy.yaml", "oncall"}
        written = {
            str(path.relative_to(self._folder)): path.read_bytes().decode(errors="replace")
            for path in self._folder.rglob("*")
            if path.is_file() and path.name not in own
        }
        for where, text in {**self._said, **written}.items():
            for name, value in self._planted.items():
                if value in text:
                    yield f"{name} in {where[:60]}"


CAMPAIGN = Campaign(name="secrets", cases=cases, play=play, chunk=1)

if __name__ == "__main__":
    sys.exit(command(CAMPAIGN))
