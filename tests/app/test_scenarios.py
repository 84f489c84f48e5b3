from __future__ import annotations

from sopctl.app import scenarios
from sopctl.sandbox.scenario import loader


def test_a_scenario_can_be_put_on_another_release():
    other = scenarios.of_release(None, "1.31")
    assert other.world.version == "1.31"
    assert scenarios.of_release(other, "1.36") == loader.default()
