from __future__ import annotations

from dataclasses import replace

from sopctl.core.action import Change, ReceiptKind
from sopctl.core.resource import ABSENT
from sopctl.engine.overlay import Overlay, holding
from tests import laws
from tests.engine.toys import CHECKS, LAMPS, CheckParams, Lit, Params, bench


def test_what_is_written_is_read_back_and_the_world_is_as_it_was():
    b, overlay = bench(), Overlay()
    dry = overlay.over(LAMPS)
    ids = dry.select(b.world, Params()).ids
    seen = dry.observe(b.world, Params(), ids)
    changes = [Change(each, seen[each], Lit(True)) for each in ids]
    before = b.snapshot()
    receipts = dict(dry.converge(laws.call(), b.world, changes))
    assert {each.kind for each in receipts.values()} == {ReceiptKind.DONE}
    assert b.snapshot() == before
    now = dry.observe(b.world, Params(), ids)
    assert {each.state for each in now.values()} == {Lit(True)}
    assert all(now[each].version != seen[each].version for each in ids)
    rows = overlay.changed(LAMPS)
    assert [(resource, first) for resource, first, _ in rows] == list(seen.items())


def test_what_was_written_first_stays_the_first():
    b, overlay = bench(), Overlay()
    dry = overlay.over(LAMPS)
    one = dry.select(b.world, Params()).ids[0]
    for value in (True, False, True):
        seen = dry.observe(b.world, Params(), [one])[one]
        list(dry.converge(laws.call(), b.world, [Change(one, seen, Lit(value))]))
    ((_, first, now),) = overlay.changed(LAMPS)
    assert (first.state, now.state) == (Lit(False), Lit(True))


def test_what_is_deleted_is_absent():
    b, overlay = bench(), Overlay()
    lamps = overlay.over(LAMPS)
    one = lamps.select(b.world, Params()).ids[0]
    seen = lamps.observe(b.world, Params(), [one])[one]
    list(lamps.converge(laws.call(), b.world, [Change(one, seen, ABSENT)]))
    assert lamps.observe(b.world, Params(), [one])[one].state is ABSENT


def test_those_who_restore_the_same_see_each_others_writes_and_others_do_not():
    b, overlay = bench(), Overlay()
    lamps, again = overlay.over(LAMPS), overlay.over(replace(LAMPS, id="toy.dimmer"))
    others = overlay.over(replace(LAMPS, id="toy.other", state=Other))
    one = lamps.select(b.world, Params()).ids[0]
    seen = lamps.observe(b.world, Params(), [one])[one]
    list(lamps.converge(laws.call(), b.world, [Change(one, seen, Lit(True))]))
    assert again.observe(b.world, Params(), [one])[one].state == Lit(True)
    assert others.observe(b.world, Params(), [one])[one].state == seen.state
    assert overlay.changed(again) == []


class Other:
    """What another action restores of the same things."""


def test_a_check_is_not_asked():
    dark = CHECKS["toy.bright"]
    assert holding(dark).look(None, CheckParams()).holds
