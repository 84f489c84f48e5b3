"""The faults of one test as a part of its result; in several processes, if that is asked for."""

from __future__ import annotations

import multiprocessing
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from sopctl.actions import catalog as actions
from sopctl.app.place import Catalogs
from sopctl.app.trials import stage
from sopctl.app.trials.case import Case, Start
from sopctl.app.trials.faults.course import Checkpoint
from sopctl.app.trials.faults.disturbed import Verdict
from sopctl.app.trials.faults.matrix import Charted, Fault, Lab, Play
from sopctl.checks import catalog as checks
from sopctl.core.errors import SopError
from sopctl.engine.state import RunEnd
from sopctl.runbook import parameters
from sopctl.runbook.trials.outcome import Difference, Part
from sopctl.sandbox.world.ports import CloudPort, ClusterPort

EVERY: Final = 0
CHUNK: Final = 12  # cases that a process takes at once
SHOWN: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Dose:
    """How many cases: *most* (0: every one), chosen by *seed*; in *jobs* processes."""

    most: int = EVERY
    seed: int = 1
    jobs: int = 1


def faults(case: Case, start: Start, dose: Dose) -> Iterator[Part]:
    """Strike the calls of the way there and of the way back."""
    script = case.script
    if why := script.case.unproved.faults:
        yield Part(name="faults", skipped=why)
        return
    begun = time.monotonic()
    lab = Lab(case.stage, catalogs())
    try:
        charts = list(_charted(case, start, lab))
    except SopError as error:
        yield Part(name="faults", skipped=f"it is refused: {error.summary}")
        return
    except stage.EndlessError:
        why = (*case.stage.life.stumbles, "the undisturbed course waits for what never comes")[0]
        yield Part(name="faults", differences=(Difference(what=why),))
        return
    chosen = _chosen(charts, dose)
    alone = dose.jobs == 1 or len(chosen) <= CHUNK
    verdicts = _alone(lab, charts, chosen) if alone else _together(charts, chosen, dose)
    yield part(verdicts, sum(1 for each in charts for _ in each.faults()), time.monotonic() - begun)


def part(verdicts: Sequence[Verdict], every: int, seconds: float) -> Part:
    """What came of the cases, and how many there are altogether."""
    found = [
        Difference(what=str(each), found="; ".join(each.wrong)) for each in verdicts if each.wrong
    ]
    missed = sum(not each.struck for each in verdicts)
    of = "every call" if len(verdicts) == every else f"chosen of {every}"
    detail = f"{len(verdicts)} cases, {of}, {seconds:.1f} s"
    if missed:
        detail += f"; {missed} calls did not come again"
    return Part(name="faults", differences=tuple(found[:SHOWN]), detail=detail, seconds=seconds)


def catalogs() -> Catalogs:
    broken: dict[str, str] = {}  # said by whoever began the test
    return Catalogs(actions=actions.with_strangers(broken), checks=checks.with_strangers(broken))


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


def _chosen(charts: Sequence[Charted], dose: Dose) -> list[tuple[int, Fault]]:
    """The cases, each with the number of its chart."""
    every = [(number, fault) for number, each in enumerate(charts) for fault in each.faults()]
    if dose.most == EVERY or dose.most >= len(every):
        return every
    # A sample for the short setting, not a secret.
    picked = random.Random(dose.seed).sample(range(len(every)), dose.most)  # noqa: S311  # see above
    return [every[number] for number in sorted(picked)]


def _alone(
    lab: Lab, charts: Sequence[Charted], chosen: Sequence[tuple[int, Fault]]
) -> list[Verdict]:
    return [lab.disturb(charts[number], fault) for number, fault in chosen]


def _together(
    charts: Sequence[Charted], chosen: Sequence[tuple[int, Fault]], dose: Dose
) -> list[Verdict]:
    """Spread over processes, each with a stage of its own; worlds travel as bytes."""
    chunks = [chosen[at : at + CHUNK] for at in range(0, len(chosen), CHUNK)]
    # Not a fork of this process, whose servers' threads would not survive it: of one that has
    # imported everything and started nothing.
    method = multiprocessing.get_context("forkserver")
    method.set_forkserver_preload([__name__])
    with ProcessPoolExecutor(
        dose.jobs, mp_context=method, initializer=_equip, initargs=(tuple(charts),)
    ) as pool:
        return [verdict for found in pool.map(_carry_out, chunks) for verdict in found]


class _Bench:
    """What a process of the pool has: its own stage, and the charts."""

    lab: Lab
    charts: tuple[Charted, ...]
    folder: tempfile.TemporaryDirectory[str]


def _equip(charts: tuple[Charted, ...]) -> None:
    _Bench.folder = tempfile.TemporaryDirectory(prefix="sopctl-test-")
    made = stage.build(Path(_Bench.folder.name), _nothing)
    _Bench.lab, _Bench.charts = Lab(made, catalogs()), charts


def _nothing(_cluster: ClusterPort, _cloud: CloudPort) -> None:
    """Every case restores a world of its own."""


def _carry_out(chosen: Sequence[tuple[int, Fault]]) -> list[Verdict]:
    return _alone(_Bench.lab, _Bench.charts, chosen)
