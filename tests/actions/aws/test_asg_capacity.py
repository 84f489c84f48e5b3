from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest

from sopctl.actions.aws import asg_capacity
from sopctl.actions.aws.asg_capacity import ACTION, MaxState, Params, Select
from sopctl.core.action import Change, Receipt, ReceiptKind, Seen
from sopctl.core.errors import FencedError
from sopctl.core.resource import Observed, ResourceId
from sopctl.sandbox.aws.faults import FaultRule
from tests.laws import call, prove, run
from tests.local import Local

SPOT = Params()
ONE = Params(select=Select(groups=("spot-a",)))


def changes(local: Local, params: Params = ONE) -> list[Change[MaxState]]:
    ids = ACTION.select(local.world, params).ids
    seen = ACTION.observe(local.world, params, ids)
    return [Change(i, seen[i], ACTION.desire(params, i, seen[i])) for i in ids]


def converge(local: Local, found: list[Change[MaxState]], guard: object = None) -> list[Receipt]:
    given = call() if guard is None else call(guard=guard)  # type: ignore[arg-type]
    return [receipt for _, receipt in ACTION.converge(given, local.world, found)]


def test_the_laws_hold_and_spot_in_healthy_zones_is_paused_too(local: Local) -> None:
    proof = prove(ACTION, local, SPOT)
    assert [each.name for each in proof.selection.ids] == ["spot-a", "spot-b", "spot-c"]
    assert {each.state for each in proof.settled.values()} == {MaxState(max=2)}


def test_the_laws_hold_for_any_group_by_name(local: Local) -> None:
    wanted = Params(select=Select(spot=False, groups=("web-a", "all")))
    assert len(prove(ACTION, local, wanted).selection.ids) == 2


def test_a_zone_narrows_the_choice(local: Local) -> None:
    selection = ACTION.select(local.world, Params(select=Select(zone="us-east-1b")))
    assert [each.name for each in selection.ids] == ["spot-b"]


def test_the_laws_hold_for_groups_that_span_the_zone(local: Local) -> None:
    wanted = Params(select=Select(zone="us-east-1a", spot=False, multi_zone=True))
    proof = prove(ACTION, local, wanted)
    assert [each.name for each in proof.selection.ids] == ["all"]


def test_groups_that_buy_on_demand_too_are_noted(local: Local) -> None:
    local.group("mixed", "us-east-1a", spot=True, on_demand_base=1, on_demand_percent=50)
    selection = ACTION.select(local.world, SPOT)
    assert "mixed" not in {each.name for each in selection.ids}
    assert any(note.startswith("mixed: left alone") for note in selection.notes)


def test_managed_node_groups_are_noted(local: Local) -> None:
    local.cloud.set_tag("spot-a", "eks:nodegroup-name", "ng", True)
    selection = ACTION.select(local.world, SPOT)
    assert [each.name for each in selection.ids] == ["spot-b", "spot-c"]
    assert any("spot-a: left alone, because EKS" in note for note in selection.notes)


def test_groups_given_by_name_to_the_autoscaler_are_noted(local: Local) -> None:
    local.autoscaler("--nodes=1:10:spot-a", name="ca-two")
    selection = ACTION.select(local.world, SPOT)
    assert any("spot-a" in note and "--nodes" in note for note in selection.notes)


def test_pausing_does_not_need_the_api_server_when_the_cluster_has_a_name(local: Local) -> None:
    local.kube.stop()
    kubeconfig = local.kubeconfig({"token": "x"})
    kubeconfig["contexts"][0]["context"]["cluster"] = arn = (
        "arn:aws:eks:us-east-1:1:cluster/sandbox"
    )
    kubeconfig["clusters"][0]["name"] = arn
    Path(local.target.kubeconfig).write_text(json.dumps(kubeconfig))
    local.connect()
    assert len(ACTION.select(local.world, SPOT).ids) == 3


def test_a_group_that_wants_more_than_it_may_is_left_as_it_is(local: Local) -> None:
    found = changes(local)
    local.cloud.set_desired("spot-a", 5)
    before = local.mutations()
    (receipt,) = converge(local, found)
    assert receipt.kind is ReceiptKind.REJECTED
    assert "now wants 5" in receipt.why
    assert local.mutations() == before
    assert local.cloud.group("spot-a").max == 10


def test_groups_share_the_looks_before_and_after(local: Local) -> None:
    found = changes(local, SPOT)
    local.front.calls.clear()
    assert {each.kind for each in converge(local, found)} == {ReceiptKind.DONE}
    assert local.sent("UpdateAutoScalingGroup") == len(found) == 3
    assert local.sent("DescribeAutoScalingGroups") == 2


def test_of_groups_that_share_a_look_only_the_one_that_lost_instances_is_repaired(
    local: Local,
) -> None:
    found = changes(local, SPOT)
    raised = iter([True])

    def autoscaler() -> None:
        if next(raised, False):
            local.cloud.set_desired("spot-b", 4)
            local.cloud.tick()

    told = dict(ACTION.converge(call(guard=autoscaler), local.world, found))
    kinds = {resource.name: receipt.kind for resource, receipt in told.items()}
    assert kinds.pop("spot-b") is ReceiptKind.CONFLICT
    assert set(kinds.values()) == {ReceiptKind.DONE}
    assert (local.cloud.group("spot-b").desired, local.cloud.group("spot-b").max) == (4, 10)


