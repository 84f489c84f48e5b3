"""All of the sandbox in one object: two API halves over one world, and its reset."""

from __future__ import annotations

import base64
import secrets
import threading
import traceback
from collections.abc import Collection
from datetime import timedelta

from sopctl.core.clock import SystemClock, stamp
from sopctl.core.codec import Json
from sopctl.sandbox.aws.cloud import Cloud
from sopctl.sandbox.aws.front import AwsFront
from sopctl.sandbox.k8s.api import Api
from sopctl.sandbox.k8s.cluster import Cluster
from sopctl.sandbox.k8s.http import KubeServer
from sopctl.sandbox.process import snapshot
from sopctl.sandbox.process.stage import Scene, Stage
from sopctl.sandbox.process.troubles import Rules
from sopctl.sandbox.world.clock import WorldClock
from sopctl.sandbox.world.seed.plant import Planter, plant
from sopctl.sandbox.world.world import World

VERSION = "1.36"
LOGGED_ERRORS = 20
PAUSE_AFTER_ERROR = 10.0
STRIDE = 5.0  # world seconds


class _Kube(KubeServer):
    """The API server, whose cluster can be exchanged while address and authority stay."""

    def __init__(self, cluster: Cluster, *, token: str) -> None:
        super().__init__(cluster, token=token)
        self._over = threading.Event()

    def exchange(self, cluster: Cluster) -> None:
        """Serve *cluster* from now on; watches of the old one end."""
        old, over = self.cluster, self._over
        self._over = current = threading.Event()
        self.cluster = cluster
        self._api = Api(cluster, lambda: current.is_set() or self._stopped.is_set())
        over.set()
        with old.lock:
            old.store.changed.notify_all()


