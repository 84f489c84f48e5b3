from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sopctl.runbook import binding, cel_text, expressions
from sopctl.runbook.binding import BindingError, Scope

SCOPE = Scope(prefix="go.", values={"zone": "(params.a + params.b)", "keys": '["x"]'})
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0")),
    lambda inner: st.lists(inner, max_size=4),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("source", "rewritten"),
    [
        ("params.zone", "(params.a + params.b)"),
        ("params . zone+'params.zone'", "(params.a + params.b)+'params.zone'"),
        ("params['zone'].size()", "(params.a + params.b).size()"),
        ('params["keys"][0]', '["x"][0]'),
        ("facts.params.zone", "facts.params.zone"),
        ("facts.groups.exists(zone, zone.params in params.keys)",
         'facts.groups.exists(zone, zone.params in ["x"])'),
        ("steps.drain.outcome == gates['a-b'].answer",
         'steps["go.drain"].outcome == gates["go.a-b"].answer'),
        ("true // params.zone\n&& false", "true \n&& false"),
        ("r'params.zone' == '''params.zone'''", "r'params.zone' == '''params.zone'''"),
        ("{'params': params.zone}.params", "{'params': (params.a + params.b)}.params"),
    ],
)  # fmt: skip
def test_parameters_are_replaced_and_steps_renamed(source, rewritten):
    assert binding.expression(source, SCOPE) == rewritten


@pytest.mark.parametrize(
    "source", ["params", "params[x]", "steps[params.zone]", "gates", "params['zo' + 'ne']"]
)
def test_what_is_not_looked_at_by_name_is_refused(source):
    with pytest.raises(BindingError, match="only by name"):
        binding.expression(source, SCOPE)


def test_a_parameter_that_is_not_there_is_refused_and_not_looked_for_outside():
    with pytest.raises(BindingError, match="there is no parameter other"):
        binding.expression("params.other", SCOPE)


@given(VALUES)
def test_a_literal_is_its_value_in_an_expression_and_in_a_text(value):
    source = binding.literal(value)
    assert expressions.data(f"${{{{ {source} }}}}", {}) == value
    assert "${{" not in source
    assert "}}" not in source


@given(st.text(max_size=30))
def test_tokens_make_up_their_text_again(text):
    assert "".join(token.text for token in cel_text.tokens(text, spaces=True)) == text


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("a.b == 1.5 && 'x'.size() > 0 && [1][0] in [.1]", []),
        ("params.a in .params.b", ["a name cannot start with a dot"]),
        ("facts.all(steps, true)", ["steps cannot be the name of a loop variable"]),
        ("facts.exists_one( gates , true)", ["gates cannot be the name of a loop variable"]),
        ("facts.all(params.x, true)", []),
    ],
)
def test_names_that_mislead_are_found(source, found):
    assert [summary for summary, _ in cel_text.misleading(source)] == found


def test_conditions_are_kept_apart():
    assert binding.both("a || b", "c") == "(a || b) && c"
    assert binding.both("", "c || d") == "c || d"
    assert binding.both("a", "") == "a"
