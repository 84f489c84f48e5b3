"""The short setting of the power cuts, and what it finds where a safety is missing."""

from __future__ import annotations

from itertools import islice

import pytest

from campaigns import powercut
from campaigns.calls import Did, available
from campaigns.disk import DRAWN, FIXED

pytestmark = pytest.mark.skipif(not available(), reason="needs strace(1), and leave to trace")

EVERY = 61
PER_CALL = len(FIXED) + powercut.EACH * len(DRAWN)


def some(every, synchronous=""):
    """Cases all over the first recording."""
    most = len(powercut.recorded(1, synchronous)) * PER_CALL
    return islice(powercut.cases(1), 0, most, every)


def test_a_power_cut_loses_nothing_that_was_acknowledged():
    wrong = [(case, found) for case in some(EVERY) if (found := powercut.play(case).wrong)]
    assert wrong == []


def test_the_recording_has_every_kind_of_call_and_of_act():
    calls = powercut.recorded(1)
    assert {call.did for call in calls} == {*Did}
    said = [powercut.promised(calls[:after]).doing for after in range(len(calls))]
    assert {*said} == {*powercut.DOING}


def test_if_nothing_were_ever_synced_acknowledged_records_would_be_lost():
    assert any(powercut.play(case, syncs=False).wrong for case in some(331))


@pytest.mark.parametrize("synchronous", ["OFF", "NORMAL"])
def test_without_a_sync_before_the_answer_acknowledged_records_are_lost(synchronous):
    found = (powercut.play(case, synchronous=synchronous).wrong for case in some(97, synchronous))
    assert any("acknowledged" in wrong for wrong in found)
