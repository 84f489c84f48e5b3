"""Each law is broken by an action that breaks it alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sopctl.core.resource import ABSENT
from sopctl.testing import laws
from tests.engine import toys
from tests.engine.toys import LAMPS, FakeClock, Lit, Params


class Bench:
    def __init__(self):
        self.clients = toys.world(FakeClock(), lamps=2)
        self.writes = 0
        write = self.clients.write

        def counted(*given):
            self.writes += 1
            return write(*given)

        self.clients.write = counted

    def mutations(self):
        return self.writes

    def dump(self):
        return {name: thing.value for (_, name), thing in self.clients.things.items()}


def prove(**changes):
    return laws.prove(replace(LAMPS, **changes), Bench(), Params())


def test_a_lens_keeps_them():
    assert len(prove().receipts) == 2


def meddling(world, params):
    next(iter(world.things.values())).value = "meddled"
    return LAMPS.select(world, params)


def lazy(call, world, changes):
    for change, answer in zip(changes, LAMPS.converge(call, world, changes), strict=True):
        world.things[change.resource.kind, change.resource.name].value = "half"
        yield answer


def one_way(call, world, changes):
    if call.op_id.startswith("back"):
        changes = [replace(each, after=Lit("other")) for each in changes]
    yield from LAMPS.converge(call, world, changes)


def never_content(params, resource, seen):
    now = "" if seen.state is ABSENT else seen.state.lit
    return Lit(f"{now} again")


def twice(world, params):
    found = LAMPS.select(world, params)
    return replace(found, ids=found.ids * 2)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"select": meddling}, "changed the world"),
        ({"select": twice}, "selected twice"),
        ({"converge": lazy}, "did not converge"),
        ({"desire": never_content}, "desired otherwise now"),
        ({"converge": one_way}, "not as before"),
        ({"converge": lambda call, world, changes: ()}, "without a receipt"),
    ],
)
def test_and_what_breaks_one_is_told_which(changes, said):
    with pytest.raises(AssertionError, match=said):
        prove(**changes)
