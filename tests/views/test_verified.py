from __future__ import annotations

from sopctl.app.doctor.verified import Verified
from sopctl.views import verified


def test_the_last_examination_takes_one_line():
    at = "2026-11-30T12:00:00.000000Z"
    grave = Verified(at=at, ready=72, critical=3)
    assert verified.last(grave) == "Last verified 2026-11-30: 72 of 100, 3 critical findings."
    assert verified.last(Verified(at=at, ready=100, critical=0)) == (
        "Last verified 2026-11-30: 100 of 100."
    )


def test_never_is_said_as_well():
    assert verified.last(None).startswith("Never verified: `sopctl doctor`")
