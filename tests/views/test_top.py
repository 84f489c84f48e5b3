"""The live picture of a world, as a table and as lines."""

from __future__ import annotations

import io

from sopctl.core.measures import Happened, Sample
from sopctl.views import top
from sopctl.views.lines import plain
from sopctl.views.screen import Screen
from sopctl.views.top import Look

LOOK = Look(
    now="2026-11-01 03:10:00",
    rate=30.0,
    sample=Sample(
        at=600,
        nodes={"us-east-1b/spot": 2, "us-east-1b/normal": 3},
        ready={"us-east-1b": 20},
        pending={"zone spread": 3, "no room": 1},
        unready=7,
        replicas=30,
        launched={"us-east-1b": 1},
        failed={"us-east-1a": 4},
        terminated={},
        gone=0,
        offered=1000.0,
        lost=5.0,
        wished={"us-east-1a": 2},
    ),
    happened=(Happened(300.0, "zone outage: us-east-1a"),),
)


def test_a_zone_without_nodes_is_shown_too():
    shown = plain(top.lines(LOOK)).splitlines()

    rows = [row.split() for row in shown if row.startswith("us-east")]
    assert rows == [
        ["us-east-1a", "0", "0", "0", "0", "4", "0", "2"],
        ["us-east-1b", "2", "3", "20", "1", "0", "0", "0"],
    ]
    assert "pods pending: 1 no room, 3 zone spread   not ready on their node: 7" in shown
    assert "requests: 1000 offered, 5 lost (0.50 %)" in shown
    assert shown[-1].endswith("300 s  zone outage: us-east-1a")


def test_without_a_terminal_each_look_is_one_line():
    stream = io.StringIO()
    with top.showing(Screen(stream, {})) as show:
        show(LOOK)
        show(LOOK)

    first, second = stream.getvalue().splitlines()
    assert first == second
    assert "pending=4 unready=7 lost=5" in first
    assert "us-east-1a nodes=0 ready=0 launched=0 failed=4" in first
