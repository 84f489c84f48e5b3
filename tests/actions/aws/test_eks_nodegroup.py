from __future__ import annotations

from typing import Any

import pytest

from sopctl.actions.aws.eks_nodegroup import ACTION, Params, SizeState
from sopctl.core.action import Change, ReceiptKind
from sopctl.core.errors import RefusedError
from sopctl.core.resource import ABSENT, Observed, ResourceId
from sopctl.sandbox.aws.eks import CLUSTER
from sopctl.sandbox.aws.fleet import GroupSpec
from tests.laws import run
from tests.local import Local

GROWTH, SHRINKING = Params(hold="growth"), Params(hold="shrinking")


@pytest.fixture
def managed(local: Local) -> Local:
    for name, spot in (("pool", False), ("cheap", True)):
        zones = ("us-east-1a", "us-east-1b")
        spec = GroupSpec(name=name, zones=zones, min=1, max=9, desired=3, spot=spot)
        local.cloud.create_nodegroup(spec)
    return local


def pass_time(local: Local) -> None:
    for _ in range(5):
        local.watch.sleep(10)
        local.cloud.tick()


def sizes(local: Local, name: str = "pool") -> tuple[int, int]:
    found = local.world.aws.read(
        "eks", "describe_nodegroup", clusterName=CLUSTER, nodegroupName=name
    )
    config = found["nodegroup"]["scalingConfig"]
    return config["minSize"], config["maxSize"]


def seen(
    local: Local, params: Params, name: str = "pool"
) -> tuple[ResourceId, Observed[SizeState]]:
    ids = {i.name: i for i in ACTION.select(local.world, params).ids}
    return ids[name], ACTION.observe(local.world, params, [ids[name]])[ids[name]]


def hold(local: Local, params: Params) -> tuple[ReceiptKind, Observed[SizeState], ResourceId]:
    resource, before = seen(local, params)
    change = Change(resource, before, ACTION.desire(params, resource, before))
    return run(ACTION, local.world, [change], params.hold)[resource].kind, before, resource


@pytest.mark.parametrize(("params", "held"), [(GROWTH, (1, 3)), (SHRINKING, (3, 9))])
def test_a_bound_is_accepted_arrives_later_and_is_given_back(
    managed: Local, params: Params, held: tuple[int, int]
) -> None:
    kind, before, resource = hold(managed, params)
    assert kind is ReceiptKind.ACCEPTED
    assert sizes(managed) == (1, 9)
    pass_time(managed)
    assert sizes(managed) == held
    _, now = seen(managed, params)
    assert ACTION.desire(params, resource, now) == now.state
    run(ACTION, managed.world, [Change(resource, now, before.state)], "back")
    pass_time(managed)
    assert sizes(managed) == (1, 9)


def test_what_another_run_holds_is_enough_unless_it_would_let_more_go() -> None:
    assert ACTION.suffices is not None
    assert ACTION.suffices(SizeState(size=5), SizeState(size=4))
    assert not ACTION.suffices(SizeState(size=4), SizeState(size=5))


def test_reading_changes_nothing_and_looks_at_both(managed: Local) -> None:
    selection = ACTION.select(managed.world, GROWTH)
    assert [(i.name, i.part) for i in selection.ids] == [("cheap", "maxSize"), ("pool", "maxSize")]
    assert selection.population == 2
    ACTION.observe(managed.world, GROWTH, selection.ids)
    assert managed.mutations() == 0


def test_while_an_update_is_in_progress_the_next_is_asked_for_again(managed: Local) -> None:
    hold(managed, GROWTH)
    kind, _, _ = hold(managed, SHRINKING)
    assert kind is ReceiptKind.NOT_YET


def test_only_spot_or_only_a_zone_or_only_by_name(managed: Local) -> None:
    def names(**given: Any) -> list[str]:
        return [i.name for i in ACTION.select(managed.world, Params(hold="growth", **given)).ids]

    assert names(spot=True) == ["cheap"]
    assert names(zone="us-east-1c") == []
    assert names(nodegroups=("pool",)) == ["pool"]


def test_a_deleted_node_group_is_gone(managed: Local) -> None:
    resource, _ = seen(managed, GROWTH)
    other = ResourceId(resource.kind, resource.name, "arn:of:an:earlier:one", resource.part)
    missing = ResourceId(resource.kind, "nobody", resource.incarnation, resource.part)
    found = ACTION.observe(managed.world, GROWTH, [other, missing])
    assert found[other] == found[missing] == Observed(ABSENT, gone=True)


@pytest.mark.parametrize(
    ("params", "what"),
    [
        (Params(hold="still"), "nothing to hold is called 'still'"),
        (Params(hold="growth", nodegroups=("nobody",)), "no node group nobody"),
    ],
)
def test_what_makes_no_sense_is_refused(managed: Local, params: Params, what: str) -> None:
    with pytest.raises(RefusedError, match=what):
        ACTION.select(managed.world, params)


def test_without_node_groups_there_is_nothing_to_do(local: Local) -> None:
    assert ACTION.select(local.world, GROWTH).ids == ()
