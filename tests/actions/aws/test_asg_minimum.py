from __future__ import annotations

from typing import Any

import pytest

from sopctl.actions.aws.asg_minimum import ACTION, MinState, Params
from sopctl.core.action import Change
from sopctl.core.errors import RefusedError
from sopctl.core.resource import ABSENT
from sopctl.facts.choice import Where
from tests.laws import prove, run
from tests.local import Local

OUTSIDE = Where(zone="us-east-1a", outside=True, buys="on_demand")


def raise_(local: Local, params: Params) -> None:
    ids = ACTION.select(local.world, params).ids
    seen = ACTION.observe(local.world, params, ids)
    run(ACTION, local.world, [Change(i, seen[i], ACTION.desire(params, i, seen[i])) for i in ids])


def test_the_laws_hold_for_keeping_what_is_there(local: Local) -> None:
    proof = prove(ACTION, local, Params(select=OUTSIDE, hold=True))
    assert [i.name for i in proof.selection.ids] == ["web-b", "web-c"]


def test_room_is_made_and_the_roll_back_gives_back_the_minimum_only(local: Local) -> None:
    params = Params(select=OUTSIDE, at_least=4)
    ids = ACTION.select(local.world, params).ids
    before = ACTION.observe(local.world, params, ids)
    raise_(local, params)
    assert (local.cloud.group("web-b").min, local.cloud.group("web-b").desired) == (4, 4)
    now = ACTION.observe(local.world, params, ids)
    assert all(ACTION.desire(params, i, now[i]) == now[i].state for i in ids)
    run(ACTION, local.world, [Change(i, now[i], before[i].state) for i in ids])
    assert (local.cloud.group("web-b").min, local.cloud.group("web-b").desired) == (0, 4)


def test_a_minimum_is_never_lowered_nor_above_the_maximum(local: Local) -> None:
    local.group("high", "us-east-1b", min=3, max=5, desired=3)
    params = Params(select=Where(groups=("high",)), at_least=9)
    selection = ACTION.select(local.world, params)
    assert selection.notes == ("high: has a maximum below 9, and gets a minimum of that.",)
    seen = ACTION.observe(local.world, params, selection.ids)
    (wanted,) = [ACTION.desire(params, i, seen[i]) for i in selection.ids]
    assert wanted == MinState(min=5)
    lower = Params(select=Where(groups=("high",)), at_least=1)
    (kept,) = [ACTION.desire(lower, i, seen[i]) for i in selection.ids]
    assert kept == MinState(min=3)


def test_a_minimum_is_lowered_and_nothing_goes_by_that(local: Local) -> None:
    local.group("high", "us-east-1b", min=3, max=5, desired=3)
    proof = prove(ACTION, local, Params(select=Where(groups=("high", "web-b")), at_most=1))
    assert {i.name for i in proof.receipts} == {"high"}
    raise_(local, Params(select=Where(groups=("high",)), at_most=1))
    assert (local.cloud.group("high").min, local.cloud.group("high").desired) == (1, 3)


def test_a_group_that_is_gone_is_not_wanted(local: Local) -> None:
    params = Params(hold=True)
    ids = ACTION.select(local.world, params).ids
    other = type(ids[0])(ids[0].kind, ids[0].name, "arn:of:an:earlier:one", ids[0].part)
    seen = ACTION.observe(local.world, params, [other])[other]
    assert seen.gone
    assert ACTION.desire(params, other, seen) is ABSENT


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ({}, "no minimum was named"),
        ({"at_most": -1}, "at most -1 makes no sense"),
        ({"at_most": 1, "hold": True}, "at most 1 makes no sense"),
        ({"hold": True, "select": Where(buys="cheap")}, "no group buys 'cheap'"),
        ({"hold": True, "select": Where(groups=("nobody",))}, "no Auto Scaling group nobody"),
    ],
)
def test_what_makes_no_sense_is_refused(local: Local, given: Any, what: str) -> None:
    with pytest.raises(RefusedError, match=what):
        ACTION.select(local.world, Params(**given))


def test_the_size_of_a_node_group_is_left_to_eks(local: Local) -> None:
    tags = {"eks:nodegroup-name": ("pool", True), "eks:cluster-name": ("sandbox", True)}
    local.group("eks-pool-1", "us-east-1b", tags=tags)
    params = Params(select=Where(groups=("eks-pool-1",)), hold=True)
    selection = ACTION.select(local.world, params)
    assert selection.ids == ()
    assert selection.notes == (
        "eks-pool-1: left alone, because EKS owns the size of a node group.",
    )
