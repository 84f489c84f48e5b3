"""A world of a drill's own: started, directed and measured through its control API."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sopctl.app.scenarios import as_json, patience, uninhabited
from sopctl.core.clock import parse_stamp
from sopctl.core.codec import Json, decode
from sopctl.core.measures import Happened, Sample
from sopctl.sandbox.process import lifecycle
from sopctl.sandbox.process.running import Running
from sopctl.sandbox.scenario.model import Scenario

SLICE = 120.0  # seconds of the world in one request: it must answer in time however large it is


@dataclass(slots=True)
class Arena:
    """A sandbox below *state*, which nobody else uses.

    *follow* hears what happened, each thing once.
    """

    state: Path
    running: Running
    follow: Callable[[Happened], None]
    began: datetime = field(init=False)
    _told: int = 0

    def __post_init__(self) -> None:
        self.began = self.now()

    def now(self) -> datetime:
        return parse_stamp(str(self._ask("GET", "/clock")["now"]))

    def pace(self, rate: float, *, skips: bool) -> None:
        """Let time pass at *rate*; *skips*: whoever waits there lets it pass at once."""
        self._ask("POST", "/clock", {"rate": rate, "skips": skips})

    def begin(self) -> None:
        """Let the timeline begin, and measuring."""
        told = self._ask("POST", "/timeline")
        self.began, self._told = parse_stamp(str(told["began"])), 0

    def elapsed(self) -> float:
        """Seconds since the timeline began."""
        return (self.now() - self.began).total_seconds()

    def live_until(self, at: float) -> None:
        """Let the world live until *at* seconds after the timeline began."""
        while (left := at - self.elapsed()) > 0:
            self._ask("POST", "/clock/step", {"seconds": min(left, SLICE)})
            self.tell()

    def live(self, seconds: float) -> None:
        """Let the world live through *seconds*."""
        self._ask("POST", "/clock/step", {"seconds": seconds})

    def tell(self) -> list[Happened]:
        """Everything that happened; what is new is told to whoever follows."""
        happened = [decode(Happened, each) for each in self._ask("GET", "/timeline")["happened"]]
        for each in happened[self._told :]:
            self.follow(each)
        self._told = len(happened)
        return happened

    def samples(self) -> list[Sample]:
        return [decode(Sample, each) for each in self._ask("GET", "/samples")]

    def sample(self) -> Sample:
        """How it is now."""
        return decode(Sample, self._ask("GET", "/sample")["sample"])

    def dump(self, kinds: Iterable[str]) -> Any:  # noqa: ANN401  # JSON of both halves
        """The AWS half, and of the Kubernetes half these resources."""
        return self._ask("GET", "/dump", {"kinds": list(kinds)})

    def calls(self) -> Any:  # noqa: ANN401  # JSON of both halves
        return self._ask("GET", "/calls")

    def twin(self, state: Path, scenario: Scenario, follow: Callable[[Happened], None]) -> Arena:
        """Another world below *state*, alike to the last pod; *scenario* is that of this one."""
        small = as_json(uninhabited(scenario))
        running = lifecycle.twin(self.state, state, small, rate=1.0)
        return Arena(state, running, follow)

    def stop(self) -> None:
        """End it, and remove what only it needed; the journals beside it stay."""
        lifecycle.stop(self.state)
        shutil.rmtree(self.state / "sandbox", ignore_errors=True)

    def _ask(self, method: str, path: str, body: Json = None) -> Any:  # noqa: ANN401  # as dynamic as what is asked
        return lifecycle.control(self.running, method, path, body)


def start(
    state: Path, scenario: Scenario, rate: float, follow: Callable[[Happened], None]
) -> Arena:
    """A new world of *scenario*; raises SopError if it does not start."""
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    running = lifecycle.start(
        state, rate=rate, scenario=as_json(scenario), patience=patience(scenario)
    )
    return Arena(state, running, follow)
