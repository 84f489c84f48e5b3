from __future__ import annotations

import pytest

from sopctl.facts.objects import pdb, pod


def budget(name, app, **status):
    return pdb.read(
        {
            "metadata": {"name": name, "namespace": "shop"},
            "spec": {"selector": {"matchLabels": {"app": app}}},
            "status": status,
        }
    )


POD = pod.read(
    {
        "metadata": {"name": "p", "namespace": "shop", "labels": {"app": "web"}},
        "spec": {"containers": []},
    }
)


def test_budgets_guard_the_pods_they_select_in_their_namespace():
    mine, other = budget("mine", "web"), budget("other", "db")
    assert pdb.guarding(POD, [mine, other]) == (mine,)


CASES = [(3, 3, True), (2, 3, False), (1, 0, False)]


@pytest.mark.parametrize(("desired", "expected", "never"), CASES)
def test_a_budget_that_wants_every_pod_never_lets_one_go(desired, expected, never):
    found = budget("b", "web", desiredHealthy=desired, expectedPods=expected)
    assert found.never is never
