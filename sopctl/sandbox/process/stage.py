"""A timeline at work: what is due happens, what lasts ends in time, and samples are taken."""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import count

from sopctl.core.measures import Happened, Sample
from sopctl.notation import duration
from sopctl.sandbox.aws.cloud import Cloud
from sopctl.sandbox.k8s.cluster import Cluster
from sopctl.sandbox.process.sampling import Sampler
from sopctl.sandbox.process.troubles import Rules, Troubles
from sopctl.sandbox.scenario.model import Event, SpotSurge
from sopctl.sandbox.scenario.wording import described
from sopctl.sandbox.world.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What a timeline happens to."""

    world: World
    cluster: Cluster
    cloud: Cloud
    rules: Rules


@dataclass(order=True, slots=True)
class _Due:
    moment: datetime
    order: int
    act: Callable[[datetime], None] = field(compare=False)


class Stage:
    """Lets a timeline happen in a world, and measures it; ``look`` is called between rounds."""

    def __init__(self, scene: Scene, now: datetime) -> None:
        """Nothing is planned yet, and nothing is measured before ``begin``."""
        self._scene = scene
        self._troubles = Troubles(scene.world, scene.cloud, scene.rules)
        self._lock = threading.RLock()
        self._due: list[_Due] = []
        self._order = count()
        self._sampler = Sampler(scene.cluster, scene.cloud, scene.world.traffic, now)
        self._every = timedelta(0)
        self.began = now
        self.samples: list[Sample] = []
        self.happened: list[Happened] = []

    def begin(self, now: datetime, every: float, events: Iterable[Event] = ()) -> None:
        """Start measuring every so many seconds, and the timeline of *events*, from *now*."""
        with self._lock:
            self.began, self._every = now, timedelta(seconds=every)
            self.samples, self.happened, self._due = [], [], []
            self._sampler = Sampler(
                self._scene.cluster, self._scene.cloud, self._scene.world.traffic, now
            )
            self._at(now, self._sample)
            for event in events:
                self.add(event, now + timedelta(seconds=event.seconds))

    def add(self, event: Event, moment: datetime) -> None:
        """Let *event* happen at *moment*, or at the next look if that is past."""
        with self._lock:
            self._at(moment, partial(self._happen, event))

    def sample(self, now: datetime) -> Sample:
        """A sample outside of the series; its totals are since the timeline began, if it did."""
        with self._lock:
            return self._sampler.take(now)

    def next_due(self) -> datetime | None:
        """When something happens next, if anything does."""
        with self._lock:
            return self._due[0].moment if self._due else None

    def look(self, now: datetime) -> None:
        """Do everything that is due by *now*, in its order."""
        with self._lock:
            while self._due and self._due[0].moment <= now:
                heapq.heappop(self._due).act(now)

    def _at(self, moment: datetime, act: Callable[[datetime], None]) -> None:
        heapq.heappush(self._due, _Due(moment, next(self._order), act))

    def _sample(self, now: datetime) -> None:
        self.samples.append(self._sampler.take(now))
        self._at(now + self._every, self._sample)

    def _happen(self, event: Event, now: datetime) -> None:
        if event.spot_surge is not None:
            until = now + timedelta(seconds=duration.seconds(event.spot_surge.lasts))
            self._say(now, described(event))
            self._wave(event.spot_surge, until, now)
            return
        said, end = self._troubles.start(event, now)
        self._say(now, said)
        if end is not None:
            self._at(now + timedelta(seconds=end.after), partial(self._end, end.act, said))

    def _end(self, act: Callable[[], None], said: str, now: datetime) -> None:
        act()
        self._say(now, f"over: {said}")

    def _wave(self, surge: SpotSurge, until: datetime, now: datetime) -> None:
        if now >= until:
            self._say(now, "over: spot surge")
            return
        self._troubles.reclaim(surge)
        following = now + timedelta(seconds=duration.seconds(surge.every))
        self._at(min(following, until), partial(self._wave, surge, until))

    def _say(self, now: datetime, what: str) -> None:
        self.happened.append(Happened((now - self.began).total_seconds(), what))
