from __future__ import annotations

import pytest
from moto.events.models import events_backends

from sopctl.actions.aws.events_rule import ACTION, Params
from sopctl.core.errors import RefusedError
from tests import laws


def rule(local, name, state="ENABLED"):
    given = {"Name": name, "EventPattern": '{"source": ["aws.ec2"]}', "State": state}
    local.clients.aws.write(laws.call(), "events", "put_rule", **given)


@pytest.mark.parametrize("state", ["ENABLED", "DISABLED"])
def test_rules_keep_the_laws_either_way(local, state):
    rule(local, "nightly", "DISABLED" if state == "ENABLED" else "ENABLED")
    rule(local, "other")
    proof = laws.prove(ACTION, local, Params(names=("nightly",), state=state))
    assert proof.selection.population >= 2


def test_a_rule_that_is_not_there_is_named(local):
    with pytest.raises(RefusedError, match="no rule gone on the bus default"):
        ACTION.select(local.clients, Params(names=("gone",)))
    with pytest.raises(RefusedError, match="no rule was named"):
        Params(names=())


def test_what_could_not_be_put_back_and_what_a_service_manages_is_left_alone(local):
    rule(local, "all", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS")
    rule(local, "theirs")
    bus = events_backends[local.cloud.account]["us-east-1"].event_buses["default"]
    bus.rules["theirs"].managed_by = "autoscaling.amazonaws.com"
    chosen = ACTION.select(local.clients, Params(names=("all", "theirs")))
    assert chosen.ids == ()
    assert "could not be put back" in chosen.notes[0]
    assert "autoscaling.amazonaws.com manages it" in chosen.notes[1]


def test_one_that_is_deleted_is_gone(local):
    rule(local, "nightly")
    (resource,) = ACTION.select(local.clients, Params(names=("nightly",))).ids
    local.clients.aws.write(laws.call(), "events", "delete_rule", Name="nightly")
    assert ACTION.observe(local.clients, Params(names=("nightly",)), [resource])[resource].gone
