from __future__ import annotations

import pytest

from sopctl.actions.aws.asg_subnets import ACTION, Params, SubnetState
from sopctl.core.action import Change, ReceiptKind
from sopctl.core.errors import RefusedError
from tests.laws import prove, run
from tests.local import Local

LEAVE = Params(zone="us-east-1a")


def suspend(local: Local, group: str = "all") -> None:
    with local.cloud.lock:
        local.cloud._find(group).suspended_processes = ["AZRebalance"]


def change(local: Local) -> Change[SubnetState]:
    (resource,) = ACTION.select(local.world, LEAVE).ids
    seen = ACTION.observe(local.world, LEAVE, [resource])[resource]
    return Change(resource, seen, ACTION.desire(LEAVE, resource, seen))


def test_the_laws_hold_for_a_group_that_does_not_rebalance(local: Local) -> None:
    suspend(local)
    proof = prove(ACTION, local, LEAVE)
    assert [i.name for i in proof.selection.ids] == ["all"]
    assert proof.selection.notes == ()


def test_the_zone_is_left_by_name_and_by_id_and_the_order_of_the_rest_stays(local: Local) -> None:
    suspend(local)
    before = local.cloud.group("all").subnets
    by_id = Params(zone=local.world.facts.zone("us-east-1a").id)
    (resource,) = ACTION.select(local.world, by_id).ids
    run(ACTION, local.world, [change(local)])
    after = local.cloud.group("all")
    assert after.zones == ("us-east-1b", "us-east-1c")
    assert after.subnets == tuple(s for s in before if s != local.cloud.subnets()["us-east-1a"])
    assert resource.name == "all"


def test_a_group_that_rebalances_is_noted_and_not_written(local: Local) -> None:
    (note,) = ACTION.select(local.world, LEAVE).notes
    assert note.startswith("all: suspend AZRebalance first")
    (answer,) = run(ACTION, local.world, [change(local)]).values()
    assert answer.kind is ReceiptKind.REJECTED
    assert local.sent("UpdateAutoScalingGroup") == 0


def test_the_way_back_needs_no_suspension(local: Local) -> None:
    suspend(local)
    there = change(local)
    run(ACTION, local.world, [there])
    with local.cloud.lock:
        local.cloud._find("all").suspended_processes = []
    seen = ACTION.observe(local.world, LEAVE, [there.resource])[there.resource]
    (answer,) = run(
        ACTION, local.world, [Change(there.resource, seen, there.before.state)]
    ).values()
    assert answer.kind is ReceiptKind.DONE
    assert local.cloud.group("all").zones == ("us-east-1a", "us-east-1b", "us-east-1c")


def test_groups_of_the_zone_alone_are_left_alone(local: Local) -> None:
    assert [i.name for i in ACTION.select(local.world, LEAVE).ids] == ["all"]


def test_a_zone_that_there_is_not_is_refused(local: Local) -> None:
    with pytest.raises(RefusedError, match="no zone 'us-east-1z'"):
        ACTION.select(local.world, Params(zone="us-east-1z"))
