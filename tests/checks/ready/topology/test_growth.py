from __future__ import annotations

from sopctl.checks.ready.topology.growth import CHECK, Params


def test_room_for_the_largest_zone_holds_and_a_reached_maximum_does_not(stage):
    stage.local.autoscaler()
    stage.local.group("a", "us-east-1a", desired=3, max=4)
    stage.local.group("b", "us-east-1b", desired=1, max=4)
    assert CHECK.look(stage.clients, Params()).holds
    stage.local.group("c", "us-east-1c", desired=5, max=5)
    verdict = CHECK.look(stage.clients, Params())
    assert not verdict.holds
    assert verdict.rows == ("us-east-1c has 5 instances, the other zones may grow by 4",)


def test_without_groups_there_is_nothing_to_grow(stage):
    assert not CHECK.look(stage.clients, Params()).applies
