from __future__ import annotations

from sopctl.actions.k8s import spread_policy, spread_relax
from sopctl.checks.ready.cluster.policy import CHECK, Params
from tests.actions.k8s.stage import apply, plan


def test_it_holds_once_the_policy_is_installed_and_not_while_it_is_on(stage):
    assert CHECK.look(stage.clients, Params()).detail.endswith("is not installed")
    apply(stage, spread_policy.ACTION, plan(stage, spread_policy.ACTION, spread_policy.Params()))
    assert CHECK.look(stage.clients, Params()).holds
    on = spread_relax.Params()
    apply(stage, spread_relax.ACTION, plan(stage, spread_relax.ACTION, on))
    assert CHECK.look(stage.clients, Params()).detail.endswith("is switched on now")
