from __future__ import annotations

from dataclasses import replace

from sopctl.actions.aws.asg_standby import ACTION, Params, Standing
from sopctl.core.action import Change, ReceiptKind
from sopctl.core.resource import Observed
from tests.actions.aws.machines import ZONE, ids, plan, put, states
from tests.laws import call, prove, run

GROUP = Params(group="web-a")


def inverse(local, changes):
    seen = ACTION.observe(local.world, GROUP, [each.resource for each in changes])
    return [Change(e.resource, seen[e.resource], e.before.state) for e in changes]


def test_the_laws_hold_for_the_instances_of_a_zone(emptied):
    proof = prove(ACTION, emptied, Params(zone=ZONE))
    assert {each.part for each in proof.selection.ids} == {"web-a", "spot-a"}


def test_a_group_wants_less_meanwhile_and_one_call_moves_all_of_it(emptied):
    run(ACTION, emptied.world, plan(emptied, ACTION, GROUP))
    emptied.cloud.tick()
    assert emptied.cloud.group("web-a").desired == 0
    assert states(emptied, "web-a") == ["Standby", "Standby"]
    assert emptied.sent("EnterStandby") == 1


def test_what_stands_by_already_is_left_there_by_the_way_back(emptied):
    first, second = ids(emptied, "web-a")
    emptied.world.aws._open().call(
        "autoscaling",
        "enter_standby",
        {
            "AutoScalingGroupName": "web-a",
            "InstanceIds": [first],
            "ShouldDecrementDesiredCapacity": True,
        },
    )
    changes = plan(emptied, ACTION, GROUP)
    assert [each.resource.name for each in changes] == [second]


def test_a_pod_that_came_meanwhile_keeps_its_instance_and_no_other(emptied):
    first, second = ids(emptied, "web-a")
    changes = plan(emptied, ACTION, GROUP)
    put(emptied, "late", first)
    receipts = {r.name: got for r, got in run(ACTION, emptied.world, changes).items()}
    assert receipts[first].kind is ReceiptKind.REJECTED
    assert "pods still run" in receipts[first].why
    assert receipts[second].kind is ReceiptKind.DONE
    assert ACTION.desire(GROUP, changes[0].resource, _seen(emptied, changes, first)) == Standing(
        standby=False
    )


def _seen(local, changes, name):
    seen = ACTION.observe(local.world, GROUP, [each.resource for each in changes])
    return next(found for each, found in seen.items() if each.name == name)


def test_an_instance_that_is_refused_does_not_take_the_others_along(emptied):
    first, second = ids(emptied, "web-a")
    changes = plan(emptied, ACTION, GROUP)
    emptied.cloud.terminate(first)
    receipts = {r.name: got for r, got in run(ACTION, emptied.world, changes).items()}
    assert receipts[first].kind is ReceiptKind.REJECTED
    assert receipts[second].kind is ReceiptKind.DONE


def test_the_maximum_has_to_let_them_come_back(emptied):
    changes = plan(emptied, ACTION, GROUP)
    run(ACTION, emptied.world, changes)
    emptied.world.aws._open().call(
        "autoscaling",
        "update_auto_scaling_group",
        {"AutoScalingGroupName": "web-a", "MaxSize": 1},
    )
    back = run(ACTION, emptied.world, inverse(emptied, changes), "back")
    kinds = sorted(each.kind for each in back.values())
    assert kinds == [ReceiptKind.DONE, ReceiptKind.REJECTED]
    assert any("maxSize" in each.why for each in back.values())


def test_they_have_arrived_once_they_stand_by_or_serve(emptied):
    changes = plan(emptied, ACTION, GROUP)
    look = ACTION.effect.look
    now = emptied.watch.now()
    assert not look(emptied.world, GROUP, changes, now).ok
    run(ACTION, emptied.world, changes)
    assert look(emptied.world, GROUP, changes, now).ok
    back = inverse(emptied, changes)
    run(ACTION, emptied.world, back, "back")
    seen = look(emptied.world, GROUP, back, now)
    assert (seen.ok, "Pending" in seen.detail) == (False, True)
    emptied.watch.sleep(30)
    emptied.cloud.tick()
    assert look(emptied.world, GROUP, back, now).ok
    assert states(emptied, "web-a") == ["InService", "InService"]


def test_an_instance_that_left_is_gone(emptied):
    changes = plan(emptied, ACTION, GROUP)
    emptied.cloud.terminate(changes[0].resource.name)
    seen = ACTION.observe(emptied.world, GROUP, [changes[0].resource])[changes[0].resource]
    assert seen == Observed(seen.state, gone=True)


def test_nothing_to_move_sends_nothing(emptied):
    changes = [replace(e, after=e.before.state) for e in plan(emptied, ACTION, GROUP)]
    sent = emptied.mutations()
    got = dict(ACTION.converge(call(), emptied.world, changes))
    assert {each.kind for each in got.values()} == {ReceiptKind.DONE}
    assert emptied.mutations() == sent
