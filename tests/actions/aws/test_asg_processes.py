from __future__ import annotations

import pytest

from sopctl.actions.aws.asg_processes import ACTION, Params, ProcessState, Select
from sopctl.core.action import Change, ReceiptKind
from sopctl.core.errors import RefusedError
from sopctl.core.resource import ABSENT, Observed, ResourceId
from sopctl.sandbox.aws.faults import FaultRule
from tests.laws import prove, run
from tests.local import Local

BOTH = Params(
    select=Select(zone="us-east-1a", multi_zone=True), suspend=("AZRebalance", "ReplaceUnhealthy")
)


def suspend(local: Local, group: str, *processes: str) -> None:
    with local.cloud.lock:
        found = local.cloud._find(group)
        found.suspended_processes = [*found.suspensions, *processes]


def test_the_laws_hold_for_groups_over_several_zones(local: Local) -> None:
    proof = prove(ACTION, local, BOTH)
    assert [(i.name, i.part) for i in proof.selection.ids] == [
        ("all", "AZRebalance"),
        ("all", "ReplaceUnhealthy"),
    ]


def test_the_laws_hold_for_groups_of_one_zone(local: Local) -> None:
    one = Params(select=Select(zone="us-east-1a"), suspend=("ReplaceUnhealthy",))
    assert [i.name for i in prove(ACTION, local, one).selection.ids] == ["spot-a", "web-a"]


def test_only_what_we_suspended_is_resumed(local: Local) -> None:
    suspend(local, "all", "AZRebalance", "ScheduledActions")
    proof = prove(ACTION, local, BOTH)
    kept = proof.before[proof.selection.ids[0]]
    assert kept.state == ProcessState(suspended=True)
    assert str(kept.evidence["reason"]).startswith("User suspended")
    assert local.cloud.group("all").suspended == {"AZRebalance", "ScheduledActions"}
    assert set(proof.receipts) == {proof.selection.ids[1]}


def test_processes_of_one_group_are_suspended_in_one_call(local: Local) -> None:
    ids = ACTION.select(local.world, BOTH).ids
    seen = ACTION.observe(local.world, BOTH, ids)
    run(ACTION, local.world, [Change(i, seen[i], ACTION.desire(BOTH, i, seen[i])) for i in ids])
    assert local.sent("SuspendProcesses") == 1


def test_the_service_s_conflict_is_a_conflict(local: Local) -> None:
    ids = ACTION.select(local.world, BOTH).ids
    seen = ACTION.observe(local.world, BOTH, ids)
    local.front.faults.append(
        FaultRule(kind="error", operation="SuspendProcesses", value="ResourceContention:500")
    )
    found = [Change(i, seen[i], ProcessState(suspended=True)) for i in ids]
    assert {r.kind for r in run(ACTION, local.world, found).values()} == {ReceiptKind.CONFLICT}
    assert local.sent("SuspendProcesses") == 1


def test_a_process_that_there_is_not_is_refused_with_the_one_that_was_meant(local: Local) -> None:
    with pytest.raises(RefusedError) as refusal:
        ACTION.select(local.world, Params(suspend=("AZRebalanced",)))
    assert "Did you mean AZRebalance?" in refusal.value.hint


def test_suspending_launches_of_an_autoscaled_group_is_noted(local: Local) -> None:
    params = Params(select=Select(groups=("web-a",)), suspend=("Launch",))
    (note,) = ACTION.select(local.world, params).notes
    assert note.startswith("web-a: the autoscaler will go on asking")


def test_a_name_that_is_no_group_of_the_cluster_is_refused(local: Local) -> None:
    with pytest.raises(RefusedError, match="no Auto Scaling group stranger"):
        ACTION.select(local.world, Params(select=Select(groups=("stranger",))))


def test_a_group_of_that_name_with_another_arn_is_gone(local: Local) -> None:
    other = ResourceId("aws.asg", "all", "arn:of:an:earlier:one", "AZRebalance")
    assert ACTION.observe(local.world, BOTH, [other])[other] == Observed(ABSENT, gone=True)
