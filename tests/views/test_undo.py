"""What undoing an open run would write back."""

from __future__ import annotations

from dataclasses import replace

from sopctl.core.action import Undo
from sopctl.views import undo
from sopctl.views.lines import plain
from tests.views.scenes import state


def test_where_and_how_much_stand_above_what_is_written_back():
    shown = plain(undo.lines(state(9), ["cordon"])).splitlines()

    assert shown[0].startswith("prod-east, account 111122223333")
    assert "1 change to be written back in 1 step" in shown
    assert "cordon  k8s.node.cordon  1 change" in shown


def test_what_cannot_be_written_back_is_named_as_what_stays():
    found = state(9)
    work = found.work("cordon")
    work.plan = replace(work.plan, undo=Undo.RESIDUE, undoes="ash")

    shown = plain(undo.lines(found, ["cordon"]))

    assert "0 changes to be written back in 0 steps" in shown
    assert "cordon is not undone: ash" in shown
    assert "k8s.node.cordon" not in shown
