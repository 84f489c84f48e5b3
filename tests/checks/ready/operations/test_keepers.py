from __future__ import annotations

from sopctl.checks.ready.operations.keepers import CHECK, Params
from tests.fakes.workloads import deployment
from tests.local import ENABLED, OWNED

OURS = {ENABLED: ("true", True), OWNED: ("owned", False)}
ARGO = {"argocd.argoproj.io/instance": "shop"}


def test_who_keeps_what_is_named_until_they_are_told(stage):
    stage.local.autoscaler()
    assert CHECK.look(stage.clients, Params()).holds
    stage.local.group("a", "us-east-1a", tags=OURS | {"terraform": ("true", True)})
    for number in range(4):
        body = deployment(f"web{number}", 1)
        body["metadata"]["labels"] |= ARGO
        stage.cluster.create("deployments", body)
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web0"}
    hpa = {"spec": {"scaleTargetRef": target, "maxReplicas": 3}}
    hpa["metadata"] = {"name": "web0", "namespace": "shop", "labels": ARGO}
    stage.cluster.create("horizontalpodautoscalers", hpa)
    verdict = CHECK.look(stage.clients, Params())
    assert not verdict.holds
    assert verdict.rows == (
        "Argo CD keeps 1 autoscalers of pods: shop/web0",
        "Argo CD keeps 4 workloads: shop/web0, shop/web1, shop/web2 and 1 more",
        "Terraform keeps 1 groups: a",
    )
    assert CHECK.look(stage.clients, Params(told=("Argo CD", "Terraform"))).holds
