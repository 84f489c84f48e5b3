from __future__ import annotations

from sopctl.checks.ready.cluster.audit import CHECK, Params


def test_the_audit_log_has_to_be_kept(stage):
    assert not CHECK.look(stage.clients, Params()).applies
    stage.local.autoscaler()
    assert not CHECK.look(stage.clients, Params()).holds
    setup = {"enabled": True, "types": ["api", "audit"]}
    stage.local.cloud.eks.cluster["logging"] = {"clusterLogging": [setup]}
    verdict = CHECK.look(stage.clients, Params())
    assert verdict.holds
    assert verdict.detail == "control plane logs that are kept: api, audit"
