from __future__ import annotations

from sopctl.actions.aws.asg_protection import ACTION, Params
from sopctl.core.action import Change
from sopctl.core.resource import Observed
from sopctl.facts.choice import Where
from tests.laws import prove, run
from tests.local import Local

SPANNING = Where(zone="us-east-1a", multi_zone=True)


def test_the_laws_hold_for_instances_outside_the_zone(local: Local) -> None:
    local.cloud.set_desired("all", 6)
    local.cloud.tick()
    local.watch.sleep(30)
    local.cloud.tick()
    proof = prove(ACTION, local, Params(select=SPANNING, except_zone="us-east-1a"))
    zones = {i.id: i.zone for i in local.cloud.group("all").instances}
    assert {zones[i.name] for i in proof.selection.ids} == {"us-east-1b", "us-east-1c"}
    assert len(proof.selection.ids) == 4


def test_instances_of_one_group_are_protected_in_one_call(local: Local) -> None:
    params = Params(select=Where(groups=("web-a",)))
    ids = ACTION.select(local.world, params).ids
    seen = ACTION.observe(local.world, params, ids)
    run(ACTION, local.world, [Change(i, seen[i], ACTION.desire(params, i, seen[i])) for i in ids])
    assert local.sent("SetInstanceProtection") == 1
    assert all(i.protected for i in local.cloud.group("web-a").instances)


def test_what_was_protected_before_stays_so_on_the_way_back(local: Local) -> None:
    first = local.cloud.group("web-a").instances[0].id
    local.world.aws._open().call(
        "autoscaling",
        "set_instance_protection",
        {
            "AutoScalingGroupName": "web-a",
            "InstanceIds": [first],
            "ProtectedFromScaleIn": True,
        },
    )
    proof = prove(ACTION, local, Params(select=Where(groups=("web-a",))))
    assert first not in {i.name for i in proof.receipts}


def test_an_instance_that_left_is_gone(local: Local) -> None:
    params = Params(select=Where(groups=("web-a",)))
    ids = ACTION.select(local.world, params).ids
    local.cloud.terminate(ids[0].name)
    seen = ACTION.observe(local.world, params, ids)
    assert seen[ids[0]] == Observed(seen[ids[0]].state, gone=True)
    assert not seen[ids[1]].gone
