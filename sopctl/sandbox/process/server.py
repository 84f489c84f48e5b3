"""The background process itself: build, publish, serve until told or until nobody needs it."""

from __future__ import annotations

import fcntl
import os
import secrets
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

import sopctl
from sopctl.core.clock import SystemClock
from sopctl.sandbox.process.control import Control
from sopctl.sandbox.process.direction import planter, read_scenario
from sopctl.sandbox.process.household import Household
from sopctl.sandbox.process.running import (
    Files,
    Running,
    aws_config,
    aws_credentials,
    kubeconfig,
)

# Real time: an accelerated world must not end its own process early.
LOOK_EVERY = 1.0
IDLE_SECONDS = 12 * 3600.0
ATTEMPTS = 20
ATTEMPT_EVERY = 0.05


class AlreadyServedError(Exception):
    """Another process serves this state directory."""


def serve(state_dir: Path, rate: float, ready: Callable[[], None]) -> None:
    """Serve until stopped; *ready* is called once everything answers.

    Raises AlreadyServedError. Removes its files at the end, unless they are gone already.
    """
    files = Files(state_dir)
    files.make()
    with files.alive.open("a") as alive:
        files.alive.chmod(0o600)
        _hold(alive)
        scenario = read_scenario(files.read_scenario())
        household = Household(rate, planter(scenario), scenario.world.version)
        control = Control(household, secrets.token_urlsafe(32), scenario, files.snapshot_key)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: control.stopping.set())
        household.start()
        control.start()
        try:
            _publish(files, household, control)
            ready()
            _wait(files, household, control)
        finally:
            control.stop()
            household.stop()
            if files.root.exists():
                files.retract()


def _hold(alive: IO[str]) -> None:
    """Take the lock of the living; others only touch it for a moment, to see whether it is held."""
    for _ in range(ATTEMPTS):
        try:
            fcntl.flock(alive, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            SystemClock().sleep(ATTEMPT_EVERY)
        else:
            return
    raise AlreadyServedError(alive.name)


def _publish(files: Files, household: Household, control: Control) -> None:
    kube = household.kube
    files.write(files.aws_config, aws_config(household.aws.url))
    files.write(files.aws_credentials, aws_credentials())
    config = kubeconfig(kube.url, household.certificate, household.kube_token)
    files.write(files.kubeconfig, config)
    running = Running(
        pid=os.getpid(),
        control_url=control.url,
        aws_url=household.aws.url,
        kube_url=kube.url,
        kubeconfig=files.kubeconfig,
        aws_config=files.aws_config,
        token=control.token,
        clock_url=f"{control.url}/clock",
        started=SystemClock().now(),
        token_file=files.token,
        log=files.log,
    )
    files.publish(running, sopctl.__version__)


def _wait(files: Files, household: Household, control: Control) -> None:
    """Return when told to stop, when the directory is gone, or after twelve idle hours."""
    seen, since = -1, time.monotonic()
    while not control.stopping.wait(LOOK_EVERY):
        if not files.record.exists():
            return
        traffic = household.traffic() + control.served
        if traffic != seen:
            seen, since = traffic, time.monotonic()
        elif time.monotonic() - since > IDLE_SECONDS:
            return
