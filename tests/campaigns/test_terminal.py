"""The short setting of names that act, and its teeth."""

from __future__ import annotations

from itertools import islice

import pytest

from campaigns import terminal
from sopctl.views import frame, lines

EVERY = 3


@pytest.mark.parametrize("name", terminal.SUBJECTS)
def test_no_payload_acts(name):
    few = list(islice(terminal.cases(2), len(terminal.PAYLOADS) * len(terminal.SUBJECTS)))
    mine = [case for case in few if case[0] == name][::EVERY]
    assert len(mine) > 150
    assert [wrong for case in mine if (wrong := terminal.play(case).wrong)] == []


def test_there_are_500_payloads():
    assert len(set(terminal.PAYLOADS)) >= 500


def test_what_is_not_made_safe_is_found(monkeypatch):
    monkeypatch.setattr(lines, "safe", str)
    monkeypatch.setattr(frame, "escape", lambda text, quote: text)
    monkeypatch.setattr(frame, "safe", str)
    wrong = [terminal.play(case).wrong for case in islice(terminal.cases(1), 300)]
    said = " ".join(wrong)
    assert "on a terminal" in said
    assert "on a pipe" in said
    assert "markup on a page" in said
