from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sopctl.notation import strict_yaml
from sopctl.notation.document import Place


def problems(text):
    return [
        (one.line, one.column, one.summary) for one in strict_yaml.parse(text, "f.yaml").problems
    ]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("~", None),
        ("null", None),
        ("Null", None),
        ("nUll", "nUll"),
        ("true", True),
        ("FALSE", False),
        ("yes", "yes"),
        ("no", "no"),
        ("on", "on"),
        ("off", "off"),
        ("y", "y"),
        ("0", 0),
        ("-7", -7),
        ("-0", "-0"),
        ("+7", "+7"),
        ("007", "007"),
        ("012345670123", "012345670123"),
        ("123456789012", 123456789012),
        ("0o17", "0o17"),
        ("0x1F", "0x1F"),
        ("0b1", "0b1"),
        ("1_000", "1_000"),
        ("22:22", "22:22"),
        ("190:20:30", "190:20:30"),
        ("9223372036854775807", 9223372036854775807),
        ("9223372036854775808", "9223372036854775808"),
        ("1.5", 1.5),
        ("1.50", "1.50"),
        ("1.10", "1.10"),
        (".5", ".5"),
        ("5.", "5."),
        ("1e3", "1e3"),
        ("1e400", "1e400"),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("2026-11-01", "2026-11-01"),
        ("2026-11-01T10:00:00Z", "2026-11-01T10:00:00Z"),
        ("<<", "<<"),
        ("=", "="),
        ("1.2.3", "1.2.3"),
        ("12e", "12e"),
        ("0e0", "0e0"),
    ],
)
def test_plain_scalars_mean_what_yaml_1_2_says_and_lose_nothing(text, value):
    found = strict_yaml.parse(f"a: {text}\n", "f.yaml")
    assert not found.problems
    assert found.data == {"a": value}
    assert type(found.data["a"]) is type(value)


@given(st.text("0123456789", min_size=12, max_size=12))
def test_every_account_id_survives(account):
    value = strict_yaml.scalar(account)
    assert value == account or repr(value) == account


@given(st.from_regex(r"[-+]?[0-9._eE:x]{1,20}", fullmatch=True))
def test_no_number_loses_a_digit(text):
    value = strict_yaml.scalar(text)
    assert value == text if isinstance(value, str) else repr(value) == text


def test_quotes_make_text():
    assert strict_yaml.parse("""{a: "1", b: 'true', c: "~"}""", "f").data == {
        "a": "1",
        "b": "true",
        "c": "~",
    }


def test_the_place_of_every_key_value_and_text_is_known():
    found = strict_yaml.parse("a:\n  - x: 'é🙂'\n    'y y': [1, 2]\n", "f.yaml")
    assert found.keys["a", 0, "y y"] == Place(3, 5)
    assert found.values["a", 0, "x"] == Place(2, 8)
    assert found.texts["a", 0, "x"] == Place(2, 9)
    assert found.values["a", 0, "y y", 1] == Place(3, 16)
    assert found.place(("a", 0, "nothing", 3)) == Place(2, 5)


