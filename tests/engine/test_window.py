from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from sopctl.core.errors import TemporaryError
from sopctl.engine import records
from sopctl.engine.leg import Done, Parked, leg
from sopctl.engine.state import Phase, RunEnd
from tests.engine.toys import ACTIONS, FUSES, bench, runbook, step, world

BOOK = runbook(step("fuses", "toy.fuse"))


def acting(b, **changes):
    actions = {**ACTIONS, FUSES.id: replace(FUSES, **changes)}
    return replace(b.deps, actions=actions)


@pytest.fixture
def b():
    made = bench()
    made.world = replace(world(made.clock, lamps=0, fuses=12), clock=made.clock)
    made.deps = replace(made.deps, clients=made.world)
    made.world.journal = made.state
    return made


def intents(b):
    return [len(r.data["items"]) for r in b.store.read("r1") if r.kind == records.INTENT]


@pytest.mark.parametrize(
    ("more", "windows"),
    [
        ({"batch": 2, "concurrency": 2}, [4, 4, 4]),
        ({"batch": 2, "concurrency": 2, "window": 8}, [8, 4]),
        ({"batch": 2, "concurrency": 2, "window": 1000}, [12]),
    ],
)
def test_so_many_are_looked_at_and_journaled_at_once(b, more, windows):
    looks = []

    def observe(clients, params, ids):
        looks.append(len(ids))
        return FUSES.observe(clients, params, ids)

    run = b.open(b.plan(BOOK))
    assert leg(run, acting(b, observe=observe, **more)) == Done(RunEnd.DONE)
    assert intents(b) == windows
    assert looks[: len(windows)] == windows
    assert len(looks) == len(windows) + 2  # read back, and a second time: all of them at once


def test_no_more_calls_are_in_flight_than_the_action_says(b):
    now, most, lock = 0, 0, threading.Lock()

    def converge(call, clients, changes):
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        threading.Event().wait(0.01)
        with lock:
            now -= 1
        yield from FUSES.converge(call, clients, changes)

    b.world.journal = None
    run = b.open(b.plan(BOOK))
    deps = acting(b, converge=converge, batch=1, concurrency=3, window=12)
    with ThreadPoolExecutor(12) as pool:
        assert leg(run, replace(deps, pool=pool)) == Done(RunEnd.DONE)
    assert most == 3


def test_after_a_signal_what_was_not_sent_is_left_and_known_as_not_sent(b):
    stop = threading.Event()

    def converge(call, clients, changes):
        stop.set()
        yield from FUSES.converge(call, clients, changes)

    run = b.open(b.plan(BOOK))
    deps = acting(b, converge=converge, batch=4, concurrency=1, window=12)
    assert isinstance(leg(run, replace(deps, stopping=stop.is_set)), Parked)
    items = b.state().work("fuses").items.values()
    assert b.world.mutations == 4
    assert [item.phase for item in items] == [Phase.APPLIED] * 4 + [Phase.TODO] * 8
    assert not any(item.unacked for item in items)

    assert leg(run, acting(b)) == Done(RunEnd.DONE)
    assert b.world.mutations == 12


def test_after_a_bug_nothing_more_is_sent(b):
    def converge(call, clients, changes):
        raise TypeError("a bug")
        yield

    run = b.open(b.plan(BOOK))
    with pytest.raises(TypeError):
        leg(run, acting(b, converge=converge, batch=4, concurrency=1, window=12))
    assert b.world.mutations == 0
    assert {item.phase for item in b.state().work("fuses").items.values()} == {Phase.SENT}


def test_of_a_batch_that_breaks_off_what_was_answered_is_known_and_the_rest_is_looked_at(b):
    broken = []

    def converge(call, clients, changes):
        for number, answer in enumerate(FUSES.converge(call, clients, changes)):
            if number == 2 and not broken:
                broken.append(answer)
                raise TemporaryError("the connection broke")
            yield answer

    run = b.open(b.plan(BOOK))
    assert leg(run, acting(b, converge=converge, batch=4, concurrency=1, window=4)) == Done(
        RunEnd.DONE
    )
    first = next(r for r in b.store.read("r1") if r.kind == records.RESULT)
    kinds = [row["receipt"]["kind"] for row in first.data["items"]]
    assert kinds == ["done", "done", "unknown", "unknown"]
    assert set(b.world.effective.values()) == {1}  # the third was carried out, and not again


def test_an_order_says_itself_what_comes_together(b):
    def order(changes):
        return [changes[:5], changes[5:]]

    run = b.open(b.plan(BOOK))
    assert leg(run, acting(b, order=order, window=2)) == Done(RunEnd.DONE)
    assert intents(b) == [5, 5, 2]
