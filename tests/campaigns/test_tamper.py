"""The short setting of the tampering; what one file cannot show; what a lax check would miss."""

from __future__ import annotations

from itertools import islice

import pytest

from campaigns import tamper
from sopctl.journal.verify import Report

KINDS = [*tamper.EDITS]


@pytest.mark.parametrize("draw", range(2))
@pytest.mark.parametrize("kind", KINDS)
def test_an_edit_is_detected(kind, draw):
    assert tamper.play((1, kind, draw)) == tamper.Played((f"{kind}: detected",))


@pytest.mark.parametrize("kind", [*tamper.REWRITES, tamper.OLDER])
def test_what_one_file_cannot_show_is_shown_by_the_end_of_the_ledger_noted_elsewhere(kind):
    played = tamper.play((1, kind, 0))
    assert played == tamper.Played((f"{kind}: not detected without an anchor",))


@pytest.mark.parametrize("kind", tamper.LEASES)
def test_an_edited_lease_is_not_part_of_what_was_recorded(kind):
    cell = f"{kind}: changes nothing that was recorded"
    assert tamper.play((1, kind, 0)) == tamper.Played((cell,))


def test_a_spoiled_byte_or_export_is_noticed():
    cases = [case for case in islice(tamper.cases(1), 400) if case[1] in ("an export", tamper.BYTE)]
    assert len(cases) > 50
    assert [tamper.play(case).wrong for case in cases if tamper.play(case).wrong] == []


def test_a_verifier_that_is_content_with_everything_is_found_out(monkeypatch):
    content = Report(runs=(), ledger=())
    monkeypatch.setattr(tamper, "verify", lambda store: content)
    wrong = [kind for kind in KINDS if tamper.play((1, kind, 0)).wrong]
    assert wrong == KINDS


@pytest.mark.parametrize("kind", [*tamper.REWRITES, tamper.OLDER])
def test_an_anchor_that_shows_nothing_is_found_out(monkeypatch, kind):
    monkeypatch.setattr(tamper, "_looked_at", lambda path, honest: (False, False, False))
    assert tamper.play((1, kind, 0)).wrong
