from __future__ import annotations

import pytest

from sopctl.actions.aws.asg_terminate import ACTION, Params
from sopctl.core.action import Change, ReceiptKind, Undo
from sopctl.facts import instances
from tests.actions.aws.machines import ZONE, ids, later, plan, put, states
from tests.laws import prove, run

GROUP = Params(group="web-a")
HOOK = {
    "AutoScalingGroupName": "web-a",
    "LifecycleHookName": "drain",
    "LifecycleTransition": "autoscaling:EC2_INSTANCE_TERMINATING",
    "HeartbeatTimeout": 300,
}


def send(local, operation, **params):
    local.world.aws._open().call("autoscaling", operation, params)


def test_the_laws_hold_for_the_instances_of_a_zone(emptied):
    proof = prove(ACTION, emptied, Params(zone=ZONE))
    assert {each.part for each in proof.selection.ids} == {"web-a", "spot-a"}
    assert ACTION.undo is Undo.NONE
    assert ACTION.consent(GROUP)


@pytest.mark.parametrize(("replace", "wanted"), [(False, 0), (True, 2)])
def test_the_group_wants_less_unless_they_are_replaced(emptied, replace, wanted):
    params = Params(group="web-a", replace=replace)
    before = ids(emptied, "web-a")
    run(ACTION, emptied.world, plan(emptied, ACTION, params))
    later(emptied)
    now = emptied.cloud.group("web-a")
    assert (now.desired, len(now.instances)) == (wanted, wanted)
    assert not set(before) & {each.id for each in now.instances}
    assert set(instances.states(emptied.world.aws, before).values()) == {"terminated"}


def test_hooks_are_told_of_and_run(emptied):
    send(emptied, "put_lifecycle_hook", **HOOK)
    launch = {**HOOK, "LifecycleHookName": "join"}
    launch["LifecycleTransition"] = "autoscaling:EC2_INSTANCE_LAUNCHING"
    send(emptied, "put_lifecycle_hook", **launch)
    notes = ACTION.select(emptied.world, GROUP).notes
    (told,) = [each for each in notes if "hook" in each]
    assert told.startswith("web-a: its instances wait for the hook drain on their way out, 300 s")
    changes = plan(emptied, ACTION, GROUP)
    run(ACTION, emptied.world, changes)
    later(emptied)
    assert states(emptied, "web-a") == ["Terminating:Wait", "Terminating:Wait"]
    seen = ACTION.observe(emptied.world, GROUP, [each.resource for each in changes])
    assert not any(each.gone or each.evidence for each in seen.values())


def test_a_pod_that_came_meanwhile_keeps_its_instance(emptied):
    first, second = ids(emptied, "web-a")
    changes = plan(emptied, ACTION, GROUP)
    put(emptied, "late", first)
    receipts = {r.name: got for r, got in run(ACTION, emptied.world, changes).items()}
    assert receipts[first].kind is ReceiptKind.REJECTED
    assert receipts[second].kind is ReceiptKind.DONE
    assert emptied.sent("TerminateInstanceInAutoScalingGroup") == 1
    assert [e.id for e in emptied.cloud.group("web-a").instances if e.state == "InService"] == [
        first
    ]


def test_protected_instances_are_left_unless_asked_for(emptied):
    first, second = ids(emptied, "web-a")
    send(
        emptied,
        "set_instance_protection",
        AutoScalingGroupName="web-a",
        InstanceIds=[first],
        ProtectedFromScaleIn=True,
    )
    assert [each.resource.name for each in plan(emptied, ACTION, GROUP)] == [second]
    every = Params(group="web-a", protected=True)
    assert {each.resource.name for each in plan(emptied, ACTION, every)} == {first, second}


def test_a_minimum_that_was_raised_meanwhile_is_an_answer(emptied):
    changes = plan(emptied, ACTION, GROUP)
    send(emptied, "update_auto_scaling_group", AutoScalingGroupName="web-a", MinSize=1)
    receipts = run(ACTION, emptied.world, changes)
    kinds = sorted(each.kind for each in receipts.values())
    assert kinds == [ReceiptKind.DONE, ReceiptKind.REJECTED]
    assert any("min size" in each.why for each in receipts.values())


def test_there_is_no_way_back(emptied):
    changes = plan(emptied, ACTION, GROUP)
    run(ACTION, emptied.world, changes)
    seen = ACTION.observe(emptied.world, GROUP, [each.resource for each in changes])
    back = [Change(e.resource, seen[e.resource], e.before.state) for e in changes]
    sent = emptied.mutations()
    receipts = run(ACTION, emptied.world, back, "back")
    assert {each.kind for each in receipts.values()} == {ReceiptKind.REJECTED}
    assert emptied.mutations() == sent
