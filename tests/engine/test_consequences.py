from __future__ import annotations

import dataclasses

import pytest

from sopctl.core.errors import UnreachableError
from sopctl.core.side_effect import Aspect, SideEffect
from sopctl.engine.planner import Order, make_plan
from tests.engine.toys import ACTIONS, FakeClock, bench, runbook, step, world

FLICKER = SideEffect(aspect=Aspect.RESTARTS, subject="hall", count=1)


@pytest.fixture
def b():
    return bench(world(FakeClock(), lamps=5))


def planned(b, side_effects):
    lamp = dataclasses.replace(ACTIONS["toy.lamp"], side_effects=side_effects)
    deps = dataclasses.replace(b.deps, actions={**ACTIONS, "toy.lamp": lamp})
    order = Order(runbook=runbook(step("lamps", "toy.lamp")), params={}, target={"name": "toy"})
    return make_plan(order, deps).steps[0]


def test_an_action_is_told_what_it_would_change_and_says_what_comes_of_it(b):
    asked = []

    def flickers(clients, params, changes):
        asked.extend(changes)
        return [FLICKER]

    found = planned(b, flickers)

    assert found.side_effects == (FLICKER,)
    assert [each.resource for each in asked] == [each.resource for each in found.changes]
    assert not any(isinstance(each.after, dict) for each in asked)  # states, not their images


def test_what_cannot_be_looked_at_is_no_obstacle(b):
    def silent(clients, params, changes):
        raise UnreachableError("no answer from toys", provider="toys")

    found = planned(b, silent)

    assert found.side_effects == ()
    assert found.changes
    assert found.notes[-1] == "its side effects are not known: no answer from toys"
