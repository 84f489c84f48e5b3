"""Zones for the shell's completion."""

from __future__ import annotations

from sopctl.app import seen
from tests.views.scenes import PLAN


def test_the_zones_of_a_plan_are_remembered(tmp_path):
    seen.remember(tmp_path / "state", PLAN)

    assert seen.zones(tmp_path / "state") == [("us-east-1a", "use1-az4")]


def test_nothing_remembered_is_nothing(tmp_path):
    assert seen.zones(tmp_path) == []


def test_a_broken_file_costs_nothing(tmp_path):
    (tmp_path / "zones.json").write_text("{")

    assert seen.zones(tmp_path) == []
