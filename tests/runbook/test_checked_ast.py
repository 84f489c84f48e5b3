from __future__ import annotations

import pytest

from sopctl.runbook import checked_ast
from sopctl.runbook.expressions import _environment

NAMES = (
    ("odd", "dyn"),
    ("many", "list(string)"),
    ("tag", "map(string, int)"),
    ("nested", "list(list(int))"),
)


def found(source):
    return checked_ast.unordered_lists(_environment(NAMES).compile(source).serialize())


@pytest.mark.parametrize(
    "source",
    [
        "many.map(x, x)",
        "many.filter(x, x == 'a')",
        "nested.map(x, x.map(y, y + 1))",
        "tag.all(k, k == 'a') && tag.exists(k, k == 'b') && tag.exists_one(k, true)",
        "odd.exists(x, x == 1)",
        "[1, 2].map(x, x)",
        "tag",
        "'a' in tag",
    ],
)
def test_lists_and_questions_have_an_order_or_need_none(source):
    assert found(source) == ()


@pytest.mark.parametrize(
    ("source", "offsets"),
    [
        ("tag.map(k, k)", (0,)),
        ("odd.filter(k, true)", (0,)),
        ("many.map(x, tag.map(k, k))", (12,)),
        ("{'a': tag.map(k, k)}.size()", (6,)),
        ("[tag.map(k, k)]", (1,)),
        ("true ? tag.map(k, k) : many", (7,)),
        ("size(tag.filter(k, true)) > 1 || many.exists(x, x in tag.map(k, k))", (5, 53)),
        ("tag.filter(k, true).map(k, k)", (0,)),
    ],
)
def test_a_list_that_is_made_from_a_map_is_found_wherever_it_is(source, offsets):
    assert found(source) == offsets
