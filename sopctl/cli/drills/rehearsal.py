"""One drill from beginning to end: a world, its timeline, the run, the way back, the proof.

The run is `sopctl run` itself, with the drill's own state directory and somebody who answers.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from sopctl.app import arena, drills, proof, standing
from sopctl.app.arena import Arena
from sopctl.app.composition import App
from sopctl.app.settings import Settings
from sopctl.cli.context import Context
from sopctl.cli.drills.stand_in import REASON, StandIn
from sopctl.core.codec import Json
from sopctl.core.drill import Timings
from sopctl.core.errors import ExitCode, RefusedError
from sopctl.core.measures import Happened, Series, series
from sopctl.notation import duration
from sopctl.runbook import parameters
from sopctl.sandbox.scenario.model import DrillShape, Scenario
from sopctl.views.screen import Screen

Follow = Callable[[Happened], None]
Execute = Callable[[Sequence[str], Context], int]
_SETTLING = 60.0
_QUICK = 1.0  # world seconds a second while sopctl works: real time
_PATIENCE = 120.0  # world seconds until a parked run is gone on with
PARKED = "parked"
_OUTCOMES: Mapping[int, str] = {ExitCode.DONE: "done", ExitCode.HALTED: PARKED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What one rehearsal gave."""

    outcome: str
    back: str
    runs: tuple[str, ...]
    timings: Timings
    differences: tuple[str, ...]
    series: Series


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """What is rehearsed, in which world, and where its journal lies.

    *execute* carries out a command line; *follow* hears what happens.
    """

    scenario: Scenario
    runbook: str
    params: Mapping[str, Json]
    settings: Settings
    execute: Execute
    follow: Follow

    @property
    def plan(self) -> DrillShape:
        """The scenario's own words on the drill, as far as they are about this runbook."""
        found = self.scenario.drill or DrillShape(runbook=self.runbook)
        return found if found.runbook == self.runbook else DrillShape(runbook=self.runbook)

    @property
    def lasts(self) -> float:
        return float(duration.seconds(self.scenario.measure.lasts))

    def both(self) -> tuple[Result, Series]:
        """The timeline with the runbook and without, side by side from the very same world."""
        with _World(self, "with") as world:
            world.prepare()
            with (
                world.twin("without") as twin,
                ThreadPoolExecutor(1, thread_name_prefix="without") as pool,
            ):
                idle = pool.submit(self._undisturbed, twin)
                return self._rehearsed(world), idle.result()

    def with_sop(self) -> Result:
        """The timeline with the runbook in it."""
        with _World(self, "with") as world:
            world.prepare()
            return self._rehearsed(world)

    def without_sop(self) -> Series:
        """The same timeline, in which nobody does anything."""
        with _World(replace(self, follow=_unheard), "without") as world:
            world.prepare()
            return self._undisturbed(world)

    def _rehearsed(self, world: _World) -> Result:
        before = proof.restorable(world.arena.dump(proof.KINDS))
        world.arena.begin()
        world.arena.live_until(duration.seconds(self.plan.begins))
        outcome = world.run(self._words())
        while outcome == PARKED and world.arena.elapsed() + _PATIENCE < self._back_at():
            world.arena.live(_PATIENCE)  # what refuses now may answer later: an engineer resumes
            outcome = world.run(["resume"])
        times = world.timings(self.runbook)
        world.arena.live_until(self._back_at())
        back = world.run(["rollback", "--latest", self.runbook, "--on-conflict", "keep"])
        times = replace(times, rolled_back=world.arena.elapsed())
        world.arena.live_until(self.lasts)
        after = proof.restorable(world.arena.dump(proof.KINDS))
        return Result(
            outcome=outcome,
            back=back,
            runs=world.runs(),
            timings=times,
            differences=tuple(proof.differences(before, after)),
            series=series(world.arena.samples(), world.arena.tell()),
        )

    def _undisturbed(self, world: _World) -> Series:
        world.arena.pace(0, skips=False)
        world.arena.begin()
        world.arena.live_until(self.lasts)
        return series(world.arena.samples(), world.arena.tell())

    def _words(self) -> list[str]:
        words = ["run", self.runbook, "--consent", "all"]
        for name, value in {**self.plan.params, **self.params}.items():
            words += ["--param", f"{name}={_text(value)}"]
        return words

    def _back_at(self) -> float:
        """When it is rolled back: as the scenario says, else halfway from the last heal on."""
        if self.plan.rolls_back is not None:
            return float(duration.seconds(self.plan.rolls_back))
        heals = [each.seconds for each in self.scenario.timeline if each.heal is not None]
        last = max(heals, default=duration.seconds(self.plan.begins))
        return (last + self.lasts) / 2


class _World:
    """A world with the application that works in it; both end together."""

    def __init__(self, rehearsal: Rehearsal, name: str, like: Arena | None = None) -> None:
        self._rehearsal = rehearsal
        state = rehearsal.settings.state / name
        settings = replace(rehearsal.settings, state=state)
        if like is None:
            self.arena = arena.start(state, rehearsal.scenario, _QUICK, rehearsal.follow)
        else:
            self.arena = like.twin(state, rehearsal.scenario, rehearsal.follow)
        self._app = App(settings)
        self._transcript = state / "transcript.txt"

    def __enter__(self) -> Self:
        self.arena.pace(_QUICK, skips=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._app.close()
        self.arena.stop()

    def prepare(self) -> None:
        """Run what the scenario prepares with; raises RefusedError if it does not work."""
        for name in self._rehearsal.plan.prepare:
            if self.run(["run", name]) != "done":
                raise RefusedError(
                    f"the runbook {name}, which prepares for {self._rehearsal.runbook}, failed",
                    hint=f"Read {self._transcript}.",
                )
        self.arena.live(_SETTLING)

    def twin(self, name: str) -> _World:
        """Another world that is now as this one; what happens in it is not told."""
        return _World(replace(self._rehearsal, follow=_unheard), name, self.arena)

    def run(self, words: Sequence[str]) -> str:
        """Carry out one command as a person would; how it ended."""
        context = Context(app=self._app, terminal=StandIn(self.arena.live))
        said = io.StringIO()
        context.out = context.err = Screen(said, {})
        line = [*words, "--target", "sandbox", "--yes", "--reason", REASON]
        code = self._rehearsal.execute(line, context)
        self.arena.tell()
        with self._transcript.open("a", encoding="utf-8") as stream:
            stream.write(f"$ sopctl {' '.join(line)}\n{said.getvalue()}# exit code {code}\n\n")
        return _OUTCOMES.get(code, f"exit code {code}")

    def timings(self, runbook: str) -> Timings:
        found = standing.latest(standing.states(self._app.store), runbook)
        return drills.timings(self._app.store.read(found.run), self.arena.began)

    def runs(self) -> tuple[str, ...]:
        return tuple(head.run for head in self._app.store.runs())


def check(rehearsal: Rehearsal, app: App) -> str:
    """The digest of the runbook; raises what is wrong with it or with its parameters."""
    book = app.library.load(rehearsal.runbook)
    given = {**rehearsal.plan.params, **rehearsal.params}
    parameters.resolve(book.parameters, given)
    return book.digest


def own(settings: Settings, drill: str) -> Settings:
    """The settings of a drill: the user's runbooks and policy, a state directory of its own."""
    return replace(settings, state=Path(drills.folder(settings.state)) / drill)


def _unheard(_: Happened) -> None:
    return None


def _text(value: Json) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
