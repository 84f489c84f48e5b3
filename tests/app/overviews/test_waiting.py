"""Pods without a node, and what the scheduler says of them."""

from __future__ import annotations

import pytest

from sopctl.app.overviews.waiting import UNSEEN, owner, reasons, waiting
from tests.app.overviews.given import pod

SPREAD = (
    "0/40 nodes are available: 13 node(s) had untolerated taint {node.kubernetes.io/unreachable: },"
    " 27 node(s) didn't match pod topology spread constraints. preemption: 0/40 nodes are"
    " available: 40 Preemption is not helpful for scheduling."
)
TAINT = "had untolerated taint {node.kubernetes.io/unreachable: }"


@pytest.mark.parametrize(
    ("message", "found"),
    [
        (SPREAD, ("didn't match pod topology spread constraints", TAINT)),
        ("0/3 nodes are available: 3 Insufficient cpu.", ("Insufficient cpu",)),
        ("no nodes available to schedule pods", ("no nodes available to schedule pods",)),
        ("0/0 nodes are available:", ("0/0 nodes are available:",)),
        ("", (UNSEEN,)),
    ],
)
def test_reasons_are_without_numbers_and_the_most_frequent_comes_first(message, found):
    assert reasons(message) == found


def test_pods_that_wait_for_the_same_are_counted_together_by_workload():
    more = SPREAD.replace("0/40", "0/41").replace("27 node", "28 node")
    found = waiting(
        [
            pod("web-7d9-a", waits=SPREAD),
            pod("web-7d9-b", waits=more),
            pod("cart-0", waits=SPREAD, kind="StatefulSet", of="cart"),
            pod("new", of=""),
        ]
    )

    assert [(each.pods, each.owners) for each in found] == [
        (3, (("shop/web", 2), ("shop/cart", 1))),
        (1, (("shop/new", 1),)),
    ]
    assert found[1].reasons == (UNSEEN,)


def test_what_has_a_node_is_over_or_goes_does_not_wait():
    gone = [
        pod("placed", on="n1"),
        pod("over", phase="Failed"),
        pod("going", terminating=True),
    ]
    assert waiting(gone) == ()


def test_a_stateful_set_keeps_its_whole_name():
    assert owner(pod("x", kind="StatefulSet", of="cart-db")) == "shop/cart-db"
