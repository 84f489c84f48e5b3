from __future__ import annotations

import pytest

from sopctl.actions.aws.asg_detach import ACTION, Params
from sopctl.core.action import Change, ReceiptKind, Undo
from sopctl.facts import instances
from tests.actions.aws.machines import ZONE, ids, later, plan, put
from tests.laws import prove, run

GROUP = Params(group="web-a")


def test_the_laws_hold_for_the_instances_of_a_zone(emptied):
    proof = prove(ACTION, emptied, Params(zone=ZONE))
    assert {each.part for each in proof.selection.ids} == {"web-a", "spot-a"}
    assert ACTION.undo is Undo.RESIDUE
    assert ACTION.consent(GROUP)


@pytest.mark.parametrize(("replace", "wanted"), [(False, 0), (True, 2)])
def test_they_run_on_outside_of_the_group(emptied, replace, wanted):
    params = Params(group="web-a", replace=replace)
    before = ids(emptied, "web-a")
    run(ACTION, emptied.world, plan(emptied, ACTION, params))
    later(emptied)
    now = emptied.cloud.group("web-a")
    assert (now.desired, len(now.instances)) == (wanted, wanted)
    assert not set(before) & {each.id for each in now.instances}
    assert set(instances.states(emptied.world.aws, before).values()) == {"running"}
    assert {each.id for each in emptied.cloud.loose()} == set(before)
    assert emptied.sent("DetachInstances") == 1


def test_a_pod_that_came_meanwhile_keeps_its_instance(emptied):
    first, _ = ids(emptied, "web-a")
    changes = plan(emptied, ACTION, GROUP)
    put(emptied, "late", first)
    receipts = {r.name: got.kind for r, got in run(ACTION, emptied.world, changes).items()}
    assert receipts.pop(first) is ReceiptKind.REJECTED
    assert set(receipts.values()) == {ReceiptKind.DONE}


def test_there_is_no_way_back(emptied):
    changes = plan(emptied, ACTION, GROUP)
    run(ACTION, emptied.world, changes)
    seen = ACTION.observe(emptied.world, GROUP, [each.resource for each in changes])
    back = [Change(e.resource, seen[e.resource], e.before.state) for e in changes]
    sent = emptied.mutations()
    receipts = run(ACTION, emptied.world, back, "back")
    assert {each.kind for each in receipts.values()} == {ReceiptKind.REJECTED}
    assert emptied.mutations() == sent
