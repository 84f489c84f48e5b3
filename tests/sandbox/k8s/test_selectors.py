from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sopctl.sandbox.k8s.errors import ApiError
from sopctl.sandbox.k8s.selectors import field_test, label_test, selects

LABELS = {"app": "web", "tier": "3", "example.com/team": "a"}


@pytest.mark.parametrize(
    ("selector", "matches"),
    [
        ("", True),
        ("app", True),
        ("!app", False),
        ("app=web,tier=3", True),
        ("app==web , tier != 4", True),
        ("example.com/team in (a,b)", True),
        ("example.com/team notin (a, b)", False),
        ("absent notin (a)", True),
        ("tier>2", True),
        ("tier<3", False),
        ("app>2", False),
    ],
)
def test_label_selectors_are_evaluated(selector, matches):
    assert label_test(selector)(LABELS) is matches


@pytest.mark.parametrize("selector", ["a in b", "=x", "a=(b", "a,,b", "a in (b"])
def test_a_broken_label_selector_is_400(selector):
    with pytest.raises(ApiError) as refused:
        label_test(selector)
    assert refused.value.status == 400


@pytest.mark.parametrize(
    ("selector", "matches"),
    [
        (None, False),
        ({}, True),
        ({"matchLabels": {"app": "web"}}, True),
        ({"matchLabels": {"app": "web", "x": "y"}}, False),
        ({"matchExpressions": [{"key": "app", "operator": "In", "values": ["web"]}]}, True),
        ({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["web"]}]}, False),
        ({"matchExpressions": [{"key": "x", "operator": "DoesNotExist"}]}, True),
        ({"matchExpressions": [{"key": "x", "operator": "Exists"}]}, False),
    ],
)
def test_selector_objects_are_evaluated(selector, matches):
    assert selects(selector, LABELS) is matches


NAMES = st.text("abc", min_size=1, max_size=2)


@given(st.dictionaries(NAMES, NAMES, max_size=3), st.dictionaries(NAMES, NAMES, max_size=3))
def test_a_string_and_an_object_of_equal_meaning_agree(wanted, labels):
    text = ",".join(f"{key}={value}" for key, value in wanted.items())
    assert label_test(text)(labels) is selects({"matchLabels": wanted}, labels)


def test_field_selectors_know_defaults_and_refuse_the_unknown(cluster):
    nodes = cluster.registry.named("nodes")
    schedulable = field_test("spec.unschedulable=false,metadata.name!=x", nodes)
    assert schedulable({"metadata": {"name": "n"}, "spec": {}})
    assert not schedulable({"metadata": {"name": "n"}, "spec": {"unschedulable": True}})
    for selector in ("spec.color=red", "nonsense"):
        with pytest.raises(ApiError):
            field_test(selector, nodes)
