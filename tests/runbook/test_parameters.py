from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sopctl.core.errors import UsageError
from sopctl.core.runbook import Parameter, ParameterType
from sopctl.runbook import parameters


def parameter(kind, **fields):
    return Parameter(name="it", type=ParameterType(kind), **fields)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("string", "", ""),
        ("string", " a b ", " a b "),
        ("int", "12", 12),
        ("int", "-3", -3),
        ("int", "007", 7),
        ("bool", "true", True),
        ("bool", "No", False),
        ("duration", "90s", 90),
        ("duration", "10m", 600),
        ("duration", "12h", 43200),
        ("duration", "3d", 259200),
        ("zone", "us-east-1a", "us-east-1a"),
        ("zone", "us-gov-west-1b", "us-gov-west-1b"),
        ("zone", "us-west-2-lax-1a", "us-west-2-lax-1a"),
        ("zone", "cn-northwest-1c", "cn-northwest-1c"),
        ("zone", "use1-az4", "use1-az4"),
        ("zone", "usw2-lax1-az1", "usw2-lax1-az1"),
        ("id", "012345678901", "012345678901"),
        ("list", "", []),
        ("list", "a", ["a"]),
        ("list", "a, b,c ", ["a", "b", "c"]),
    ],
)
def test_text_becomes_a_value_of_the_type(kind, text, value):
    found = parameters.parse(parameter(kind), text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("kind", "text", "message"),
    [
        ("int", "1.5", "parameter it: '1.5' is not a whole number"),
        ("int", "1e3", "parameter it: '1e3' is not a whole number"),
        ("int", "9" * 19, f"parameter it: '{'9' * 19}' is not a whole number"),
        ("int", "\u0661", "parameter it: '\u0661' is not a whole number"),
        ("bool", "maybe", "parameter it: 'maybe' is not true or false"),
        ("duration", "10", "parameter it: '10' is not a duration"),
        ("duration", "1h30m", "parameter it: '1h30m' is not a duration"),
        ("duration", "-1h", "parameter it: '-1h' is not a duration"),
        ("zone", "us-east-1", "parameter it: 'us-east-1' is not a zone"),
        ("zone", "zone-a", "parameter it: 'zone-a' is not a zone"),
        ("zone", "use1", "parameter it: 'use1' is not a zone"),
        ("zone", "us-east-1a\n", "parameter it: 'us-east-1a\\n' is not a zone"),
        ("string", "a\x00", "parameter it: 'a\\x00' is not text without NUL"),
        ("id", "", "parameter it: '' is not an id"),
    ],
)
def test_what_is_not_of_the_type_is_refused_with_a_hint(kind, text, message):
    with pytest.raises(UsageError) as caught:
        parameters.parse(parameter(kind), text)
    assert caught.value.summary == message
    assert caught.value.hint.endswith(".")


def test_a_choice_that_is_nearly_right_is_guessed():
    with pytest.raises(UsageError) as caught:
        parameters.parse(parameter("enum", choices=("policy", "workload")), "polcy")
    assert caught.value.summary == "parameter it: 'polcy' is not policy or workload"
    assert caught.value.hint == "Did you mean policy?"


def test_a_pattern_holds_for_the_whole_text_and_for_each_item():
    account = parameter("id", pattern="[0-9]{12}", help="Twelve digits.")
    assert parameters.parse(account, "012345678901") == "012345678901"
    for text in ("0123456789012", "01234567890\n1", "012345678901\n"):
        with pytest.raises(UsageError) as caught:
            parameters.parse(account, text)
        assert caught.value.hint == "Twelve digits."
    with pytest.raises(UsageError):
        parameters.parse(parameter("list", pattern="[a-z]"), "a,B")


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("string", 1.5, "1.5"),
        ("id", 123456789012, "123456789012"),
        ("duration", "1m", 60),
        ("list", ["a", 7], ["a", "7"]),
        ("int", 3, 3),
        ("bool", False, False),
    ],
)
def test_what_yaml_made_of_a_default_is_made_good(kind, value, expected):
    assert parameters.conform(parameter(kind), value) == expected


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("int", True),
        ("int", "3"),
        ("int", 1.0),
        ("bool", 1),
        ("bool", "true"),
        ("string", True),
        ("string", None),
        ("list", "a"),
        ("list", [None]),
        ("duration", 60),
    ],
)
def test_a_default_of_another_type_is_refused(kind, value):
    with pytest.raises(UsageError):
        parameters.conform(parameter(kind), value)


ALL = (
    Parameter(name="zone", type=ParameterType.ZONE, required=True, help="The failed zone."),
    Parameter(name="keep_for", type=ParameterType.DURATION, default="2h"),
    Parameter(name="note", type=ParameterType.STRING),
    Parameter(name="names", type=ParameterType.LIST, default=["a"]),
)


def test_every_parameter_gets_a_value():
    assert parameters.resolve(ALL, {"zone": "us-east-1a"}) == {
        "zone": "us-east-1a",
        "keep_for": 7200,
        "note": None,
        "names": ["a"],
    }
    given = {"zone": "use1-az4", "keep_for": "10m", "note": "x", "names": ["b", "c"]}
    assert parameters.resolve(ALL, given) == {**given, "keep_for": 600}


def test_values_that_are_typed_already_are_taken_again():
    """A resumed run has its parameters from the journal, where a duration is its seconds."""
    once = parameters.resolve(ALL, {"zone": "us-east-1a"})
    assert parameters.resolve(ALL, once) == once


def test_a_missing_parameter_says_how_to_give_it():
    with pytest.raises(UsageError) as caught:
        parameters.resolve(ALL, {})
    assert caught.value.summary == "the parameter zone is missing"
    assert caught.value.hint == "Give it with --zone: The failed zone."
    assert [one.name for one in parameters.missing(ALL, {})] == ["zone"]
    assert parameters.missing(ALL, {"zone": "x"}) == ()


def test_an_unknown_parameter_is_guessed():
    with pytest.raises(UsageError) as caught:
        parameters.resolve(ALL, {"zone": "us-east-1a", "keepfor": "1h"})
    assert caught.value.summary == "there is no parameter keepfor"
    assert caught.value.hint == "Did you mean keep_for?"


def test_options_have_dashes():
    assert parameters.option("pause_spot") == "--pause-spot"


@given(st.sampled_from([k.value for k in ParameterType]), st.text(max_size=20))
def test_any_text_is_taken_or_refused(kind, text):
    try:
        parameters.parse(parameter(kind, choices=("a", "b")), text)
    except UsageError as error:
        assert error.hint  # noqa: PT017  # some texts are fine
