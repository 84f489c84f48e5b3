from __future__ import annotations

from sopctl.checks.ready.spot.pools import CHECK, Params

TYPES = ("m5.xlarge", "m5a.xlarge")


def test_two_types_in_three_zones_hold_and_one_is_too_few(stage):
    stage.local.autoscaler()
    stage.local.group("plain", "us-east-1a")
    assert not CHECK.look(stage.clients, Params()).applies
    for letter in "abc":
        zone = f"us-east-1{letter}"
        stage.local.group(f"spot-{letter}", zone, spot=True, instance_types=TYPES)
    verdict = CHECK.look(stage.clients, Params())
    assert verdict.holds
    assert verdict.detail == "3 groups buy spot, from 6 pools that they name"
    stage.local.group("narrow", "us-east-1a", spot=True)
    verdict = CHECK.look(stage.clients, Params())
    assert not verdict.holds
    assert verdict.rows == ("narrow buys m5.xlarge only",)


def test_few_pools_of_all_together_are_said_first(stage):
    stage.local.autoscaler()
    stage.local.group("spot", "us-east-1a", spot=True, instance_types=TYPES)
    verdict = CHECK.look(stage.clients, Params())
    assert not verdict.holds
    assert verdict.rows == ("all together buy from 2 pools",)