def test_what_came_of_writes_that_cannot_be_looked_after_is_unknown(local: Local) -> None:
    found = changes(local, SPOT)
    before = FaultRule(kind="error", operation="Describe*", value="AccessDenied")
    sent = call(guard=lambda: local.front.faults.append(before))
    told = [receipt for _, receipt in ACTION.converge(sent, local.world, found)]
    assert [each.kind for each in told] == [ReceiptKind.UNKNOWN] * 3
    assert all("was set; what came of it is unknown" in each.why for each in told)


def test_instances_that_the_race_would_cost_are_wished_for_again(local: Local) -> None:
    """The autoscaler raises the group after our last look and before our write."""
    found = changes(local)
    raised = iter([True])

    def autoscaler() -> None:
        if next(raised, False):
            local.cloud.set_desired("spot-a", 4)
            local.cloud.tick()

    (receipt,) = converge(local, found, autoscaler)
    assert receipt.kind is ReceiptKind.CONFLICT
    assert len(receipt.requests) == 2
    group = local.cloud.group("spot-a")
    assert (group.desired, group.max) == (4, 10)
    local.cloud.tick()
    assert len(local.cloud.group("spot-a").instances) == 4


def test_a_lost_reply_is_unknown_but_its_damage_is_still_repaired(local: Local) -> None:
    found = changes(local)
    raised = iter([True])

    def autoscaler() -> None:
        if next(raised, False):
            local.cloud.set_desired("spot-a", 4)
            local.cloud.tick()

    rule = FaultRule(kind="lost_reply", operation="UpdateAutoScalingGroup", count=1)
    local.front.faults.append(rule)
    (receipt,) = converge(local, found, autoscaler)
    assert receipt.kind is ReceiptKind.CONFLICT
    assert local.cloud.group("spot-a").desired == 4


def test_a_lost_reply_without_damage_stays_unknown_and_is_not_resent(local: Local) -> None:
    found = changes(local)
    rule = FaultRule(kind="lost_reply", operation="UpdateAutoScalingGroup", count=1)
    local.front.faults.append(rule)
    (receipt,) = converge(local, found)
    assert receipt.kind is ReceiptKind.UNKNOWN
    assert local.sent("UpdateAutoScalingGroup") == 1
    assert local.cloud.group("spot-a").max == 2


def test_the_maximum_is_never_set_under_what_the_group_wants_on_the_way_back(local: Local) -> None:
    found = changes(local)
    run(ACTION, local.world, found)
    local.cloud._find("spot-a").resize({"MaxSize": 20, "DesiredCapacity": 15})
    (seen,) = ACTION.observe(local.world, ONE, [found[0].resource]).values()
    back = [Change(found[0].resource, seen, found[0].before.state)]
    (receipt,) = converge(local, back)
    assert receipt.kind is ReceiptKind.REJECTED
    assert local.cloud.group("spot-a").desired == 15


def test_a_lost_lease_stops_the_write(local: Local) -> None:
    def fenced() -> None:
        raise FencedError("the lease is lost")

    before = local.mutations()
    with pytest.raises(FencedError):
        converge(local, changes(local), fenced)
    assert local.mutations() == before


def test_a_group_that_is_gone_is_rejected_and_not_unknown(local: Local) -> None:
    gone = ResourceId("aws.asg", "gone", "arn:gone", "MaxSize")
    (receipt,) = converge(local, [Change(gone, Observed(MaxState(max=3)), MaxState(max=1))])
    assert receipt.kind is ReceiptKind.REJECTED


def test_a_group_that_shrank_since_another_run_paused_it_is_paused_all_the_same() -> None:
    assert ACTION.suffices is not None
    assert ACTION.suffices(MaxState(max=6), MaxState(max=5))
    assert not ACTION.suffices(MaxState(max=5), MaxState(max=6))


@pytest.mark.parametrize("text", [False, True])
def test_the_effect_is_that_the_autoscaler_knows_the_maximum(local: Local, text: bool) -> None:
    local.write_status("spot-a", text=text)
    found = changes(local)
    run(ACTION, local.world, found)
    changed_at = local.watch.now()
    assert "last wrote its status" in look(local, found, changed_at).detail
    local.watch.sleep(61)
    local.write_status("spot-a", text=text)
    assert look(local, found, changed_at).ok


def test_an_autoscaler_with_the_old_maximum_is_waited_for(local: Local) -> None:
    found = changes(local)
    changed_at = local.watch.now()
    local.watch.sleep(61)
    local.write_status("spot-a")
    assert "old bounds of spot-a" in look(local, found, changed_at).detail


def test_a_group_that_the_autoscaler_does_not_know_needs_no_effect(local: Local) -> None:
    found = changes(local)
    changed_at = local.watch.now()
    local.watch.sleep(61)
    local.write_status("web-a")
    assert look(local, found, changed_at).ok


def look(local: Local, found: list[Change[MaxState]], changed_at: datetime) -> Seen:
    return asg_capacity.look(local.world, ONE, found, changed_at)
