from __future__ import annotations

import pytest

from sopctl.sandbox.world.selectors import matches, requirement

LABELS = {"app": "web", "tier": "3"}


def test_no_selector_selects_nothing_and_an_empty_one_everything():
    assert not matches(None, LABELS)
    assert matches({}, LABELS)


@pytest.mark.parametrize(
    ("operator", "values", "expected"),
    [
        ("In", ["2", "3"], True),
        ("In", ["2"], False),
        ("NotIn", ["3"], False),
        ("NotIn", ["4"], True),
        ("Exists", None, True),
        ("DoesNotExist", None, False),
        ("Gt", ["2"], True),
        ("Gt", ["3"], False),
        ("Lt", ["4"], True),
        ("Lt", ["x"], False),
    ],
)
def test_requirements_of_a_present_label(operator, values, expected):
    expression = {"key": "tier", "operator": operator, "values": values}
    assert requirement(expression, LABELS) is expected


@pytest.mark.parametrize(
    ("operator", "expected"),
    [("In", False), ("NotIn", True), ("Exists", False), ("DoesNotExist", True), ("Gt", False)],
)
def test_requirements_of_a_missing_label(operator, expected):
    expression = {"key": "zone", "operator": operator, "values": ["1"]}
    assert requirement(expression, LABELS) is expected


def test_labels_and_expressions_must_both_hold():
    selector = {
        "matchLabels": {"app": "web"},
        "matchExpressions": [{"key": "tier", "operator": "In", "values": ["9"]}],
    }
    assert not matches(selector, LABELS)


def test_an_unknown_operator_is_named():
    with pytest.raises(ValueError, match="unknown selector operator 'Near' for key 'tier'"):
        requirement({"key": "tier", "operator": "Near"}, LABELS)
