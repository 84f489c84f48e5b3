"""Timelines on a world that is led by hand: what happens, when it ends, and what is measured."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest

from sopctl.core.errors import UsageError
from tests.sandbox.scenario.smalls import Play


@pytest.fixture
def played():
    made = []

    def play(*events):
        made.append(Play(*events))
        return made[-1]

    yield play
    for each in made:
        each.close()


A, B = "us-east-1a", "us-east-1b"


def test_a_stopped_clock_moves_only_when_it_is_told(played):
    play = played()
    before = play("GET", "/clock")
    assert before["rate"] == 0
    assert before["waits"] == "step"
    assert play("GET", "/clock") == before

    play.step(90)

    assert play("GET", "/clock")["now"] > before["now"]


def test_a_timeline_happens_in_time_and_is_measured(played):
    play = played(f"{{at: 1m, zone_outage: {{zone: {A}}}}}", f"{{at: 6m, heal: {{zone: {A}}}}}")
    play("POST", "/timeline")
    play.step(300)

    told = play("GET", "/timeline")
    assert [(each["at"], each["what"]) for each in told["happened"]] == [
        (60.0, f"zone outage: {A}")
    ]
    samples = play("GET", "/samples")
    assert [each["at"] for each in samples] == [30.0 * n for n in range(11)]
    assert samples[0]["nodes"] == {f"{A}/spot": 2, f"{B}/normal": 2}
    assert samples[0]["ready"].keys() == {A, B}
    assert samples[-1]["ready"].keys() == {B}
    assert samples[-1]["nodes"] == {f"{B}/normal": 2}
    assert samples[-1]["failed"].get(A, 0) > 0  # the group replaces what died there, in vain
    assert samples[-1]["launched"].get(A, 0) == 0

    play.step(300)
    assert play("GET", "/timeline")["happened"][1] == {"at": 360.0, "what": f"heal: {A}"}
    assert play.sample()["nodes"][f"{A}/spot"] == 2


def test_a_brownout_ends_by_itself(played):
    play = played("{at: 0s, brownout: {api: aws, calls: 'autoscaling:*', percent: 100, lasts: 2m}}")
    play("POST", "/timeline")
    play.step(10)
    rule = play.household.aws.faults[0]
    assert (rule.kind, rule.service, rule.operation) == ("throttle", "autoscaling", "*")

    play.step(120)
    assert play.household.aws.faults == []
    assert [each["at"] for each in play("GET", "/timeline")["happened"]] == [0.0, 120.0]


def test_spot_is_reclaimed_in_waves_and_comes_back(played):
    play = played("{at: 0s, spot_surge: {percent: 50, every: 3m, lasts: 5m}}")
    play("POST", "/timeline")
    play.step(400)

    found = play.sample()
    assert found["terminated"] == {A: 2}  # one of two, in each of two waves
    assert found["launched"] == {A: 2}


def test_in_a_drought_a_zone_takes_so_many_more_and_then_none(played):
    play = played(f"{{at: 0s, drought: {{zones: [{B}], more: 1, lasts: 10m}}}}")
    play("POST", "/timeline")
    play.step(5)
    play.household.cloud.set_desired("web-b", 4)
    play.step(240)

    found = play.sample()
    assert found["launched"] == {B: 1}
    assert found["failed"][B] >= 1

    play.step(400)
    play.household.cloud.set_desired("web-b", 4)  # the autoscaler had given the failed one up
    play.step(30)
    assert play.sample()["launched"][B] >= 2


def test_a_silent_node_is_not_ready_while_its_instance_is_well(played):
    play = played()
    play("POST", "/timeline/event", event={"at": "0s", "node_silence": {"group": "web-b"}})
    play.step(60)

    assert play.sample()["nodes"] == {f"{A}/spot": 2, f"{B}/normal": 1}
    with pytest.raises(UsageError, match="no event"):
        play("POST", "/timeline/event", event={"at": "soon"})


def test_who_waits_gets_there_and_no_further_than_the_nearest(played):
    play = played()
    start = play.household.clock.now().timestamp()
    seen = {}

    def wait(seconds):
        until = play.household.clock.now().timestamp() + seconds
        moment = datetime.fromtimestamp(until, UTC).isoformat()
        play("POST", "/clock/step", until=moment)
        seen[seconds] = play.household.clock.now().timestamp() - start

    threads = [threading.Thread(target=wait, args=(each,)) for each in (3, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert 3 <= seen[3] <= 5
    assert 5 <= seen[5] < 6


def test_another_world_can_be_loaded_and_is_there_after_a_reset(played):
    play = played()
    told = play("GET", "/scenario")["scenario"]
    told["world"]["groups"][0]["desired"] = 1
    play("POST", "/scenario", scenario=told)
    assert play.sample()["nodes"] == {f"{A}/spot": 1, f"{B}/normal": 2}
    play.household.reset()
    assert play.sample()["nodes"] == {f"{A}/spot": 1, f"{B}/normal": 2}


def test_traffic_falls_and_comes_back_and_it_is_said(played):
    play = played("{at: 1m, traffic: {percent: 30}}", "{at: 5m, traffic: {percent: 100}}")
    play("POST", "/timeline")
    play.step(360)
    told = play("GET", "/timeline")
    assert [each["what"] for each in told["happened"]] == ["traffic: 30 %", "traffic: 100 %"]


def test_aws_shifts_by_itself_and_a_quota_holds_for_as_long_as_they_last(played):
    play = played(
        f"{{at: 1m, autoshift: {{zone: {A}, lasts: 2m}}}}",
        "{at: 1m, quota: {market: spot, vcpus: 4, lasts: 2m}}",
    )
    play("POST", "/timeline")
    play.step(90)
    told = play("GET", "/timeline")
    assert [each["what"] for each in told["happened"]] == [
        f"autoshift: {A}",
        "quota: 4 vCPUs, spot",
    ]
    assert play.direction.household.cloud.supply.quotas["spot"] == 4
    assert any(each.ended is None for each in play.direction.household.cloud.shifts.autoshifts)
    play.step(120)
    assert play.direction.household.cloud.supply.quotas["spot"] > 1000
    assert all(each.ended for each in play.direction.household.cloud.shifts.autoshifts)
