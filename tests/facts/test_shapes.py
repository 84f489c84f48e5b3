"""The shape of a cluster: kinds that come nearest; the rest is proved against a sandbox."""

from __future__ import annotations

import pytest

from sopctl.facts.objects.pdb import Pdb
from sopctl.facts.shapes import HOST, ZONE, budget, scaling, style
from sopctl.sandbox.scenario.inhabitants import Workload
from sopctl.sandbox.world.seed.workloads import constraints

STYLES = (
    "none", "zone", "domains", "host", "hosts", "soft", "both", "honor", "revision", "purchase",
)  # fmt: skip


@pytest.mark.parametrize("name", STYLES)
def test_each_style_of_spread_is_found_again(name):
    row = Workload(name="w", replicas=3, cpu=100, spread=name)
    assert style(constraints(row)) == name


def test_spread_over_nodes_only_is_soft_to_a_zone():
    found = [{"topologyKey": HOST, "whenUnsatisfiable": "DoNotSchedule", "maxSkew": 1}]
    assert style(found) == "soft"
    assert style([{**found[0], "topologyKey": ZONE}]) == "zone"


@pytest.mark.parametrize(
    ("expected", "desired", "always", "kind"),
    [
        (3, 2, False, "one"),
        (6, 5, False, "all-but-one"),
        (8, 6, False, "quarter"),
        (4, 2, False, "half"),
        (6, 5, True, "always"),
        (0, 0, False, "one"),
        (5, 5, False, "one"),
    ],
)
def test_budgets_by_what_they_let_go(expected, desired, always, kind):
    found = Pdb(
        namespace="n",
        name="b",
        selector={},
        allowed=0,
        healthy=expected,
        desired=desired,
        expected=expected,
        always_allow_unhealthy=always,
    )
    assert budget(found) == kind


@pytest.mark.parametrize(
    ("behavior", "kind"),
    [
        (None, "absent"),
        ({"scaleUp": {"selectPolicy": "Max"}}, "up"),
        ({"scaleDown": {"selectPolicy": "Min"}}, "Min"),
        ({"scaleDown": {"stabilizationWindowSeconds": 60}}, "Max"),
        ({"scaleDown": {"selectPolicy": "Disabled"}}, "Disabled"),
    ],
)
def test_autoscaling_by_how_it_scales_down(behavior, kind):
    assert scaling({"spec": {"behavior": behavior}}) == kind
