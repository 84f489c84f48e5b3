"""Faults at every call: the cases are all there, and each way of going wrong is found."""

from __future__ import annotations

import pytest

from sopctl.app.trials.faults import crew, part
from sopctl.app.trials.faults.course import Checkpoint
from sopctl.app.trials.faults.disturbed import Coverage
from sopctl.app.trials.faults.matrix import PLANNING, Lab, Play
from sopctl.app.trials.faults.tap import Kind
from sopctl.core.journal import Entry
from sopctl.engine import records, window
from sopctl.providers import aws


@pytest.fixture(scope="module")
def begun(make_case):
    """One undisturbed course for all tests here; each case goes back to a checkpoint of it."""
    case = make_case()
    start = case.begin()
    lab = Lab(case.stage, crew.catalogs())
    play = Play(
        book=case.script.book,
        params={"zone": "us-east-1a"},
        answers={},
        begin=Checkpoint(world=start.world, journal=start.journal),
    )
    return case, start, lab, lab.chart(play)


def writes(charted):
    """The faults at what the run writes, marks and locks left out."""
    found = [f for f in charted.faults() if f.name.mutating and not f.name.bookkeeping]
    assert {f.name.half for f in found} == {"AWS", "Kubernetes"}
    return found


def test_the_course_has_a_piece_for_each_step_and_every_call_is_in_one(begun):
    _, _, _, charted = begun
    assert [piece.until for piece in charted.course.pieces] == ["pods", "groups", ""]
    assert charted.course.end == "done"
    kinds = {fault.kind for fault in charted.faults()}
    assert kinds == set(Kind)
    assert any(fault.piece == PLANNING for fault in charted.faults())
    assert not any(name.mutating for name in charted.planning)


def test_every_fault_at_a_write_ends_well(begun):
    _, _, lab, charted = begun
    chosen = [f for f in writes(charted) if f.name.half == "AWS" or f.name.what.endswith("web")]
    assert {f.kind for f in chosen} == set(Kind)
    for fault in chosen:
        verdict = lab.disturb(charted, fault)
        assert verdict.struck, str(verdict)
        assert verdict.wrong == (), str(verdict)


def test_a_fault_while_planning_ends_well(begun):
    _, _, lab, charted = begun
    faults = [f for f in charted.faults() if f.piece == PLANNING]
    for fault in faults[:: max(1, len(faults) // 3)]:
        verdict = lab.disturb(charted, fault)
        assert (verdict.struck, verdict.wrong) == (True, ()), str(verdict)


def test_the_way_back_has_a_course_of_its_own(case_of):
    case = case_of()
    found = list(part.faults(case, case.begin(), part.Dose(most=3, seed=3)))
    assert found[0].ok, found[0].differences
    assert found[0].detail.startswith("3 cases, chosen of ")


def test_an_engine_that_writes_before_its_intent_is_caught(begun, monkeypatch):
    """The intent is appended only after the write: durable too late."""
    _, _, lab, charted = begun
    send = window._send

    def late(session, work, writes):
        kept = session.deps.store._runs[session.state.run].records
        intent = next(r for r in reversed(kept) if r.kind == records.INTENT)
        kept.remove(intent)
        try:
            send(session, work, writes)
        finally:
            kept.append(intent)

    monkeypatch.setattr(window, "_send", late)
    fault = next(f for f in charted.faults() if f.piece == 0 and f.kind is Kind.THROTTLE)
    assert any("without an intent" in why for why in lab.disturb(charted, fault).wrong)


def test_an_engine_that_repeats_blindly_is_caught(begun, monkeypatch):
    """It sends every change twice: the second one has the same effect again."""
    _, _, lab, charted = begun
    send = aws.Aws.write

    def twice(self, call, service, operation, **kwargs):
        send(self, call, service, operation, **kwargs)
        return send(self, call, service, operation, **kwargs)

    monkeypatch.setattr(aws.Aws, "write", twice)
    reads = (f for f in charted.faults() if f.piece == 1 and not f.name.mutating)
    fault = next(f for f in reads if f.kind is Kind.THROTTLE)
    wrong = lab.disturb(charted, fault).wrong
    assert any("carried out 2 times: autoscaling.UpdateAutoScalingGroup" in why for why in wrong)


def test_a_run_that_never_ends_is_caught(begun, monkeypatch):
    _, _, lab, charted = begun
    fault = next(f for f in writes(charted) if f.kind is Kind.DENIAL)
    monkeypatch.setattr("sopctl.app.trials.faults.disturbed._stands_still", lambda _: False)
    assert any("it ended parked" in why for why in lab.disturb(charted, fault).wrong)


SHIFT = "4f3e2d1c-0000-4000-8000-123456789abc"


def test_a_write_is_covered_by_an_open_intent_only():
    class Journal:
        def __init__(self, *entries):
            self.entries = entries

        def read(self, run):
            del run
            return self.entries

    resource = {"kind": "k8s.node", "name": "n1"}
    row = {"resource": resource, "op": "1", "evidence": {"shift": SHIFT, "zone": "z1"}}
    intent = Entry(kind=records.INTENT, data={"items": [row]})
    result = Entry(kind=records.RESULT, data={"items": [row]})
    call = "PATCH /api/v1/nodes/n1"
    assert Coverage(Journal(intent), "r")(call) == ""
    assert Coverage(Journal(), "r")(call)
    assert Coverage(Journal(intent, result), "r")(call)
    assert Coverage(Journal(intent), "r")("PATCH /api/v1/nodes/n2")
    assert Coverage(Journal(intent), "r")(f"DELETE /zonalshifts/{SHIFT}") == ""
    assert Coverage(Journal(intent), "r")("DELETE /zonalshifts/z1")
