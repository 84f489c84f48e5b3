from __future__ import annotations

import pytest

from sopctl.actions.aws import leaving
from sopctl.actions.aws.leaving import Which
from sopctl.core.errors import RefusedError
from tests.actions.aws.machines import ZONE, ids, put, silence
from tests.local import Local


def chosen(local: Local, **which) -> set[str]:
    return {each.name for each in leaving.select(local.connect(), Which(**which)).ids}


def notes(local: Local, **which) -> str:
    return "\n".join(leaving.select(local.connect(), Which(**which)).notes)


def test_a_zone_is_its_instances_of_groups_that_stay_balanced_without_them(emptied):
    assert chosen(emptied, zone=ZONE) == {
        *ids(emptied, "web-a"),
        *ids(emptied, "spot-a"),
    }
    assert "all: left alone, because it would launch and terminate" in notes(emptied, zone=ZONE)


def test_a_suspended_rebalance_lets_the_zone_leave_a_spanning_group(emptied):
    emptied.world.aws._open().call(
        "autoscaling",
        "suspend_processes",
        {"AutoScalingGroupName": "all", "ScalingProcesses": ["AZRebalance"]},
    )
    there = {e.id for e in emptied.cloud.group("all").instances if e.zone == ZONE}
    assert there
    assert there <= chosen(emptied, zone=ZONE)


def test_groups_and_nodes_are_taken_by_name(emptied):
    first, _ = ids(emptied, "web-a")
    assert chosen(emptied, group="web-a") == set(ids(emptied, "web-a"))
    assert chosen(emptied, nodes=(first,)) == {first}
    with pytest.raises(RefusedError, match="no nodes were named"):
        leaving.select(emptied.world, Which())


def test_other_clusters_and_eks_own_their_instances(emptied):
    assert chosen(emptied, group="stranger") == set()


def test_a_node_that_takes_pods_stays(emptied):
    assert chosen(emptied, group="web-b") == set()
    assert "2 instances are left: their nodes take new pods" in notes(emptied, group="web-b")


@pytest.mark.parametrize(
    ("owner", "phase", "stays"),
    [
        ("ReplicaSet", "Running", True),
        ("StatefulSet", "Running", True),
        ("DaemonSet", "Running", False),
        ("ReplicaSet", "Succeeded", False),
    ],
)
def test_a_pod_that_runs_holds_its_instance(emptied, owner, phase, stays):
    first, second = ids(emptied, "web-a")
    put(emptied, "web-1", first, owner, phase)
    assert chosen(emptied, group="web-a") == ({second} if stays else {first, second})


def test_a_pod_that_was_told_to_go_holds_a_node_that_answers_and_no_silent_one(emptied):
    first, second = ids(emptied, "web-a")
    put(emptied, "web-1", first)
    emptied.cluster.delete("pods", "web-1", "shop", grace=30)
    assert chosen(emptied, group="web-a") == {second}
    silence(emptied, first)
    assert chosen(emptied, group="web-a") == {first, second}


def test_silence_is_no_proof_and_a_stopped_machine_is(emptied):
    first, second = ids(emptied, "web-a")
    for number, name in enumerate((first, second)):
        put(emptied, f"web-{number}", name, "StatefulSet")
        silence(emptied, name)
    assert chosen(emptied, group="web-a") == set()
    emptied.world.aws._open().call("ec2", "stop_instances", {"InstanceIds": [first]})
    assert chosen(emptied, group="web-a") == {first}


def test_an_instance_without_a_node_stays(emptied):
    first, second = ids(emptied, "web-a")
    emptied.cluster.delete("nodes", first)
    why = leaving.holding(emptied.world, [first, second])
    assert set(why) == {first}
    assert "no node" in why[first]


def test_the_minimum_is_kept_where_the_wish_goes_down(emptied):
    emptied.world.aws._open().call(
        "autoscaling",
        "update_auto_scaling_group",
        {"AutoScalingGroupName": "web-a", "MinSize": 1},
    )
    assert len(chosen(emptied, group="web-a")) == 1
    assert "web-a: 1 instances are left, because its minimum is 1" in notes(emptied, group="web-a")
    assert len(chosen(emptied, group="web-a", replace=True)) == 2


def test_nothing_is_replaced_in_the_zone_that_is_left(emptied):
    assert chosen(emptied, zone=ZONE, replace=True) == set()
    assert f"it would launch what it replaces in {ZONE}" in notes(emptied, zone=ZONE, replace=True)


def test_protection_holds_where_it_is_asked_for(emptied):
    first, second = ids(emptied, "web-a")
    emptied.world.aws._open().call(
        "autoscaling",
        "set_instance_protection",
        {
            "AutoScalingGroupName": "web-a",
            "InstanceIds": [first],
            "ProtectedFromScaleIn": True,
        },
    )
    assert chosen(emptied, group="web-a") == {first, second}
    assert chosen(emptied, group="web-a", protected=False) == {second}
