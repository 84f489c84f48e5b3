from __future__ import annotations

import pytest

from sopctl.facts.objects import spread

KEY = "topology.kubernetes.io/zone"
HARD = {"topologyKey": KEY, "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {}}


@pytest.mark.parametrize(
    ("constraint", "hard"),
    [
        (HARD, True),
        ({"topologyKey": KEY, "labelSelector": {}}, True),
        ({**HARD, "whenUnsatisfiable": "ScheduleAnyway"}, False),
        ({**HARD, "topologyKey": "kubernetes.io/hostname"}, False),
        ({**HARD, "labelSelector": None}, False),
    ],
)
def test_hard_is_what_keeps_pods_waiting_on_one_of_the_keys(constraint, hard):
    assert spread.is_hard(constraint, (KEY,)) is hard
    assert spread.has_hard({"topologySpreadConstraints": [constraint]}, (KEY,)) is hard


def test_a_pod_without_constraints_has_none():
    assert not spread.has_hard({}, (KEY,))
