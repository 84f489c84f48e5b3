from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sopctl.facts.objects.json_text import dumped, includes, parsed

documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(documents)
def test_a_document_comes_back_as_it_was(document):
    assert parsed(dumped(document)) == document


@given(documents)
def test_every_document_includes_itself(document):
    assert includes(document, document)


@pytest.mark.parametrize(
    ("seen", "wanted", "included"),
    [
        ({"a": 1, "b": 2}, {"a": 1}, True),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 1}}, True),
        ([{"a": 1, "b": 2}], [{"a": 1}], True),
        ([1, 2], [1], False),
        ([], [], True),
        ({"a": 1}, [], False),
        ("x", "y", False),
    ],
)
def test_mappings_may_have_more_and_lists_may_not(seen, wanted, included):
    assert includes(seen, wanted) is included
