from __future__ import annotations

import pytest

from sopctl.checks.k8s.autoscaler_alive import CHECK, Params
from tests.fakes.workloads import pod, pod_spec


@pytest.fixture
def alive(stage):
    """An autoscaler whose leader, in zone b, has just renewed its Lease and written its status."""
    stage.local.autoscaler()
    stage.local.write_status()
    leader = pod("ca-1", pod_spec(nodeName="b0"))
    leader["metadata"]["namespace"] = "kube-system"
    stage.cluster.create("pods", leader)
    stage.cluster.create("leases", lease(stage))
    return stage


def lease(stage):
    return {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": "cluster-autoscaler", "namespace": "kube-system"},
        "spec": {
            "holderIdentity": "ca-1",
            "renewTime": f"{stage.local.watch.now():%Y-%m-%dT%H:%M:%S.%fZ}",
        },
    }


def test_a_leader_that_works_is_alive(alive):
    assert CHECK.look(alive.clients, Params()).holds


def test_a_leader_in_the_zone_is_not_good_enough(alive):
    assert CHECK.look(alive.clients, Params(zone="us-east-1a")).holds
    verdict = CHECK.look(alive.clients, Params(zone="us-east-1b"))
    assert not verdict.holds
    assert verdict.rows == ("its leader ca-1 is in us-east-1b",)


def test_a_lease_that_is_not_renewed_tells_a_dead_leader(alive):
    alive.local.watch.sleep(90)
    alive.local.write_status()
    verdict = CHECK.look(alive.clients, Params())
    assert not verdict.holds
    assert verdict.rows == ("its leader ca-1 last renewed the Lease 90 s ago",)


def test_a_status_that_is_old_tells_a_loop_that_hangs(alive):
    alive.local.watch.sleep(200)
    fresh = lease(alive)
    alive.cluster.patch("leases", "cluster-autoscaler", {"spec": fresh["spec"]}, "kube-system")
    verdict = CHECK.look(alive.clients, Params())
    assert verdict.rows == ("it last went through a loop 200 s ago",)
    assert CHECK.look(alive.clients, Params(fresh=300)).holds


def test_nobody_leads_and_nothing_was_written(stage):
    stage.local.autoscaler()
    verdict = CHECK.look(stage.clients, Params())
    assert verdict.rows == (
        "nobody holds the Lease of its leader",
        "it has not written a status yet",
    )


def test_a_single_one_without_election_needs_no_lease(stage):
    stage.local.autoscaler("--leader-elect=false")
    stage.local.write_status()
    assert CHECK.look(stage.clients, Params()).holds


def test_where_there_is_none_it_does_not_hold(stage):
    verdict = CHECK.look(stage.clients, Params())
    assert not verdict.holds
    assert "autoscaler" in verdict.detail
