from __future__ import annotations

import pytest

from sopctl.core.errors import RefusedError
from sopctl.runbook import fitting
from tests.runbook.toys import FreezeParams, FussyParams, Mode, Select


def test_data_becomes_the_parameters_of_an_action():
    value = {
        "zone": "a",
        "select": {"spot": False},
        "keys": ["x", 7],
        "labels": {"n": 1.5},
        "mode": "hard",
        "percent": 5,
        "account": 123456789012,
    }
    assert fitting.params(FreezeParams, value) == FreezeParams(
        zone="a",
        select=Select(spot=False),
        keys=("x", "7"),
        labels={"n": "1.5"},
        mode=Mode.HARD,
        percent=5.0,
        account="123456789012",
    )


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({}, "zone is missing"),
        ({"zone": None}, "zone: nothing is not text"),
        ({"zone": "a", "count": "1"}, "count: '1' is not a whole number"),
        ({"zone": "a", "count": True}, "count: true is not a whole number"),
        ({"zone": "a", "keys": ["b", None]}, "keys.1: nothing is not text"),
        ({"zone": "a", "select": {"sport": 1}}, "select.sport: there is no field sport"),
        ([], "[] is not a mapping"),
        ("x" * 99, "'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx... is not a mapping"),
    ],
)
def test_what_does_not_fit_is_refused(value, message):
    with pytest.raises(RefusedError) as caught:
        fitting.params(FreezeParams, value)
    assert caught.value.summary == message
    assert caught.value.hint


def test_a_type_may_have_rules_of_its_own():
    with pytest.raises(RefusedError, match="low is above high"):
        fitting.params(FussyParams, {"low": 3})


def test_text_that_looks_like_an_expression_is_text_once_everything_is_resolved():
    assert fitting.params(FreezeParams, {"zone": "${{ 1 }}"}).zone == "${{ 1 }}"
