from __future__ import annotations

from sopctl.checks.k8s.karpenter_drifted import CHECK, Params
from tests.fakes.crds import crd


def claim(stage, name, status):
    body = {
        "apiVersion": "karpenter.sh/v1",
        "kind": "NodeClaim",
        "metadata": {"name": name},
        "status": {"conditions": [{"type": "Drifted", "status": status}]},
    }
    stage.cluster.create("nodeclaims.karpenter.sh", body)


def test_without_karpenter_nothing_drifts(stage):
    assert CHECK.look(stage.clients, Params()).holds


def test_a_claim_that_drifted_is_named(stage):
    definition = crd("karpenter.sh", "v1", "NodeClaim", "nodeclaims", namespaced=False)
    stage.cluster.create("customresourcedefinitions", definition)
    claim(stage, "calm", "False")
    assert CHECK.look(stage.clients, Params()).holds
    claim(stage, "moved", "True")
    verdict = CHECK.look(stage.clients, Params())
    assert not verdict.holds
    assert verdict.detail == "1 of 2 node claims have drifted"
    assert verdict.rows == ("moved has drifted",)