class Household:
    """A seeded sandbox. Addresses, tokens and the running of the clock survive a reset.

    At rate 0 nothing moves by itself: time and the world go on in ``advance`` only.
    """

    def __init__(self, rate: float, planter: Planter = plant, version: str = VERSION) -> None:
        """*planter* puts the first inhabitants in place, *version* is of Kubernetes."""
        self.errors = 0
        self._planter = planter
        self._version = version
        self.clock = WorldClock(SystemClock().now(), rate)
        self.kube_token = secrets.token_urlsafe(32)
        self.cloud = Cloud(self.clock.now)
        self.aws = AwsFront(self.cloud)
        cluster = Cluster(self.clock.now, version)
        self.kube = _Kube(cluster, token=self.kube_token)
        self.certificate = base64.b64encode(self.kube.ca_pem.encode()).decode()
        self.kube.exchange(cluster)
        self._changing = threading.Lock()
        self._world, self.stage = self._settle(cluster)
        self._thread = self._let_run()

    def start(self) -> None:
        """Serve, and let the world move."""
        self.aws.start()
        self.kube.start()

    def stop(self) -> None:
        """Stop the world, then its servers."""
        with self._changing:
            self._halt()
        self.kube.stop()
        self.aws.stop()

    def reset(self) -> None:
        """A new world as it was first seeded: another cluster, at the same addresses.

        Journals of calls and ordered faults are forgotten too.
        """
        with self._changing:
            self._halt()
            # No AWS call may see the account between its emptying and its seeding.
            with self.cloud.lock:
                self.cloud.reset()
                cluster = Cluster(self.clock.now, self._version)
                self._world, self.stage = self._settle(cluster)
            self.kube.exchange(cluster)
            self._thread = self._let_run()
            for forgotten in (self.aws.calls, self.aws.faults, self.kube.calls, self.kube.faults):
                forgotten.clear()

    def plant(self, planter: Planter, version: str) -> None:
        """Another world from now on, also after each reset: see ``reset``."""
        with self._changing:
            self._planter, self._version = planter, version
        self.reset()

    def snapshot(self) -> bytes:
        """Everything at this moment, for ``restore``; never to be read from strangers."""
        with self._changing, self.kube.cluster.lock, self.cloud.lock:
            return snapshot.take(self, (self._world, self.stage))

    def restore(self, data: bytes) -> None:
        """Go back to the moment of *data*, from this or another household of the same build.

        Time is as it was, too; watches end. Addresses, tokens and the clock's rate stay.
        """
        with self._changing:
            kept = snapshot.parsed(self, data)
            self._halt()
            with self.cloud.lock:
                self._world, self.stage = snapshot.adopt(self, kept)
                self._announce()
            self._thread = self._let_run()

    def pace(self, rate: float) -> None:
        """Let time pass at another rate from now on; at 0 it stands still."""
        with self._changing:
            self._halt()
            self.clock.pace(rate)
            self._thread = self._let_run()

    def advance(self, seconds: float, stride: float = STRIDE) -> None:
        """Let the world live through so many seconds at once, at most *stride* at a time.

        What the timeline has for a moment in between happens then, not later.
        """
        with self._changing:
            until = self.clock.now() + timedelta(seconds=seconds)
            self._world.settle()
            while (now := self.clock.now()) < until:
                due = self.stage.next_due()
                ends = [until, now + timedelta(seconds=stride), *([due] if due else [])]
                self.clock.advance(max(0.0, (min(ends) - now).total_seconds()))
                self._world.settle()
                if due is not None and due <= self.clock.now():
                    self.stage.look(self.clock.now())
                    self._world.settle()

    def fail_zone(self, zone: str, *, gray: bool = False) -> None:
        """Let a zone fail, by its name; see the world for what that means."""
        with self._changing:
            self._world.fail_zone(zone, gray=gray)

    def heal_zone(self, zone: str) -> None:
        """End the failure of a zone, by its name."""
        with self._changing:
            self._world.heal_zone(zone)

    def zone_name(self, name_or_id: str) -> str | None:
        """The name of a zone, given its name or its id; None if there is no such zone."""
        for zone in self.cloud.zones:
            if name_or_id in (zone.name, zone.id):
                return zone.name
        return None

    def dump(self, kinds: Collection[str] | None = None) -> dict[str, Json]:
        """Everything that clients may write, on both sides, at one moment.

        *kinds* are plural names: of the Kubernetes half, only those.
        """
        # Locks are always taken in this order, as the world's controllers do.
        with self._changing, self.kube.cluster.lock, self.cloud.lock:
            return {
                "time": stamp(self.clock.now()),
                "aws": self.cloud.dump(),
                "kubernetes": self.kube.cluster.dump(kinds),
            }

    def traffic(self) -> int:
        """A number that changes when clients call; for noticing idleness."""
        return len(self.aws.calls) + len(self.kube.calls)

    def _settle(self, cluster: Cluster) -> tuple[World, Stage]:
        self._announce()
        world = World(cluster, self.cloud, self.clock, self._version)
        world.seed(self._planter)
        rules = Rules(self.aws.faults, self.kube.faults)
        scene = Scene(world=world, cluster=cluster, cloud=self.cloud, rules=rules)
        return world, Stage(scene, self.clock.now())

    def _announce(self) -> None:
        """Let EKS say where this household's cluster is."""
        self.cloud.set_cluster_endpoint(self.kube.url, self.certificate, self._version)

    def _let_run(self) -> threading.Thread:
        world, stage = self._world, self.stage
        thread = threading.Thread(target=self._run, args=(world, stage), name="world", daemon=True)
        if self.clock.rate:
            world.awake()
            thread.start()
        return thread

    def _run(self, world: World, stage: Stage) -> None:
        """Run *world* until it is stopped; a bug in it is counted and logged, and it goes on."""
        while True:
            try:
                world.run(lambda: stage.look(self.clock.now()))
            except Exception:  # noqa: BLE001  # the outermost boundary of the world's thread
                self.errors += 1
                if self.errors <= LOGGED_ERRORS:
                    traceback.print_exc()
                # Of the world's time, so that a fast world is not held up for long.
                self.clock.sleep(PAUSE_AFTER_ERROR)
            else:
                return

    def _halt(self) -> None:
        if self._thread.is_alive():
            self._world.stop()
            self._thread.join()
