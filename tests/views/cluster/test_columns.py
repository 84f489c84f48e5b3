"""Zones side by side, and what is in each."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sopctl.core.overview import Discovery, Overview, ZoneNow
from sopctl.views.cluster.columns import Detail, blocks, grid
from sopctl.views.lines import plain
from tests.views.cluster import clusters


def over(nodes=(), groups=(), zones=clusters.ZONES):
    return Overview(target={}, at=clusters.AT, zones=zones, groups=groups, nodes=nodes)


def drawn(found, detail=Detail.PODS, width=120):
    return plain(grid(found, detail, width)).splitlines()


@pytest.mark.parametrize(
    ("zones", "width", "tiers"),
    [
        (3, 120, [3]),
        (6, 120, [3, 3]),
        (3, 80, [3]),
        (4, 80, [2, 2]),
        (3, 30, [1, 1, 1]),
        (0, 80, []),
    ],
)
def test_zones_that_do_not_fit_beside_each_other_are_in_tiers_of_equal_size(zones, width, tiers):
    found = over(zones=tuple(ZoneNow(name=f"z{number}") for number in range(zones)))
    rows = [row for row in drawn(found, width=width) if row.startswith("z")]
    assert [row.count("z") for row in rows] == tiers
    assert all(len(row) <= width for row in drawn(found, width=width))


def test_groups_are_sorted_by_how_they_buy_and_a_mixed_one_is_in_both_places():
    found = over(
        nodes=(
            clusters.node("n1", group="m", capacity="spot"),
            clusters.node("n2", group="m", capacity="on-demand"),
            clusters.node("n3", group="z", capacity="on-demand"),
            clusters.node("n4", group="a", capacity="reserved"),
        ),
        groups=tuple(clusters.group(name, desired=1) for name in "amz"),
    )
    assert [(each.group.name, each.capacity) for each in blocks(found, "us-east-1a")] == [
        ("m", "on-demand"),
        ("z", "on-demand"),
        ("a", "reserved"),
        ("m", "spot"),
    ]


def test_a_group_that_lost_its_nodes_is_still_there_but_no_pool_in_zones_it_never_was_in():
    found = over(
        nodes=(clusters.node("n1", "us-east-1b", group="pool"),),
        groups=(
            clusters.group("empty", desired=2),
            clusters.group("pool", zones=("us-east-1a", "us-east-1b"), desired=None),
        ),
    )
    assert [each.group.name for each in blocks(found, "us-east-1a")] == ["empty"]
    assert [each.group.name for each in blocks(found, "us-east-1b")] == ["pool"]


@pytest.mark.parametrize(
    ("changes", "sign"),
    [
        ({}, "+"),
        ({"discovery": Discovery.OUTSIDE}, " "),
        ({"discovery": Discovery.UNKNOWN}, "?"),
        ({"discovery": Discovery.TAKEN_OUT}, "-"),
        ({"zones": ("us-east-1b",)}, "-"),
        ({"zones": ()}, "+"),
    ],
)
def test_a_sign_says_whether_a_group_may_grow_here(changes, sign):
    group = replace(clusters.group("web", desired=1), **changes)
    found = over(nodes=(clusters.node("n1"),), groups=(group,), zones=clusters.ZONES[:1])
    (title,) = [row for row in drawn(found) if "web on-demand 1" in row]
    assert title[0] == sign


@pytest.mark.parametrize("width", [24, 38, 60])
def test_a_name_of_any_length_leaves_room_for_its_pods(width):
    node = clusters.node("n" * 80, pods=clusters.pods(10))
    found = over(nodes=(node,), groups=(clusters.group("g" * 80),), zones=clusters.ZONES[:1])
    rows = drawn(found, width=width)
    assert all(len(row) <= width for row in rows)
    assert any("oooooooooo" in row or "10o" in row for row in rows)


@pytest.mark.parametrize(
    ("desired", "said"),
    [(3, ["on-demand 1 of 3, 0-60", "spot 2 of 3, 0-60"]), (5, ["of 3, wants 5", "of 3, wants 5"])],
)
def test_what_a_group_wants_is_told_from_what_it_has_elsewhere(desired, said):
    nodes = (
        clusters.node("n1", group="web"),
        clusters.node("n2", group="web", capacity="spot"),
        clusters.node("n3", group="web", capacity="spot"),
    )
    groups = (clusters.group("web", buys="mixed", desired=desired),)
    rows = [row for row in drawn(over(nodes, groups, clusters.ZONES[:1])) if "web" in row]
    assert len(rows) == len(said)
    assert all(part in row for part, row in zip(said, rows, strict=True))
