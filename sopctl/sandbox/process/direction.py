"""The part of the control API that directs: scenarios, faults, time and what is measured."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from pydantic import ValidationError

from sopctl.core.clock import parse_stamp, stamp
from sopctl.core.codec import Json, encode
from sopctl.core.errors import UsageError
from sopctl.notation import duration
from sopctl.sandbox.process.household import Household
from sopctl.sandbox.scenario import loader
from sopctl.sandbox.scenario.model import Event, Scenario
from sopctl.sandbox.world.seed.plant import plant

# A request's body: JSON of a caller, checked field by field.
Body = Mapping[str, Any]

# While several clients wait for the world's time, it goes on by so much at most before each that
# was awaited had a moment to look and to wait again: seconds of the world, seconds of this machine.
CHUNK: Final = 2.0
GRACE: Final = 0.01
LONGEST: Final = 600.0


class Direction:
    """Directs *household*, which was planted with *scenario*."""

    def __init__(self, household: Household, scenario: Scenario) -> None:
        self.household = household
        self.scenario = scenario
        self.skips = False
        self._stepping = threading.Lock()
        self._awaited: list[datetime] = []

    def routes(self) -> dict[tuple[str, str], Callable[[Body], Json]]:
        """What it answers."""
        return {
            ("GET", "/clock"): self._clock,
            ("POST", "/clock"): self._pace,
            ("POST", "/clock/step"): self._step,
            ("GET", "/scenario"): self._scenario,
            ("POST", "/scenario"): self._load,
            ("GET", "/timeline"): self._timeline,
            ("POST", "/timeline"): self._begin,
            ("POST", "/timeline/event"): self._add,
            ("GET", "/samples"): self._samples,
            ("GET", "/sample"): self._sample,
        }

    def _clock(self, _: Body) -> Json:
        clock = self.household.clock
        waits = "step" if self.skips or not clock.rate else "sleep"
        return {"now": stamp(clock.now()), "rate": clock.rate, "waits": waits}

    def _pace(self, body: Body) -> Json:
        """``{"rate": 30, "skips": false}``; skips: whoever waits lets the time pass at once."""
        rate = body.get("rate", self.household.clock.rate)
        if not isinstance(rate, int | float) or not 0 <= rate <= 1000:  # noqa: PLR2004  # said below
            raise UsageError(f"the rate {rate!r} is not from 0 to 1000", hint="Such as 30.")
        self.skips = bool(body.get("skips", False))
        self.household.pace(float(rate))
        return self._clock({})

    def _step(self, body: Body) -> Json:
        """``{"seconds": 60}`` at once, or ``{"until": time}`` together with others who wait."""
        if "until" in body:
            self._wait(parse_stamp(str(body["until"])))
            return self._clock({})
        seconds = body.get("seconds", 0)
        if not isinstance(seconds, int | float) or not 0 <= seconds <= LONGEST:
            raise UsageError(f"{seconds!r} seconds are not from 0 to {LONGEST:.0f}", hint="")
        self.household.advance(float(seconds))
        return self._clock({})

    def _wait(self, until: datetime) -> None:
        """Let time pass until *until*, but no further than to what others wait for."""
        clock = self.household.clock
        self._awaited.append(until)
        try:
            while clock.now() < until:
                with self._stepping:
                    threading.Event().wait(GRACE)
                    now = clock.now()
                    nearest = min((each for each in self._awaited if each > now), default=now)
                    self.household.advance(min(CHUNK, (nearest - now).total_seconds()))
        finally:
            self._awaited.remove(until)

    def _scenario(self, _: Body) -> Json:
        return {"scenario": self.scenario.model_dump(mode="json", by_alias=True)}

    def _load(self, body: Body) -> Json:
        """``{"scenario": {...}}``: another world from now on; nothing happens in it yet."""
        found = read_scenario(body.get("scenario"))
        self.household.plant(planter(found), found.world.version)
        self.scenario = found
        return {"name": found.name}

    def _timeline(self, _: Body) -> Json:
        stage = self.household.stage
        ahead = stage.next_due()
        return {
            "began": stamp(stage.began),
            "now": stamp(self.household.clock.now()),
            "happened": encode(stage.happened),
            "next": stamp(ahead) if ahead else None,
            "samples": len(stage.samples),
        }

    def _begin(self, body: Body) -> Json:
        """Start measuring, and with ``{"events": true}`` the timeline of the scenario."""
        every = duration.seconds(self.scenario.measure.every)
        events = self.scenario.timeline if body.get("events", True) else ()
        self.household.stage.begin(self.household.clock.now(), every, events)
        return self._timeline({})

    def _add(self, body: Body) -> Json:
        """``{"event": {...}}``: it happens so long after now as its *at* says."""
        try:
            event = Event.model_validate(body.get("event"))
        except ValidationError as error:
            raise UsageError(f"this is no event: {error.errors()[0]['msg']}", hint="") from error
        moment = self.household.clock.now() + timedelta(seconds=event.seconds)
        self.household.stage.add(event, moment)
        try:
            self.household.stage.look(self.household.clock.now())
        except ValueError as error:  # what it is about is not in this world
            raise UsageError(str(error), hint="") from error
        return {"at": stamp(moment)}

    def _samples(self, _: Body) -> Json:
        return encode(self.household.stage.samples)

    def _sample(self, _: Body) -> Json:
        now = self.household.clock.now()
        return {"now": stamp(now), "sample": encode(self.household.stage.sample(now))}


def read_scenario(data: Json) -> Scenario:
    """A scenario that another process has read from its file; raises UsageError."""
    if data is None:
        return loader.default()
    try:
        return Scenario.model_validate(data)
    except ValidationError as error:
        raise UsageError(f"this is no scenario: {error.errors()[0]['msg']}", hint="") from error


def planter(scenario: Scenario) -> partial[None]:
    """What puts the inhabitants of *scenario* in place."""
    return partial(plant, world=scenario.world)
