from __future__ import annotations

import pytest

from sopctl.runbook import expressions
from sopctl.runbook.expressions import InvalidExpressionError

PARSER = ("mismatched", "extraneous", "token recognition", "viable", "expecting", "EOF")


@pytest.mark.parametrize(
    ("source", "summary", "hint"),
    [
        ("params.zone ==", "the expression ends too early", ""),
        ("params.zone == (", "the expression ends too early", ""),
        ("params.zone = 'a'", "'=' is not expected here", "Compare with ==."),
        ("params.zone == 'a')", "')' is not expected here", ""),
    ],
)
def test_a_mistake_is_told_in_words_of_people(source, summary, hint):
    with pytest.raises(InvalidExpressionError) as caught:
        expressions.compile(source, {"params.zone": "string"})
    assert (caught.value.summary, caught.value.hint) == (summary, hint)


@pytest.mark.parametrize(
    "source", ["a b", "1 +* 2", "[1, 2", "'open", "a &b", "{1: }", "a..b", "?"]
)
def test_no_word_of_the_parser_is_left(source):
    with pytest.raises(InvalidExpressionError) as caught:
        expressions.compile(source, {})
    assert not any(word in caught.value.summary for word in PARSER)
