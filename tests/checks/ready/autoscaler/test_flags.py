from __future__ import annotations

from sopctl.checks.ready.autoscaler.flags import CHECK, Params
from tests.checks.ready.placing import flagged


def test_a_flag_on_its_way_out_is_named(stage):
    assert not CHECK.look(stage.clients, Params()).applies
    stage.local.autoscaler()
    assert CHECK.look(stage.clients, Params()).holds
    stage.local.autoscaler(*flagged("--scale-down-enabled=false"), name="second")
    verdict = CHECK.look(stage.clients, Params())
    assert not verdict.holds
    row = (
        "second has --scale-down-enabled, deprecated from 1.35 on: pause by annotation or per group"
    )
    assert verdict.rows == (row,)
