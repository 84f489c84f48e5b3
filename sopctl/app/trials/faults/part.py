"""The faults of one test as a part of its result; in several processes, if that is asked for."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from sopctl.app.trials import stage
from sopctl.app.trials.case import Case, Start
from sopctl.app.trials.faults import bundles
from sopctl.app.trials.faults.course import Checkpoint
from sopctl.app.trials.faults.crew import Alone, Crew, Several, catalogs
from sopctl.app.trials.faults.disturbed import Verdict
from sopctl.app.trials.faults.matrix import Charted, Fault, Lab, Play
from sopctl.core.errors import SopError
from sopctl.engine.state import RunEnd
from sopctl.runbook import parameters
from sopctl.runbook.trials.outcome import Difference, Part

EVERY: Final = 0
SHOWN: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Dose:
    """How many cases: *most* (0: every one), chosen by *seed*; in *jobs* processes.

    *apart*: each in a play of its own.
    """

    most: int = EVERY
    seed: int = 1
    jobs: int = 1
    apart: bool = False


def faults(case: Case, start: Start, dose: Dose) -> Iterator[Part]:
    """Strike the calls of the way there and of the way back."""
    if why := case.script.case.unproved.faults:
        yield Part(name="faults", skipped=why)
        return
    lab = Lab(case.stage, catalogs())
    crew: Crew = Alone(lab) if dose.jobs == 1 else Several(dose.jobs)
    try:
        yield _struck(case, start, lab, dose, crew)
    finally:
        crew.close()


def _struck(case: Case, start: Start, lab: Lab, dose: Dose, crew: Crew) -> Part:
    begun = time.monotonic()
    try:
        played = _played(_charted(case, start, lab), dose, crew)
    except SopError as error:
        return Part(name="faults", skipped=f"it is refused: {error.summary}")
    except stage.EndlessError:
        why = (*case.stage.life.stumbles, "the undisturbed course waits for what never comes")[0]
        return Part(name="faults", differences=(Difference(what=why),))
    return part(crew.verdicts(), played, time.monotonic() - begun)


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """How many *plays* were begun, and how many cases there are altogether."""

    plays: int
    every: int


def _played(charts: Iterator[Charted], dose: Dose, crew: Crew) -> Played:
    """Have the crew play what is chosen; all of a chart at once, as soon as it is there."""
    made = bundles.single if dose.apart else bundles.bundled
    known: list[tuple[Charted, list[Fault]]] = []
    plays = 0
    for charted in charts:
        known.append((charted, list(charted.faults())))
        if dose.most == EVERY:
            bundled = made(known[-1][1])
            crew.play(charted, bundled)
            plays += len(bundled)
    every = sum(len(cases) for _, cases in known)
    if dose.most != EVERY:
        picked = _picked(every, dose)
        for charted, cases in known:
            bundled = made(each for each in cases if next(picked))
            crew.play(charted, bundled)
            plays += len(bundled)
    return Played(plays=plays, every=every)


def _picked(every: int, dose: Dose) -> Iterator[bool]:
    """Of each case in turn, whether it is one of the chosen."""
    # A sample for the short setting, not a secret.
    dice = random.Random(dose.seed)  # noqa: S311  # see above
    chosen = set(dice.sample(range(every), min(dose.most, every)))
    return (number in chosen for number in range(every))


def part(verdicts: Sequence[Verdict], played: Played, seconds: float) -> Part:
    """What came of the cases."""
    found = [
        Difference(what=str(each), found="; ".join(each.wrong)) for each in verdicts if each.wrong
    ]
    missed = sum(not each.struck for each in verdicts)
    of = "every call" if len(verdicts) == played.every else f"chosen of {played.every}"
    detail = f"{len(verdicts)} cases, {of}, in {played.plays} plays, {seconds:.1f} s"
    if missed:
        detail += f"; {missed} calls did not come again"
    return Part(name="faults", differences=tuple(found[:SHOWN]), detail=detail, seconds=seconds)


def _charted(case: Case, start: Start, lab: Lab) -> Iterator[Charted]:
    """The way there and, if it ended, the way back from its end."""
    script = case.script
    there = Play(
        book=script.book,
        params=parameters.resolve(script.book.parameters, script.case.run.parameters),
        answers=script.case.run.answers,
        begin=Checkpoint(world=start.world, journal=start.journal),
    )
    charted = lab.chart(there)
    yield charted
    wanted = script.case.expect.rollback
    if charted.course.end != RunEnd.DONE or wanted is None:
        return
    last = charted.course.last
    household = case.stage.household
    household.restore(last.world)
    case.heal(wanted.after)
    healed = Checkpoint(world=household.snapshot(), journal=last.journal)
    yield lab.chart(replace(there, begin=healed, back=True))
