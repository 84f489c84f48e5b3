from __future__ import annotations

import pytest

from sopctl.sandbox.k8s.cluster import ApiError, Write
from sopctl.sandbox.k8s.eviction import begin_eviction
from sopctl.sandbox.k8s.writer import Deletion
from tests.sandbox.k8s.clients import pod


@pytest.fixture
def running(cluster):
    cluster.create("pods", pod(node="n1"))
    state(cluster, ready="True")
    return cluster


def state(cluster, *, ready, phase="Running"):
    conditions = [{"type": "Ready", "status": ready}]
    status = {"status": {"phase": phase, "conditions": conditions}}
    cluster.patch("pods", "web-1", status, "default", "status")


def budget(cluster, name="web", **status):
    cluster.create(
        "poddisruptionbudgets",
        {
            "metadata": {"name": name, "namespace": "default"},
            "spec": {"minAvailable": 2, "selector": {"matchLabels": {"app": "web"}}},
        },
    )
    full = {"observedGeneration": 1, "desiredHealthy": 2, "expectedPods": 3} | status
    cluster.patch("poddisruptionbudgets", name, {"status": full}, "default", "status")


def evict(cluster, *, dry_run=False, **wanted):
    begin_eviction(cluster, ("default", "web-1"), Deletion(**wanted), Write(dry_run=dry_run))


def terminating(cluster):
    return "deletionTimestamp" in cluster.get("pods", "web-1", "default")["metadata"]


def left(cluster):
    return cluster.get("poddisruptionbudgets", "web", "default")["status"]


def test_without_a_budget_the_deletion_begins(running):
    evict(running)
    assert terminating(running)


def test_an_allowed_disruption_is_charged_to_the_budget(running):
    budget(running, disruptionsAllowed=1, currentHealthy=3)
    evict(running)
    assert terminating(running)
    assert left(running)["disruptionsAllowed"] == 0
    assert left(running)["disruptedPods"] == {"web-1": "2026-06-01T12:00:00Z"}


def test_an_exhausted_budget_says_what_it_needs_and_has(running):
    budget(running, disruptionsAllowed=0, currentHealthy=2)
    with pytest.raises(ApiError) as refused:
        evict(running)
    assert refused.value.status == 429
    cause = refused.value.body["details"]["causes"][0]
    assert cause["reason"] == "DisruptionBudget"
    assert "needs 2 healthy pods and has 2 currently" in cause["message"]
    assert not terminating(running)


def test_a_budget_that_is_being_processed_asks_to_come_back(running):
    budget(running, disruptionsAllowed=1, observedGeneration=0)
    with pytest.raises(ApiError) as refused:
        evict(running)
    assert refused.value.body["details"]["retryAfterSeconds"] == 10


def test_two_budgets_are_an_error_of_the_server(running):
    budget(running, disruptionsAllowed=1)
    budget(running, "other", disruptionsAllowed=1)
    with pytest.raises(ApiError, match="more than one PodDisruptionBudget") as refused:
        evict(running)
    assert refused.value.status == 500


@pytest.mark.parametrize("phase", ["Pending", "Succeeded", "Failed"])
def test_a_pod_that_does_not_run_bypasses_the_budget(running, phase):
    budget(running, disruptionsAllowed=0)
    state(running, ready="False", phase=phase)
    evict(running)
    gone = running.get("pods", "web-1", "default")
    assert gone is None or gone["metadata"]["deletionTimestamp"]


def test_an_unready_pod_goes_only_while_the_budget_is_healthy(running):
    state(running, ready="False")
    budget(running, disruptionsAllowed=0, currentHealthy=1)
    with pytest.raises(ApiError):
        evict(running)
    healthy = {"status": {"currentHealthy": 2}}
    running.patch("poddisruptionbudgets", "web", healthy, "default", "status")
    evict(running)
    assert terminating(running)


def test_always_allow_lets_an_unready_pod_out_of_a_disrupted_application(running):
    state(running, ready="False")
    budget(running, disruptionsAllowed=0, currentHealthy=0)
    policy = {"spec": {"unhealthyPodEvictionPolicy": "AlwaysAllow"}}
    running.patch("poddisruptionbudgets", "web", policy, "default")
    evict(running)
    assert terminating(running)


def test_another_incarnation_is_refused_before_the_budget_is_charged(running):
    budget(running, disruptionsAllowed=1)
    with pytest.raises(ApiError) as refused:
        evict(running, uid="another")
    assert refused.value.status == 409
    assert left(running)["disruptionsAllowed"] == 1


def test_a_dry_run_costs_nothing(running):
    budget(running, disruptionsAllowed=1)
    before = running.dump()
    evict(running, dry_run=True)
    evict(running, dry_run=True)
    assert running.dump() == before
