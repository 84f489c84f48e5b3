"""What waits is said so that the names of workloads and the gravest reason are seen first."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sopctl.views.cluster.words import foot, head
from sopctl.views.lines import plain
from tests.views.cluster import clusters

OWNERS = tuple((f"shop/{name}", 9 - number) for number, name in enumerate("abcde"))


def said(*reasons, owners=OWNERS, width=0):
    waiting = replace(clusters.WAITING, reasons=reasons, owners=owners)
    over = replace(clusters.large(0), waiting=(waiting,), groups=(), away=(), held=())
    (row,) = plain(foot(over, width, 4)).splitlines()
    return row


def test_on_a_screen_some_workloads_are_named_and_the_rest_is_counted():
    assert said("Insufficient cpu", width=100) == (
        "pending 12 (shop/a 9, shop/b 8, shop/c 7, 2 more): Insufficient cpu"
    )
    assert "shop/e 5)" in said("Insufficient cpu")


def test_the_spread_comes_first():
    assert said("Insufficient cpu", clusters.SPREAD, owners=OWNERS[:1]) == (
        f"pending 12 (shop/a 9): {clusters.SPREAD}, Insufficient cpu"
    )


@pytest.mark.parametrize(
    ("reason", "shown"),
    [
        ("had untolerated taint {node.kubernetes.io/unreachable: }", "taint unreachable"),
        ("had untolerated taint {dedicated: batch}", "taint dedicated=batch"),
        ("had untolerated taint {a/b/c: d: e}", "taint c=d: e"),
        ("had untolerated taint(s)", "had untolerated taint(s)"),
        ("had volume node affinity conflict", "had volume node affinity conflict"),
    ],
)
def test_a_taint_is_said_in_short(reason, shown):
    assert said(reason).endswith(f": {shown}")


def test_a_target_that_nobody_named_is_shown_with_its_context_and_server():
    target = {"name": "current", "context": "me@east", "server": "https://east", "profile": ""}
    first, _ = plain(head(replace(clusters.large(0), target=target))).splitlines()
    assert first == "current, context me@east, server https://east"
