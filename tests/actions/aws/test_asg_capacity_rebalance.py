from __future__ import annotations

from sopctl.actions.aws.asg_capacity_rebalance import ACTION, Params
from sopctl.facts.choice import Where
from tests.laws import prove
from tests.local import Local


def enable(local: Local, *groups: str) -> None:
    with local.cloud.lock:
        for name in groups:
            local.cloud._find(name).adopt({"CapacityRebalance": True})


def test_the_laws_hold_and_only_where_it_was_on_is_it_put_back(local: Local) -> None:
    enable(local, "spot-a", "spot-b")
    proof = prove(ACTION, local, Params())
    assert [i.name for i in proof.selection.ids] == ["spot-a", "spot-b", "spot-c"]
    assert {i.name for i in proof.receipts} == {"spot-a", "spot-b"}


def test_it_can_be_switched_on_too(local: Local) -> None:
    prove(ACTION, local, Params(select=Where(zone="us-east-1a"), enabled=True))


def test_node_groups_are_left_to_eks(local: Local) -> None:
    tags = {"eks:nodegroup-name": ("pool", True), "eks:cluster-name": ("sandbox", True)}
    local.group("eks-pool-1", "us-east-1b", tags=tags, spot=True)
    selection = ACTION.select(local.world, Params(select=Where(groups=("eks-pool-1",))))
    assert selection.ids == ()
    assert "EKS owns capacity rebalancing" in selection.notes[0]
