from __future__ import annotations

from sopctl.core.check import Readiness, Severity
from sopctl.core.readiness import Finding, State
from sopctl.views import doctor, doctor_page

WHY = Readiness(row="X1", severity=Severity.CRITICAL, why="It <hurts>.", fix="kubectl mend & go")


def finding(check, state, *rows):
    return Finding(check=check, state=state, readiness=WHY, detail="seen", rows=rows)


FOUND = [
    finding("a", State.NOT_READY, *(f"<row {n}>" for n in range(7))),
    finding("b", State.UNKNOWN),
    finding("c", State.READY),
    finding("d", State.NOT_HERE),
]


def test_the_page_has_all_evidence_and_a_fix_for_what_is_not_ready_alone():
    page = doctor_page.page("prod", FOUND, 40)
    assert "<h1>Is prod ready for the next zone failure?</h1>" in page
    assert "<b>40 of 100</b>" in page
    assert "1 ready, 1 not ready, 1 unknown, 1 not here" in page
    assert page.count("&lt;row ") == 7
    assert page.count("kubectl mend &amp; go") == 1
    assert "It &lt;hurts&gt;." in page
    assert "<row" not in page


def test_the_screen_shows_a_few_rows_and_the_score():
    text = "\n".join(str(each) for each in doctor.findings(FOUND, 40))
    assert "and 2 more" in text
    assert text.count("fix: ") == 1
    assert "40 of 100" in text
