from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sopctl.sandbox.world.conditions import Verdict, find, holds, put
from sopctl.sandbox.world.times import stamp

NOW = datetime(2026, 11, 1, 3, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)


def ready(status: str, reason: str = "", message: str = "") -> Verdict:
    return Verdict(type="Ready", status=status, reason=reason, message=message)


def test_the_time_moves_only_when_the_status_does():
    first = put(None, ready("False", "Booting"), NOW)
    same = put(first, ready("False", "StillBooting"), LATER)
    other = put(same, ready("True"), LATER)

    assert same[0]["lastTransitionTime"] == stamp(NOW)
    assert same[0]["reason"] == "StillBooting"
    assert other[0]["lastTransitionTime"] == stamp(LATER)
    assert "reason" not in other[0]


def test_other_conditions_and_other_fields_are_kept_in_place():
    before = [{"type": "A", "status": "True"}, {"type": "Ready", "status": "True", "probe": 1}]
    after = put(before, ready("True", "Well"), NOW)

    assert after == [before[0], {**before[1], "reason": "Well"}]
    assert before[1] == {"type": "Ready", "status": "True", "probe": 1}


def test_an_empty_text_that_the_api_filled_in_stays():
    before = [{"type": "Ready", "status": "True", "reason": "Well", "message": ""}]

    assert put(before, ready("True", "Well"), LATER) == before


def test_a_condition_holds_when_it_is_there_and_true():
    obj = {"status": {"conditions": [{"type": "Ready", "status": "Unknown"}]}}

    assert find(obj, "Ready") is not None
    assert not holds(obj, "Ready")
    assert not holds({}, "Ready")
