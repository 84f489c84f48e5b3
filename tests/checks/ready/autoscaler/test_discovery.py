from __future__ import annotations

from sopctl.checks.ready.autoscaler.discovery import CHECK, Params


def test_tags_hold_and_names_do_not(stage):
    assert not CHECK.look(stage.clients, Params()).applies
    stage.local.autoscaler()
    assert CHECK.look(stage.clients, Params()).holds
    stage.local.autoscaler("--nodes=1:9:web-a", name="second")
    verdict = CHECK.look(stage.clients, Params())
    assert not verdict.holds
    assert verdict.rows[0] == "kube-system/second is given web-a by name (--nodes)"
