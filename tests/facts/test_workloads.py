from __future__ import annotations

import pytest

from sopctl.facts.workloads import Spread, hpa, managed_by, workload

METADATA = {"namespace": "shop", "name": "cart", "uid": "u"}


def test_a_workload_says_how_hard_it_spreads() -> None:
    constraints = [
        {"topologyKey": "zone", "maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule"},
        {"topologyKey": "host", "maxSkew": 2, "whenUnsatisfiable": "ScheduleAnyway"},
        {"topologyKey": "old", "maxSkew": 1, "nodeTaintsPolicy": "Honor", "minDomains": 3},
    ]
    spec = {"replicas": 0, "template": {"spec": {"topologySpreadConstraints": constraints}}}
    found = workload("Deployment", {"metadata": METADATA, "spec": spec})
    assert found.spread == (
        Spread(key="zone", max_skew=1, hard=True, honors_taints=False),
        Spread(key="host", max_skew=2, hard=False, honors_taints=False),
        Spread(key="old", max_skew=1, hard=True, honors_taints=True, min_domains=3),
    )
    assert (found.replicas, found.ready) == (0, 0), "zero replicas are not the default of one"


def test_a_bare_workload_has_the_defaults_of_the_api() -> None:
    found = workload("StatefulSet", {"metadata": METADATA, "spec": {}})
    assert (found.replicas, found.ready, found.spread, found.managed_by) == (1, 0, (), "")


@pytest.mark.parametrize(
    ("metadata", "tool"),
    [
        ({"annotations": {"argocd.argoproj.io/tracking-id": "x"}}, "Argo CD"),
        ({"labels": {"kustomize.toolkit.fluxcd.io/name": "x"}}, "Flux"),
        ({"annotations": {"meta.helm.sh/release-name": "x"}}, "Helm"),
        ({"labels": None, "annotations": None}, ""),
    ],
)
def test_the_tool_that_will_revert_us_is_named(metadata: dict[str, object], tool: str) -> None:
    assert managed_by(metadata) == tool


def test_an_autoscaler_of_pods_says_whether_it_may_shrink() -> None:
    spec = {
        "minReplicas": 2,
        "maxReplicas": 9,
        "scaleTargetRef": {"kind": "Deployment", "name": "cart"},
        "behavior": {"scaleDown": {"selectPolicy": "Disabled"}},
    }
    found = hpa({"metadata": METADATA, "spec": spec, "status": {"currentReplicas": 4}})
    assert (found.min, found.max, found.current) == (2, 9, 4)
    assert (found.target, found.select_policy) == ("Deployment/cart", "Disabled")
    assert hpa({"metadata": METADATA, "spec": {"maxReplicas": 3}}).select_policy == ""
