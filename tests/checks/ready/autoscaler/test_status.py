from __future__ import annotations

from sopctl.checks.ready.autoscaler.status import CHECK, Params
from tests.checks.ready.placing import flagged


def test_a_status_of_a_moment_ago_holds_and_an_old_one_does_not(stage):
    assert not CHECK.look(stage.clients, Params()).applies
    stage.local.autoscaler()
    verdict = CHECK.look(stage.clients, Params())
    assert not verdict.holds
    assert verdict.rows == ("cluster-autoscaler has written no status that can be read",)
    stage.local.write_status()
    assert CHECK.look(stage.clients, Params()).holds
    stage.local.watch.sleep(90)
    assert CHECK.look(stage.clients, Params()).rows == (
        "cluster-autoscaler wrote its status 90 s ago",
    )


def test_one_that_was_told_to_write_none_is_named(stage):
    stage.local.autoscaler(*flagged("--write-status-configmap=false"))
    verdict = CHECK.look(stage.clients, Params())
    assert not verdict.holds
    row = "cluster-autoscaler writes no status (--write-status-configmap=false)"
    assert verdict.rows == (row,)
