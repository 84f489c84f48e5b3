"""An answer that is long on its way says nothing about what there was to see when it came."""

from __future__ import annotations

import dataclasses

import pytest

from sopctl.core.resource import ABSENT
from sopctl.engine.leg import Done, leg
from sopctl.engine.state import RunEnd
from tests.engine.toys import ACTIONS, CHECKS, EFFECT, bench, runbook, step

ASLEEP = 900.0  # seconds: more than anything here is waited for


class Nap:
    """A look whose first answer comes late: the laptop slept meanwhile."""

    def __init__(self, look, clock):
        self.look, self.clock = look, clock
        self.asked = 0

    def __call__(self, *given):
        answer = self.look(*given)
        self.asked += 1
        if self.asked == 1:
            self.clock.sleep(ASLEEP)
        return answer


@pytest.fixture
def b():
    made = bench()
    made.world.consume()  # it has just looked: it sees what is written now in a minute
    return made


def test_an_effect_is_missing_only_when_it_was_when_its_time_was_over(b):
    nap = Nap(EFFECT.look, b.clock)
    lamps = dataclasses.replace(ACTIONS["toy.lamp"], effect=dataclasses.replace(EFFECT, look=nap))
    deps = dataclasses.replace(b.deps, actions={**ACTIONS, "toy.lamp": lamps})
    run = b.open(b.plan(runbook(step("lamps", "toy.lamp"))))

    assert leg(run, deps) == Done(RunEnd.DONE)
    assert nap.asked == 2


def test_a_second_look_that_came_late_is_taken_again(b):
    lamps = ACTIONS["toy.lamp"]
    run = b.open(b.plan(runbook(step("lamps", "toy.lamp"))))
    seen = {"late": 0}

    def observe(world, params, resources):
        found = lamps.observe(world, params, resources)
        work = b.state().works[0]
        if "second" in work.watches and not seen["late"]:
            seen["late"] += 1
            b.clock.sleep(ASLEEP)
            # It answered from before the write.
            return {each: dataclasses.replace(found[each], state=ABSENT) for each in found}
        return found

    deps = dataclasses.replace(
        b.deps, actions={**ACTIONS, "toy.lamp": dataclasses.replace(lamps, observe=observe)}
    )
    assert leg(run, deps) == Done(RunEnd.DONE)
    assert seen["late"] == 1


def test_a_check_fails_only_when_it_did_when_its_time_was_over(b):
    dark = CHECKS["toy.bright"]
    nap = Nap(dark.look, b.clock)

    def look(world, params):
        verdict = nap(world, params)
        world.things["lamp", "l0"].value = True  # while we slept
        return verdict

    deps = dataclasses.replace(
        b.deps, checks={**CHECKS, "toy.bright": dataclasses.replace(dark, look=look)}
    )
    check = step("bright", "toy.bright", params={"name": "l0"}, wait=60.0)
    run = b.open(b.plan(runbook(check)))

    assert leg(run, deps) == Done(RunEnd.DONE)
    assert nap.asked == 2


def test_a_write_did_not_follow_only_when_it_had_not_when_its_time_was_over(b):
    b.world.lag = 5.0  # reads show what was there before a write
    fuses = ACTIONS["toy.fuse"]
    run = b.open(b.plan(runbook(step("fuses", "toy.fuse"))))
    seen = {"late": 0}

    def observe(world, params, resources):
        found = fuses.observe(world, params, resources)
        if world.mutations and not seen["late"]:
            seen["late"] += 1
            b.clock.sleep(ASLEEP)
        return found

    deps = dataclasses.replace(
        b.deps, actions={**ACTIONS, "toy.fuse": dataclasses.replace(fuses, observe=observe)}
    )
    assert leg(run, deps) == Done(RunEnd.DONE)
    assert seen["late"] == 1
