from __future__ import annotations

from sopctl.checks.ready.workloads.grace import CHECK, Params
from tests.checks.ready.placing import put, spot
from tests.fakes.workloads import deployment, pod_spec


def test_only_what_runs_on_spot_nodes_has_to_end_in_time(stage):
    slow = pod_spec(terminationGracePeriodSeconds=300)
    stage.cluster.create("deployments", deployment("slow", 1, slow))
    stage.cluster.create("deployments", deployment("quick", 1))
    put(stage, "slow-1", "a0", "slow")
    put(stage, "quick-1", "b0", "quick")
    assert not CHECK.look(stage.clients, Params()).applies
    spot(stage, "b0")
    assert CHECK.look(stage.clients, Params()).holds
    spot(stage, "a0")
    verdict = CHECK.look(stage.clients, Params())
    assert not verdict.holds
    assert verdict.detail == "1 of 2 workloads on spot nodes may outlive the notice"
    assert verdict.rows == ("shop/slow may take 300 s to end",)
