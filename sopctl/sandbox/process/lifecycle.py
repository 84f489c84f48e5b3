"""Start, find, reset and stop the sandbox of a state directory."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import sopctl
from sopctl.core.clock import SystemClock
from sopctl.core.codec import Json
from sopctl.core.errors import RefusedError, SopError, UnreachableError
from sopctl.sandbox.process.running import (
    ACCESS_KEY,
    NAME,
    REGION,
    SECRET_KEY,
    Files,
    Running,
)

START_SECONDS = 60.0
ANSWER_SECONDS = 60.0
WORLD_SECONDS = 300.0  # to write a whole world down, read it or step it, on a busy machine
HEALTH_SECONDS = 15.0
STOP_SECONDS = 10.0
LOOK_EVERY = 0.05
OK = 200


def start(
    state_dir: Path,
    *,
    rate: float = 30.0,
    scenario: Json = None,
    patience: float = START_SECONDS,
) -> Running:
    """Return the sandbox of *state_dir*, started if it does not run; healthy when this returns.

    *rate* is world seconds a real second; *scenario* is one that was read, as JSON, or None for
    the default world. Both only count for a sandbox that is started here. *patience* is how many
    seconds it may take until it is healthy.
    Raises SopError with the reason, if it does not start.
    """
    files = Files(state_dir)
    files.make()
    with _alone(files):
        found = status(state_dir)
        if found is None:
            if _is_alive(files):
                # It holds its lock and does not answer: make room for one that does.
                stop(state_dir)
            files.retract()
            files.order(scenario)
            _launch(files, state_dir, rate, patience)
            found = status(state_dir)
    if found is None:
        raise SopError("the sandbox started and does not answer", hint=f"Read {files.log}.")
    return found


def status(state_dir: Path) -> Running | None:
    """The sandbox of *state_dir* if it is healthy, else None; a stale record counts as none."""
    files = Files(state_dir)
    found = files.read()
    if found is None or not _is_alive(files):
        return None
    try:
        _ask(found, "GET", "/status", None, HEALTH_SECONDS)
    except SopError:
        return None
    return found


def stop(state_dir: Path) -> bool:
    """Stop the sandbox of *state_dir* and wait for its end; False if none ran."""
    files = Files(state_dir)
    if not _is_alive(files):
        files.retract()
        return False
    found = files.read()
    if found is not None:
        try:
            control(found, "POST", "/stop")
        except SopError:
            os.kill(found.pid, signal.SIGTERM)
        if not _ends(files):
            # The lock proves that the process lives and, as it wrote the record, that it is it.
            os.kill(found.pid, signal.SIGKILL)
    if not _ends(files):
        raise SopError(f"the sandbox in {files.root} does not stop", hint=f"Read {files.log}.")
    files.retract()
    return True


def reset(state_dir: Path) -> Running:
    """Bring the running sandbox back to its first state; raises UnreachableError if none runs."""
    found = required(state_dir)
    control(found, "POST", "/reset")
    return found


def required(state_dir: Path) -> Running:
    """The sandbox of *state_dir*; raises UnreachableError if none runs."""
    found = status(state_dir)
    if found is None:
        raise UnreachableError(
            "the sandbox does not run", hint="Start it with `sopctl sandbox start`."
        )
    return found


def snapshot(state_dir: Path, file: Path, header: Mapping[str, Json]) -> int:
    """Write the world of the running sandbox to *file*, with *header* beside it; its size."""
    body: Json = {"file": str(file.absolute()), "header": dict(header)}
    answer: Any = _ask(required(state_dir), "POST", "/snapshot", body, WORLD_SECONDS)
    return int(answer["bytes"])


def restore(state_dir: Path, file: Path) -> Mapping[str, Json]:
    """Bring the running sandbox back to the world in *file*; what was written beside it."""
    body: Json = {"file": str(file.absolute())}
    answer: Any = _ask(required(state_dir), "POST", "/restore", body, WORLD_SECONDS)
    header: Mapping[str, Json] = answer["header"]
    return header


def twin(source: Path, state_dir: Path, scenario: Json, *, rate: float) -> Running:
    """A sandbox of *state_dir* in which everything is as it is now in the running one of *source*.

    It begins with *scenario*, which should be a small one: its world is put away at once.
    Raises SopError if it does not start.
    """
    files, other = Files(state_dir), Files(source)
    files.make()
    file = files.root / "twin"
    snapshot(source, file, {})
    try:
        files.take_key(other)
        found = start(state_dir, rate=rate, scenario=scenario)
        restore(state_dir, file)
    finally:
        file.unlink(missing_ok=True)
    return found


def environment(running: Running) -> dict[str, str]:
    """Variables that lead any AWS client and kubectl into the sandbox, and nowhere else."""
    return {
        "AWS_ENDPOINT_URL": running.aws_url,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_SESSION_TOKEN": "",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_PROFILE": NAME,
        "AWS_CONFIG_FILE": str(running.aws_config),
        "AWS_SHARED_CREDENTIALS_FILE": str(running.aws_config.with_name("aws-credentials")),
        "AWS_EC2_METADATA_DISABLED": "true",
        "KUBECONFIG": str(running.kubeconfig),
    }


def control(running: Running, method: str, path: str, body: Json = None) -> Json:
    """Ask the control API; raises RefusedError for its errors, UnreachableError for silence."""
    patience = WORLD_SECONDS if path == "/clock/step" else ANSWER_SECONDS
    return _ask(running, method, path, body, patience)


def _ask(running: Running, method: str, path: str, body: Json, timeout: float) -> Json:
    address = urlsplit(running.control_url).netloc
    connection = HTTPConnection(address, timeout=timeout)
    headers = {"Authorization": f"Bearer {running.token}"}
    try:
        connection.request(method, path, b"" if body is None else json.dumps(body), headers)
        reply = connection.getresponse()
        answer: Json = json.loads(reply.read())
    except (OSError, HTTPException, ValueError) as error:
        raise UnreachableError(
            f"the sandbox at {running.control_url} does not answer",
            hint="Start it with `sopctl sandbox start`.",
        ) from error
    finally:
        connection.close()
    if reply.status != OK:
        text = answer.get("error") if isinstance(answer, dict) else answer
        raise RefusedError(f"the sandbox refused {method} {path}: {text}")
    return answer


def _launch(files: Files, state_dir: Path, rate: float, patience: float) -> None:
    """Run the launcher, which returns when the sandbox it forked is healthy or has failed."""
    launcher = [sys.executable, "-m", "sopctl.sandbox.process", str(state_dir.resolve()), str(rate)]
    try:
        subprocess.run(  # noqa: S603  # our own module, by our own interpreter
            launcher,
            check=True,
            cwd="/",
            env=_environ(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=patience,
        )
    except subprocess.CalledProcessError as error:
        lines = error.stderr.strip().splitlines() or ["no reason given"]
        raise SopError(
            f"the sandbox did not start: {lines[-1]}", hint=f"Read {files.log} for all of it."
        ) from error
    except subprocess.TimeoutExpired as error:
        raise SopError(
            f"the sandbox was not healthy within {patience:.0f} seconds",
            hint=f"Read {files.log}.",
        ) from error


def _environ() -> dict[str, str]:
    """The caller's environment without what would lead moto or a client elsewhere."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "MOTO_", "COVERAGE_", "PYTEST_")) and name != "KUBECONFIG"
    }
    # Found from wherever this sopctl was imported, installed or not.
    roots = [str(Path(sopctl.__file__).parents[1]), kept.get("PYTHONPATH", "")]
    kept["PYTHONPATH"] = os.pathsep.join(filter(None, roots))
    return kept


@contextmanager
def _alone(files: Files) -> Iterator[None]:
    """Wait for another start under way: two at once give one sandbox."""
    with files.starting.open("a") as lock:
        files.starting.chmod(0o600)
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _is_alive(files: Files) -> bool:
    """Whether a process holds the sandbox's lock; a pid alone could be anybody's by now."""
    try:
        with files.alive.open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def _ends(files: Files) -> bool:
    clock, waited = SystemClock(), 0.0
    while _is_alive(files):
        if waited > STOP_SECONDS:
            return False
        clock.sleep(LOOK_EVERY)
        waited += LOOK_EVERY
    return True
