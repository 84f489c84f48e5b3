from __future__ import annotations

import pytest

from sopctl.checks.ready.operations.karpenter import CHECK, Params
from tests.fakes.crds import crd
from tests.fakes.workloads import deployment

IMAGE = "public.ecr.aws/karpenter/controller:1.14.0@sha256:0"


@pytest.fixture
def served(stage):
    body = crd("karpenter.sh", "v1", "NodePool", "nodepools", namespaced=False)
    stage.cluster.create("customresourcedefinitions", body)
    return stage


def _pool(name, *kinds, group="karpenter.k8s.aws", **disruption):
    requirement = {"key": "karpenter.sh/capacity-type", "operator": "In", "values": list(kinds)}
    spec = {"requirements": [requirement], "nodeClassRef": {"group": group}}
    return {
        "apiVersion": "karpenter.sh/v1",
        "kind": "NodePool",
        "metadata": {"name": name},
        "spec": {"template": {"spec": spec}, "disruption": disruption},
    }


def _controller(stage, **env):
    listed = [{"name": name, "value": value} for name, value in env.items()]
    spec = {"containers": [{"name": "controller", "image": IMAGE, "env": listed}]}
    stage.cluster.create("deployments", deployment("karpenter", 2, spec))


def test_without_karpenter_there_is_nothing_to_look_at(stage):
    assert not CHECK.look(stage.clients, Params()).applies


def test_everything_that_is_missing_is_named(served):
    served.cluster.create("nodepools", _pool("spot", "spot", consolidateAfter="0s"))
    _controller(served)
    verdict = CHECK.look(served.clients, Params())
    assert not verdict.holds
    assert verdict.rows == (
        "Karpenter listens to no queue (INTERRUPTION_QUEUE): interruptions come as a surprise",
        "Karpenter does not follow zonal shifts (ENABLE_ZONAL_SHIFT)",
        "no NodePool buys on demand: without spot nothing is bought",
        "NodePool spot has no budgets of its own (a tenth of its nodes at once)",
        "NodePool spot removes nodes at once (consolidateAfter: 0s)",
    )


def test_as_it_should_be_it_holds(served):
    budgets = [{"nodes": "10%"}]
    served.cluster.create("nodepools", _pool("all", "spot", "on-demand", budgets=budgets))
    _controller(served, INTERRUPTION_QUEUE="karpenter", ENABLE_ZONAL_SHIFT="true")
    assert CHECK.look(served.clients, Params()).holds


def test_of_auto_mode_the_controller_is_not_looked_for(served):
    pool = _pool("general-purpose", "on-demand", group="eks.amazonaws.com")
    served.cluster.create("nodepools", pool)
    assert CHECK.look(served.clients, Params()).holds
