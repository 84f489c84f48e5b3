"""The stage of tests: a world in this process, led by hand, behind real HTTP endpoints.

The clients are those of every run; only the clock is another: it moves the world when somebody
waits, so that ten minutes of waiting take as long as the world needs to compute them.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Final

from sopctl.app.connection import RealConnection, Sdks
from sopctl.app.targets import SANDBOX
from sopctl.checks import catalog as checks
from sopctl.core.target import Target
from sopctl.facts.outside import Outside
from sopctl.providers.aws_sdk import AwsSdk
from sopctl.providers.k8s_sdk import K8sSdk
from sopctl.providers.limits import Limits
from sopctl.sandbox.process.household import Household
from sopctl.sandbox.process.running import REGION, aws_config, kubeconfig
from sopctl.sandbox.world.seed.plant import Planter

AGENT: Final = "sopctl/test"
NOTICEABLE: Final = 2.0  # world seconds: a shorter wait is not worth a round of the world
ENOUGH: Final = 4 * 3600.0  # world seconds that one test may wait for


class Crash(BaseException):  # no error: nobody is to catch it
    """The process dies here: none of its code runs any more, but for what lets go of threads."""


class EndlessError(Exception):
    """Somebody waits for something that never comes."""


@dataclass(slots=True)
class Life:
    """Whether the process that is played still lives, and where the world itself stumbled.

    *durable* counts what a dead process leaves: changes of the world, and records.
    """

    dead: bool = False
    durable: int = 0
    stumbles: list[str] = field(default_factory=list)

    def die(self) -> None:
        """Die now; whatever else this process tries, dies of it too."""
        self.dead = True
        raise Crash

    def check(self) -> None:
        if self.dead:
            raise Crash


class LedClock:
    """The world's time: to sleep is to let the world go on.

    Several threads that wait at the same time wait for the same seconds.
    """

    def __init__(self, household: Household, life: Life) -> None:
        self._household = household
        self._life = life
        self._lock = threading.Lock()
        self._waited = 0.0

    def now(self) -> datetime:
        return self._household.clock.now()

    def seconds(self) -> float:
        """For locks: the silence of their holders is of the same time."""
        return self.now().timestamp()

    def sleep(self, seconds: float) -> None:
        self._life.check()
        if seconds <= 0:
            return
        asked = self.now()
        with self._lock:
            left = max(seconds, NOTICEABLE) - (self.now() - asked).total_seconds()
            if left > 0:
                self._waited += left
                self._live(left)
        self._life.check()
        if self._waited > ENOUGH:
            raise EndlessError

    def _live(self, seconds: float) -> None:
        """A bug in the world is no fault of the run that waits: it is told as what it is."""
        try:
            self._household.advance(seconds)
        except Exception as error:  # noqa: BLE001  # the outermost boundary of the world, as its thread has
            self._life.stumbles.append(f"the world stumbled: {type(error).__name__}: {error}")


@dataclass
class Stage:
    """One household and how to reach it; *folder* is private and ours alone."""

    household: Household
    folder: Path
    life: Life = field(default_factory=Life)

    @property
    def target(self) -> Target:
        """The world as a target like any other."""
        return Target(
            name=SANDBOX,
            region=REGION,
            aws_config=str(self.folder / "aws-config"),
            kubeconfig=str(self.folder / "kubeconfig"),
            context=SANDBOX,
            labels={"env": "sandbox"},
        )

    @property
    def clock(self) -> LedClock:
        """A clock for one invocation."""
        return LedClock(self.household, self.life)

    @cached_property
    def sdks(self) -> Sdks:
        """Clients that stand: a process of a test need not make its own, which takes longest."""
        limits = Limits()
        return Sdks(
            aws=AwsSdk(self.target, agent=AGENT, limits=limits), k8s=K8sSdk(self.target, limits)
        )

    def connection(self, target: Target, agent: str = AGENT) -> RealConnection:
        """The world as one invocation reaches it."""
        clock = self.clock
        made = RealConnection(target, clock, agent=agent, sdks=self.sdks, machine=clock)
        return made.reaching(Outside(checks=checks.CATALOG))

    def close(self) -> None:
        for sdk in (self.sdks.aws, self.sdks.k8s):
            if sdk is not None:
                sdk.close()
        self.household.stop()


def build(folder: Path, planter: Planter, make: Callable[..., Household] = Household) -> Stage:
    """A stage with a first world; the endpoints listen on loopback until it is closed."""
    _collect_seldom()
    household = make(0, planter)
    household.start()
    kube = household.kube
    (folder / "aws-config").write_text(aws_config(household.aws.url), encoding="utf-8")
    config = kubeconfig(kube.url, household.certificate, household.kube_token)
    (folder / "kubeconfig").write_text(config, encoding="utf-8")
    return Stage(household=household, folder=folder)


def _collect_seldom() -> None:
    """Worlds are made anew for each case; to look through all that was imported frees nothing."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 100)
