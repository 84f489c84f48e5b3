from __future__ import annotations

from sopctl.app.doctor import samples
from sopctl.core.runbook import Parameter, ParameterType, Runbook
from tests.fakes.workloads import node


def book(*parameters):
    return Runbook(name="b", title="B", parameters=parameters)


def needed(name, kind=ParameterType.STRING, **more):
    return Parameter(name=name, type=kind, required=True, **more)


def test_every_zone_is_tried_and_what_is_optional_is_left_out(local):
    for name, zone in (("b1", "us-east-1b"), ("a1", "us-east-1a"), ("a2", "us-east-1a")):
        local.cluster.create("nodes", node(name, zone))
    zonal = book(needed("zone", ParameterType.ZONE), Parameter(name="x", type=ParameterType.BOOL))
    found = samples.of(zonal, local.world.facts)
    assert found == [{"zone": "us-east-1a"}, {"zone": "us-east-1b"}]
    assert samples.named(found[0]) == "zone us-east-1a"


def test_nodes_groups_and_choices_are_taken_from_what_is_there(local):
    local.cluster.create("nodes", node("a1"))
    wanted = book(
        needed("node"), needed("group"), needed("at_least", ParameterType.INT),
        needed("cause", ParameterType.ENUM, choices=("outage", "gray")),
    )  # fmt: skip
    (given,) = samples.of(wanted, local.world.facts)
    assert given == {"node": "a1", "group": "all", "at_least": 3, "cause": "outage"}


def test_without_a_node_and_for_what_nobody_can_guess_nothing_is_tried(local):
    assert samples.of(book(needed("node")), local.world.facts) == []
    assert samples.of(book(needed("zone", ParameterType.ZONE)), local.world.facts) == []
    assert samples.of(book(needed("ticket")), local.world.facts) == []


def test_without_wishes_it_is_tried_once(local):
    assert samples.of(book(), local.world.facts) == [{}]
