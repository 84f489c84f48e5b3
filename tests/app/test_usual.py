from __future__ import annotations

from sopctl.app import usual
from sopctl.engine.leg import leg
from tests.engine.toys import FakeClock, bench, runbook, step, world

BOOK = runbook(step("lamps", "toy.lamp"), step("fuses", "toy.fuse"))


def test_what_earlier_runs_waited_is_what_it_usually_takes():
    b = bench(world(FakeClock(), lamps=1, fuses=1))
    b.world.consume()  # the consumer sees the change at its next refresh, a minute later
    leg(b.open(b.plan(BOOK)), b.deps)

    known = usual.waits([b.state()], "toy")

    assert 50 <= known["lamps"] <= 70
    assert usual.waits([b.state()], "another") == {}
    assert usual.told("lamps: the consumer sees it", {"lamps": 61.0}) == (
        "lamps: the consumer sees it (usually 1m 01s)"
    )


def test_what_was_never_seen_is_not_told():
    b = bench(world(FakeClock(), lamps=1, fuses=0))
    b.world.consume = lambda: None
    leg(b.open(b.plan(runbook(step("lamps", "toy.lamp")))), b.deps)

    known = usual.waits([b.state()], "toy")

    assert known == {}
    assert usual.told("lamps: x", known) == "lamps: x"
    assert usual.told("somebody else has the lock", {"lamps": 1.0}) == "somebody else has the lock"
