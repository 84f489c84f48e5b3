"""What is known about a running sandbox, and the files that say it."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sopctl.core.codec import Json, decode, encode
from sopctl.core.errors import UsageError

# A static key, which the sandbox does not check; see ``sopctl.sandbox.aws.front.ACCESS_KEY``.
ACCESS_KEY = "AKIASANDBOX000000000"
SECRET_KEY = "sandbox"  # noqa: S105  # no secret: signatures are not checked
REGION = "us-east-1"
NAME = "sandbox"
ACCOUNT = "123456789012"  # of moto, and so of every sandbox
PRIVATE_DIR = 0o700
PRIVATE_FILE = 0o600


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A sandbox that answers.

    ``started`` is the real time at which it became healthy; ``clock_url`` answers the world's
    time, with ``token`` (also in ``token_file``) as bearer, as every path below ``control_url``.
    """

    pid: int
    control_url: str
    aws_url: str
    kube_url: str
    kubeconfig: Path
    aws_config: Path
    token: str
    clock_url: str
    started: datetime
    token_file: Path
    log: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class _Record:
    """The contents of control.json."""

    pid: int
    url: str
    aws_url: str
    kube_url: str
    token: str
    started: str
    version: str


class Files:
    """The directory of one sandbox, ``<state dir>/sandbox``; everything in it is private."""

    def __init__(self, state_dir: Path) -> None:
        self.root = state_dir.resolve() / NAME
        self.record = self.root / "control.json"
        self.token = self.root / "control-token"
        self.kubeconfig = self.root / "kubeconfig"
        self.aws_config = self.root / "aws-config"
        self.aws_credentials = self.root / "aws-credentials"
        self.log = self.root / "log"
        self.snapshot_key = self.root / "snapshot-key"  # stays: it outlives one sandbox
        self.scenario = self.root / "scenario.json"
        # Held while somebody starts the sandbox, and by the sandbox as long as it lives.
        self.starting = self.root / "starting.lock"
        self.alive = self.root / "alive.lock"

    def make(self) -> None:
        """Make the directory, or make it private again; raises UsageError."""
        try:
            self.root.mkdir(mode=PRIVATE_DIR, parents=True, exist_ok=True)
            self.root.chmod(PRIVATE_DIR)
        except OSError as error:
            raise UsageError(
                f"the sandbox cannot live in {self.root}: {(error.strerror or '').lower()}",
                hint="Set SOPCTL_STATE_DIR to a directory you can write.",
            ) from error

    def write(self, path: Path, text: str) -> None:
        """Write a private file at once: readers see all of it or none."""
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        draft.touch(mode=PRIVATE_FILE)
        draft.chmod(PRIVATE_FILE)
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)

    def publish(self, running: Running, version: str) -> None:
        """Write down how to reach the sandbox; the last file, so that it means health."""
        record = _Record(
            pid=running.pid,
            url=running.control_url,
            aws_url=running.aws_url,
            kube_url=running.kube_url,
            token=running.token,
            started=running.started.isoformat(),
            version=version,
        )
        self.write(self.token, running.token)
        self.write(self.record, json.dumps(encode(record), indent=2) + "\n")

    def take_key(self, other: Files) -> None:
        """Read what *other*, another sandbox of the same person, has sealed."""
        self.snapshot_key.unlink(missing_ok=True)
        self.snapshot_key.touch(mode=PRIVATE_FILE)
        self.snapshot_key.write_bytes(other.snapshot_key.read_bytes())

    def order(self, scenario: Json) -> None:
        """Say what the next start has to plant; None: what it plants by itself."""
        if scenario is None:
            self.scenario.unlink(missing_ok=True)
        else:
            self.write(self.scenario, json.dumps(scenario))

    def read_scenario(self) -> Json:
        """What was ordered, if something was."""
        try:
            found: Json = json.loads(self.scenario.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        return found

    def read(self) -> Running | None:
        """The sandbox that was written down, alive or not; None if there is none to read."""
        try:
            found = decode(_Record, json.loads(self.record.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError, KeyError):
            return None
        return Running(
            pid=found.pid,
            control_url=found.url,
            aws_url=found.aws_url,
            kube_url=found.kube_url,
            kubeconfig=self.kubeconfig,
            aws_config=self.aws_config,
            token=found.token,
            clock_url=f"{found.url}/clock",
            started=datetime.fromisoformat(found.started),
            token_file=self.token,
            log=self.log,
        )

    def retract(self) -> None:
        """Remove what says how to reach the sandbox; its log stays."""
        for path in (
            self.record,
            self.token,
            self.kubeconfig,
            self.aws_config,
            self.aws_credentials,
        ):
            path.unlink(missing_ok=True)


def aws_config(url: str) -> str:
    """An AWS config file that is all an AWS client needs, as default and as profile sandbox."""
    settings = (
        f"region = {REGION}\nendpoint_url = {url}\naws_access_key_id = {ACCESS_KEY}\n"
        f"aws_secret_access_key = {SECRET_KEY}\ncli_pager =\n"
    )
    return f"[default]\n{settings}\n[profile {NAME}]\n{settings}"


def aws_credentials() -> str:
    """A shared credentials file with the same key, which hides the user's own file."""
    keys = f"aws_access_key_id = {ACCESS_KEY}\naws_secret_access_key = {SECRET_KEY}\n"
    return f"[default]\n{keys}\n[{NAME}]\n{keys}"


def kubeconfig(url: str, certificate: str, token: str) -> str:
    """A kubeconfig with one context, called sandbox; *certificate* is base64 of PEM.

    Its cluster is named as `aws eks update-kubeconfig` does. JSON is YAML: no writer is needed.
    """
    cluster = f"arn:aws:eks:{REGION}:{ACCOUNT}:cluster/{NAME}"
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": NAME,
        "clusters": [
            {
                "name": cluster,
                "cluster": {"server": url, "certificate-authority-data": certificate},
            }
        ],
        "users": [{"name": NAME, "user": {"token": token}}],
        "contexts": [{"name": NAME, "context": {"cluster": cluster, "user": NAME}}],
    }
    return json.dumps(config, indent=2) + "\n"
