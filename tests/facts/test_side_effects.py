"""Side effects of changes, from facts: who restarts, what blocks, who puts things back."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from sopctl.core.action import Change
from sopctl.core.resource import ABSENT, Observed, ResourceId
from sopctl.core.side_effect import Aspect
from sopctl.facts import side_effects


def group(managed="", **tags):
    found = {key.replace("__", ":"): SimpleNamespace(value=value) for key, value in tags.items()}
    return SimpleNamespace(name="web", managed=managed, tags=found)


def world(**facts):
    answers = {name: (lambda value=value: value) for name, value in facts.items()}
    return SimpleNamespace(facts=SimpleNamespace(**answers))


def eviction(name, owner="web", budgets=("shop/web",)):
    evidence = {"owner": {"kind": "ReplicaSet", "name": owner}, "budgets": list(budgets)}
    return Change(ResourceId("k8s.pod", f"shop/{name}"), Observed("running", evidence), ABSENT)


@pytest.mark.parametrize(
    ("found", "who"),
    [
        (group(), ""),
        (group(managed="ng-1", terraform="true"), "EKS"),
        (group(**{"aws__cloudformation__stack-name": "prod"}), "CloudFormation (stack prod)"),
        (group(terraform="true"), "Terraform"),
        (group(**{"Managed-By": "Terraform 1.9"}), "Terraform"),
        (group(**{"managed-by": "hand"}), ""),
    ],
)
def test_a_group_is_kept_by_whom_its_tags_name(found, who):
    assert side_effects.keeper(found) == who


def test_only_groups_that_change_are_named():
    change = Change(ResourceId("aws.asg", "web"), Observed(1), 2)
    one = group(terraform="1")
    (told,) = side_effects.of_groups(world(groups=(one,)), None, [change])
    assert (told.aspect, told.subject) == (Aspect.REVERTS, "web")
    other = Change(ResourceId("aws.asg", "other"), Observed(1), 2)
    assert side_effects.of_groups(world(groups=(one,)), None, [other]) == []


def test_evictions_are_counted_by_owner_and_against_their_budgets():
    budget = SimpleNamespace(full_name="shop/web", allowed=1)
    changes = [eviction("a"), eviction("b"), eviction("c", owner="cart", budgets=())]
    told = side_effects.of_evictions(world(pdbs=(budget,)), None, changes)
    restarts = [(e.subject, e.count) for e in told if e.aspect is Aspect.RESTARTS]
    assert restarts == [("shop/cart", 1), ("shop/web", 2)]
    (blocked,) = [e for e in told if e.aspect is Aspect.BUDGET]
    assert (blocked.subject, blocked.says) == ("shop/web", "allows 1 of 2 evictions now")
    assert not blocked.bad


def test_a_budget_that_allows_none_is_what_somebody_has_to_look_at():
    budget = SimpleNamespace(full_name="shop/web", allowed=0)
    told = side_effects.of_evictions(world(pdbs=(budget,)), None, [eviction("a")])
    assert [each.bad for each in told if each.aspect is Aspect.BUDGET] == [True]


def test_rewritten_workloads_restart_all_of_their_pods():
    web = SimpleNamespace(
        kind="Deployment", namespace="shop", name="web", replicas=3, managed_by="Argo CD"
    )
    change = Change(ResourceId("k8s.deployment", "shop/web"), Observed(1), 2)
    told = side_effects.of_workloads(world(workloads=(web,)), None, [change])
    assert [(e.aspect, e.subject, e.count) for e in told] == [
        (Aspect.RESTARTS, "shop/web", 3),
        (Aspect.REVERTS, "shop/web", 1),
    ]
