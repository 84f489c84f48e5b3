"""The short setting of the canaries: one journey through the verbs that write most."""

from __future__ import annotations

import pytest

from campaigns import secrets

FEW = (("audit", "show"), ("view",), ("plan", "canary", "--full", "--stats"))


@pytest.mark.sandbox
@pytest.mark.xdist_group("sandbox")
def test_no_canary_comes_out():
    played = secrets.play(3, FEW)
    assert played.wrong == ""
    assert {"run", "audit show", "audit export", "view", "plan", "rollback"} <= set(played.cells)


def test_there_is_a_canary_for_each_place_and_each_journey_has_its_own():
    first, second = secrets.canaries(1), secrets.canaries(2)
    assert len(first) == 20
    assert not set(first.values()) & set(second.values())
    assert first == secrets.canaries(1)


def test_a_canary_that_came_out_is_found(tmp_path):
    journey = object.__new__(secrets._Journey)
    journey._folder, journey._planted = tmp_path, {"reason": "s3cr3t-canary"}
    journey._said = {"status": "why: s3cr3t-canary"}
    (tmp_path / "x.html").write_text("<td>s3cr3t-canary</td>")
    assert [*journey.hits()] == ["reason in status", "reason in x.html"]
