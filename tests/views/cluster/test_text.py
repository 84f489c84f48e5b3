"""The cluster on one screen, whatever the screen and the cluster."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sopctl.core.overview import Gap
from sopctl.views.cluster.data import data
from sopctl.views.cluster.page import page
from sopctl.views.cluster.text import Room, lines, one_line
from sopctl.views.lines import plain
from tests.views.cluster import clusters
from tests.views.golden import assert_golden

SCREEN = Room(width=120, height=40)


def drawn(over, room):
    return plain(lines(over, room)).splitlines()


@pytest.mark.parametrize(
    ("name", "over", "room"),
    [
        ("view-400", clusters.large(), SCREEN),
        ("view-400-narrow", clusters.large(), Room(width=80, height=60)),
        ("view-2000", clusters.large(2000), SCREEN),
        ("view-8000", clusters.large(8000), SCREEN),
        ("view-odd", clusters.odd(), Room(width=120)),
        ("view-odd-narrow", clusters.odd(), Room(width=80, height=50)),
    ],
)
def test_screens(name, over, room):
    assert_golden(f"{name}.txt", plain(lines(over, room)))


@pytest.mark.parametrize("nodes", [0, 3, 40, 400, 4000])
@pytest.mark.parametrize("room", [SCREEN, Room(80, 24), Room(200, 60)], ids=str)
def test_it_fits_the_screen_whatever_the_size_of_the_cluster(nodes, room):
    rows = drawn(clusters.large(nodes), room)
    assert len(rows) <= room.height
    assert max(map(len, rows)) <= room.width


def test_four_hundred_nodes_are_all_on_one_screen():
    """A cell for each: none is only counted."""
    rows = drawn(clusters.large(), SCREEN)
    cells = [row for row in rows if row.startswith("  X")]
    dead = sum(row.split("|")[0].count("X") for row in cells)
    assert dead == sum(not node.ready for node in clusters.large().nodes)


def test_without_a_bound_every_node_has_a_row():
    over = clusters.large(1000)
    text = plain(lines(over, Room()))
    assert all(node.name.partition(".")[0] in text for node in over.nodes)


def test_control_characters_in_names_never_reach_the_terminal():
    text = plain(lines(clusters.odd(), SCREEN))
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "evil\\x1b[31m\\u202e" in text


def test_what_stands_for_something_is_explained():
    text = plain(lines(clusters.odd(), SCREEN))
    for sign in ("X node not ready", "i node about to be", "r node being removed", "c cordoned"):
        assert sign in text
    assert "- group taken out" not in text  # there is none


def test_for_a_pipe_nothing_is_cut():
    owners = tuple((f"shop/w{number}", 1) for number in range(30))
    over = replace(clusters.large(), waiting=(replace(clusters.WAITING, owners=owners),))
    text = plain(lines(over, Room(width=0)))
    assert "shop/w29 1" in text
    assert f"sopctl run={clusters.RUN}" in text
    assert ".." not in text


def test_more_rows_than_there_is_room_for_are_counted():
    many = tuple(replace(clusters.WAITING, reasons=(f"reason {number}",)) for number in range(99))
    over = replace(clusters.large(), waiting=many)
    shown = [row for row in drawn(over, SCREEN) if row.startswith(("pending", "..."))]
    assert len(shown) == 12
    assert shown[-1] == "... and 88 rows more"
    assert sum(row.startswith("pending") for row in drawn(over, Room())) == 99


def blind(*what, **more):
    """The large cluster, of which *what* could not be read."""
    gap = Gap(what=what, why="no answer", **more)
    return replace(clusters.large(), gaps=(gap,))


def test_pods_that_could_not_be_read_are_not_said_to_be_none():
    over = replace(blind("pods"), waiting=(), nodes=(clusters.node("n1", full=None),))
    for text in (plain(lines(over, SCREEN)), page(over)):
        assert "pods not known" in text
        assert "pending not known" in text
        assert "0 pods" not in text
        assert "none pending" not in text
    assert data(over)["pending"] is None
    assert {zone["pods"] for zone in data(over)["zones"]} == {None}
    assert "pods=? unready=? leaving=? pending=?" in plain([one_line(over)])


def test_nodes_that_could_not_be_read_are_not_said_to_be_none():
    over = replace(
        blind("nodes", "pods"),
        nodes=(),
        groups=(clusters.group("web", desired=3, coming={"us-east-1a": 3}),),
    )
    for text in (plain(lines(over, SCREEN)), page(over)):
        assert "nodes not known" in text
        assert "0 nodes" not in text
    assert "+ web on-demand ?, 3 instances, wants 3" in plain(lines(over, Room(140, 40)))
    assert {zone["nodes"] for zone in data(over)["zones"]} == {None}
    assert "nodes=? notready=?" in plain([one_line(over)])


def test_what_was_read_earlier_is_known():
    text = plain(lines(blind("nodes", "pods", since=clusters.AT), SCREEN))
    assert "not known" not in text
    assert "nodes, pods as of 2026-11-01 03:10:00 UTC: no answer" in text


def test_a_line_for_a_pipe_says_the_numbers():
    assert plain([one_line(clusters.large())]) == (
        "2026-11-01 03:10:00 UTC  nodes=400 notready=134 pods=3202 unready=1074 leaving=0"
        " pending=12  runs=1 shifts=1 missing=0  us-east-1a nodes=134 ready=0 pods=1072"
        "  us-east-1b nodes=133 ready=133 pods=1065  us-east-1c nodes=133 ready=133 pods=1065\n"
    )
