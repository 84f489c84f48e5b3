"""A process died with calls on their way: however a person goes on, the journal stays sound."""

from __future__ import annotations

import pytest

DARK = {"l0": False, "l1": False, "l2": False}


@pytest.fixture
def died(shop):
    """After the intent of three changes, and before an answer to any."""

    def die(point):
        if point == "wire lamp l1":
            raise KeyboardInterrupt

    shop.world.wire = die
    assert shop.run().code == 130
    shop.world.wire = None
    return shop


@pytest.mark.parametrize(
    "words",
    [
        ("rollback", "--latest", "lights", "--yes"),
        ("rollback", "--latest", "lights", "--at-once", "--yes"),
        ("resume", "--yes"),
        ("resume", "--end-here", "--yes"),
        ("forget", "RUN", "--reason", "the cluster is gone", "--yes"),
    ],
    ids=" ".join,
)
def test_what_was_on_its_way_is_accounted_for(died, words):
    run = died("audit", "list", "-o", "json").rows[0]["run"]

    result = died(*[run if word == "RUN" else word for word in words])

    assert result.code == 0, result.err
    assert died("audit", "verify").code == 0
    if words[0] == "rollback":
        assert died.lamps == DARK
