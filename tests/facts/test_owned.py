from __future__ import annotations

from dataclasses import dataclass, field

from sopctl.facts.owned import pods_of


@dataclass(frozen=True)
class Made:
    """As much of a pod or a workload as is looked at."""

    name: str
    namespace: str = "shop"
    labels: dict = field(default_factory=dict)
    selector: dict | None = None

    @property
    def uid(self):
        return self.name


def pod(name, namespace="shop", **labels):
    return Made(name, namespace, labels)


def names(found):
    return {name: [each.name for each in pods] for name, pods in found.items()}


def test_pods_are_found_by_all_of_a_selector_in_its_namespace():
    pods = [
        pod("w1", app="web", tier="front"),
        pod("w2", app="web", tier="back"),
        pod("w3", "other", app="web", tier="front"),
        pod("a1", app="api"),
    ]
    both = {"matchLabels": {"app": "web", "tier": "front"}}
    workloads = [
        Made("shop/web", selector=both),
        Made("shop/api", selector={"matchLabels": {"app": "api"}}),
        Made("shop/none", selector={"matchLabels": {"app": "none"}}),
    ]
    found = names(pods_of(workloads, pods))
    assert found == {"shop/web": ["w1"], "shop/api": ["a1"], "shop/none": []}


def test_expressions_alone_are_tried_on_the_namespace_and_no_selector_selects_nothing():
    pods = [pod("w1", app="web"), pod("a1", app="api"), pod("w3", "other", app="web")]
    rule = {"key": "app", "operator": "In", "values": ["web", "api"]}
    workloads = [Made("shop/both", selector={"matchExpressions": [rule]}), Made("shop/no")]
    assert names(pods_of(workloads, pods)) == {"shop/both": ["w1", "a1"], "shop/no": []}


def test_a_pod_is_asked_about_those_workloads_alone_that_may_be_its_own(monkeypatch):
    asked = []
    monkeypatch.setattr("sopctl.facts.owned.meta.selects", lambda *_: asked.append(1) or True)
    many = range(200)
    pods = [pod(f"p{n}", app=f"a{n}") for n in many]
    workloads = [Made(f"shop/a{n}", selector={"matchLabels": {"app": f"a{n}"}}) for n in many]
    pods_of(workloads, pods)
    assert len(asked) == len(many)
