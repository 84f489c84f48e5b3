from __future__ import annotations

from sopctl.checks.ready.workloads.probes import CHECK, Params
from tests.checks.ready.placing import container
from tests.fakes.workloads import deployment


def test_one_container_with_a_probe_is_enough_and_none_is_named(stage):
    assert not CHECK.look(stage.clients, Params()).applies
    probe = {"httpGet": {"path": "/", "port": 80}}
    stage.cluster.create("deployments", deployment("web", 2, container(readinessProbe=probe)))
    assert CHECK.look(stage.clients, Params()).holds
    stage.cluster.create("deployments", deployment("bare", 1))
    verdict = CHECK.look(stage.clients, Params())
    assert not verdict.holds
    assert verdict.detail == "1 of 2 workloads have no readiness probe"
    assert verdict.rows == ("shop/bare has no readiness probe",)