def test_a_text_of_several_lines_has_no_place_for_its_characters():
    found = strict_yaml.parse('a: |\n  one\nb: "\\x41"\n', "f.yaml")
    assert found.data == {"a": "one\n", "b": "A"}
    assert not {("a",), ("b",)} & found.texts.keys()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: *x\n", [(1, 4, "alias *x is not allowed in a runbook")]),
        ("a: &x 1\n", [(1, 4, "anchor &x is not allowed in a runbook")]),
        ("a: !!str 1\n", [(1, 4, "tag !!str is not allowed in a runbook")]),
        ("a: !ruby/object 1\n", [(1, 4, "tag !ruby/object is not allowed in a runbook")]),
        ("a: ! 1\n", [(1, 4, "tag ! is not allowed in a runbook")]),
        ("a: !!python/object/apply:os.system [x]\n",
         [(1, 4, "tag !!python/object/apply:os.system is not allowed in a runbook")]),
        ("a: 1\nb: {<<: 2}\n", [(2, 5, "merge key << is not allowed in a runbook")]),
        ("a: 1\nb: 2\na: 3\n", [(3, 1, "the key a is there already, in line 1")]),
        ("1: x\n", [(1, 1, "the key 1 is not text")]),
        ('"": x\n', [(1, 1, "the key nothing is not text")]),
        ("? [a, b]\n: x\n", [(1, 3, "a key is not text")]),
        ("*x : 1\n", [(1, 1, "alias *x is not allowed in a runbook")]),
        ("%YAML 1.1\n---\na: 1\n", [(1, 1, "a % directive is not allowed in a runbook")]),
        ("a: 1\n---\nb: 2\n", [(2, 1, "a second document is not allowed in a runbook")]),
        ("a:\n\tb: 1\n", [(2, 1, "a tab cannot indent")]),
        ("a: b: c\n", [(1, 5, "not YAML: mapping values are not allowed in this context")]),
        ("a: @b\n", [(1, 4, ("not YAML: found character that cannot start any token "
                     "while scanning for the next token"))]),
        ("a: [1\nb: 2\n", [(2, 2, ("not YAML: did not find expected ',' or ']' "
                     "while parsing a flow sequence that starts in line 1"))]),
        ("a: \x07\n", [(1, 4, "the character U+0007 is not allowed")]),
        ("b: 1\na: x\u202ey\n", [(2, 5, "the character U+202E is not allowed")]),
        ("a: \ud800\n", [(1, 4, "the character U+D800 is not allowed")]),
        ("a: 1\rb: 2\n", [(1, 5, "the character U+000D is not allowed")]),
        ("[" * 100_000, [(1, 33, "nested more than 32 levels deep")]),
        ("{" * 100_000, [(1, 2, "a key is not text"), (1, 33, "nested more than 32 levels deep")]),
        ("- " * 100_000, [(1, 65, "nested more than 32 levels deep")]),
    ],
)  # fmt: skip
def test_what_is_refused_is_named_with_its_place(text, expected):
    assert problems(text) == expected


def test_a_file_that_is_too_big_is_not_read():
    text = "a: " + "x" * strict_yaml.MAX_BYTES
    found = strict_yaml.parse(text, "f.yaml")
    assert found.fatal
    assert found.data is None
    assert found.problems[0].summary.startswith("the file has 262147 bytes")


def test_all_problems_of_one_file_are_found_at_once():
    text = "a: &x 1\nb: *x\nc: {d: 1, d: 2}\n3: !t [x]\n"
    assert [(line, column) for line, column, _ in problems(text)] == [
        (1, 4),
        (2, 4),
        (3, 11),
        (4, 1),
        (4, 4),
    ]


def test_a_bomb_of_nesting_is_refused_where_it_becomes_too_deep():
    found = strict_yaml.parse("[" * 200_000, "f.yaml")
    assert found.fatal
    assert found.data is None
    (problem,) = found.problems
    assert problem.column == 33  # the rest was not even read


def test_windows_line_ends_are_line_ends():
    found = strict_yaml.parse("a: 1\r\nb: 2\r\n", "f.yaml")
    assert not found.problems
    assert found.values["b",] == Place(2, 4)


@given(st.text(max_size=200))
def test_any_text_is_either_read_or_has_a_problem(text):
    found = strict_yaml.parse(text, "f.yaml")
    assert found.problems or not found.fatal


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=8)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | WORDS,
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(WORDS.filter(bool), inner, max_size=3)
        ),
        max_leaves=8,
    )
)
def test_json_is_read_as_it_is(value):
    found = strict_yaml.parse(json.dumps(value, ensure_ascii=False), "f.yaml")
    assert not found.problems
    assert found.data == value


def test_a_file_with_problems_without_end_is_not_read_to_its_end():
    document = strict_yaml.parse("a: b\n" * 40_000, "x.yaml")
    assert document.fatal
    assert len(document.problems) == strict_yaml.MAX_PROBLEMS + 2
    assert document.problems[-1].summary == "there are more problems"
