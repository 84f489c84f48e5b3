"""Endpoints that never answer, take no connection or have no address: how long until it is said.

Targets: the first message within five seconds, and giving up within twenty.
Source of the yardstick: boto3 gives up after 180 s by default, the Kubernetes client never.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from campaigns.frame import Campaign, Played, command
from sopctl.core.clock import SystemClock

Case = tuple[str, str, str]  # the verb, what does not answer, and how
VERBS = {
    "plan": ("plan", "az-failure", "--zone", "us-east-1a"),
    "run": ("run", "az-failure", "--zone", "us-east-1a", "--yes", "--reason", "x"),
    "doctor": ("doctor", "--no-runbooks"),
    "view": ("view",),
    "target": ("target", "check", "current"),
}
FIRST, LAST = 5.0, 20.0  # seconds
STARTED = 3.0  # of which Python itself may take so many on a machine that is busy
LIMIT = 120.0


def cases(_seed: int) -> Iterator[Case]:
    """Every verb, with each half and both of them gone, in each way."""
    for how in ("silent", "closed", "nameless"):
        for what in ("both", "aws", "kubernetes"):
            for verb in VERBS:
                yield verb, what, how


def play(case: Case) -> Played:
    """One command, timed from its start to its first word and to its end."""
    verb, what, how = case
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sopctl-hole-")))
        hole = stack.enter_context(HOLES[how]())
        refuses = stack.enter_context(refusing())
        aws = hole if what in ("both", "aws") else refuses
        kube = hole if what in ("both", "kubernetes") else refuses
        first, last, said = timed(VERBS[verb], environment(folder, aws, kube))
    wrong = []
    if "Traceback" in said:
        wrong.append("a traceback")
    if first > FIRST + STARTED:
        wrong.append(f"its first word came after {first:.1f} s")
    if last > LAST + STARTED:
        wrong.append(f"it gave up after {last:.1f} s")
    cell = f"{verb}, {what} {how}"
    return Played((cell,), f"{cell}: {'; '.join(wrong)}" if wrong else "")


def timed(words: tuple[str, ...], env: dict[str, str]) -> tuple[float, float, str]:
    """(seconds to the first word, to the end, everything it said)."""
    argv = [sys.executable, "-u", "-m", "sopctl", *words]
    argv += [] if words[0] == "target" else ["--target", "current"]
    began, first, said = time.monotonic(), 0.0, b""
    with subprocess.Popen(
        argv, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL
    ) as process:
        assert process.stdout is not None
        while chunk := os.read(process.stdout.fileno(), 65536):
            first = first or time.monotonic() - began
            said += chunk
            if time.monotonic() - began > LIMIT:
                process.kill()
    last = time.monotonic() - began
    return first or last, last, said.decode(errors="replace")


def environment(folder: Path, aws: str, kube: str) -> dict[str, str]:
    """Credentials and endpoints at these addresses, and nothing else of ours."""
    (folder / "aws").write_text(
        f"[default]\nregion = us-east-1\nendpoint_url = http://{aws}\n"
        "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\n"
    )
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "hole",
        "clusters": [{"name": "c", "cluster": {"server": f"http://{kube}"}}],
        "users": [{"name": "u", "user": {"token": "t"}}],
        "contexts": [{"name": "hole", "context": {"cluster": "c", "user": "u"}}],
    }
    (folder / "kube").write_text(json.dumps(config))
    state = {"SOPCTL_STATE_DIR": "state", "SOPCTL_CONFIG_DIR": "config", "HOME": "home"}
    files = {"AWS_CONFIG_FILE": "aws", "KUBECONFIG": "kube"}
    ours = {name: str(folder / where) for name, where in {**state, **files}.items()}
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "SOPCTL_", "KUBE"))}
    return {**kept, **ours}


@contextmanager
def silent() -> Iterator[str]:
    """A port that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as server:
        yield address(server)


@contextmanager
def full() -> Iterator[str]:
    """A port that takes no more connections: the kernel drops what asks for one."""
    with ExitStack() as stack:
        server = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.settimeout(0.0)
            waiting.connect_ex(server.getsockname())
        SystemClock().sleep(0.2)  # the kernel answers the first of them
        yield address(server)


@contextmanager
def nameless() -> Iterator[str]:
    """A name without an address (RFC 6761 keeps `invalid` free of them)."""
    yield "endpoint.invalid:443"


@contextmanager
def refusing() -> Iterator[str]:
    """A port that nobody listens on: the other half, which fails at once."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        free = address(server)
    yield free


def address(server: socket.socket) -> str:
    host, port = server.getsockname()
    return f"{host}:{port}"


HOLES = {"silent": silent, "closed": full, "nameless": nameless}


CAMPAIGN = Campaign(
    name="blackhole",
    cases=cases,
    play=play,
    needed=frozenset(f"{verb}, {what} {how}" for verb, what, how in cases(0)),
    chunk=1,
)

if __name__ == "__main__":
    sys.exit(command(CAMPAIGN))
