"""`sopctl view` on the sandbox while a zone fails: what is wrong is on it; it changes nothing."""

from __future__ import annotations

import signal
import time

from tests.end_to_end.driver import ZONE


def test_a_zone_that_fails_is_seen_and_so_is_what_a_run_did_about_it(sopctl, outside):
    (before,) = sopctl.json("view", "--target", "sandbox")
    assert all(node["ready"] for node in before["nodes"])
    sopctl("sandbox", "fail-zone", ZONE)

    found = until(sopctl, lambda seen: zone(seen)["not_ready"] == zone(seen)["nodes"] > 0)

    text = sopctl("view", "--target", "sandbox")
    assert f"{zone(found)['nodes']} not ready" in text
    assert outside.mutations() == []

    sopctl.run("prepare")
    sopctl.run("az-failure", "--zone", ZONE, "--no-evacuate")
    (after,) = sopctl.json("view", "--target", "sandbox")
    assert zone(after)["cordoned"] == zone(after)["nodes"]
    run = after["runs"][-1]
    assert run["runbook"] == "az-failure"
    out = {each["name"]: each["run"] for each in after["groups"] if each["run"]}
    assert out
    assert set(out.values()) == {run["run"]}
    assert all(name.endswith("-a") for name in out)
    (shift,) = after["shifts"]
    assert shift["left"] > 0
    assert run["run"] in shift["comment"]


def test_who_stops_looking_does_not_wait_for_a_provider_that_is_silent(sopctl):
    words = ("view", "--target", "sandbox", "--live", "--every", "1s")
    with sopctl.popen(*words) as looking:
        assert "nodes=" in looking.stdout.readline()
        sopctl("sandbox", "fault", "brownout", "kubernetes", "--answer", "slow", "--seconds", "60")
        time.sleep(3)  # it asks again meanwhile, and is not answered
        began = time.monotonic()
        looking.send_signal(signal.SIGINT)
        _, said = looking.communicate(timeout=60)
    assert looking.returncode == 0
    assert said == ""
    assert time.monotonic() - began < 5  # a read may take three times as long


def zone(seen):
    return next(each for each in seen["zones"] if each["name"] == ZONE)


def until(sopctl, holds, seconds=60):
    """The first look for which *holds*."""
    end = time.monotonic() + seconds
    while True:
        (seen,) = sopctl.json("view", "--target", "sandbox")
        if holds(seen):
            return seen
        assert time.monotonic() < end, seen["zones"]
        time.sleep(1)
