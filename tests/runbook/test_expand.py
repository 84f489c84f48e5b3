from __future__ import annotations

import hashlib

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sopctl.core.runbook import Approve, ApproveBy, OnFailure, ReturnKind
from sopctl.runbook import expressions, lint, loader
from tests.runbook.books import INNER, OUTER, write
from tests.runbook.examples import swapped
from tests.runbook.toys import KNOWN

ENV = {"params": {"place": "us-east-1a", "leave": True}, "facts": {}}


def loaded(directory, outer=OUTER, inner=INNER):
    return loader.load(write(directory, outer=outer, inner=inner))


def step(book, name):
    back = [entry.step for entry in book.way_back if entry.step]
    return next(one for one in (*book.before, *book.steps, *book.after, *back) if one.id == name)


def given_to_inner(fields, text=OUTER):
    return swapped('with: {zone: "${{ params.place }}"}', f"with: {{{fields}}}", text)


def test_steps_stand_where_they_are_included(tmp_path):
    book = loaded(tmp_path)
    assert [one.id for one in book.steps] == [
        "first",
        "go.before-1",
        "go.freeze",
        "go.ask",
        "go.drain",
        "go.done",
        "last",
    ]
    assert (book.before, book.after) == ((), ())


def test_what_comes_first_or_last_is_checked_before_or_after(tmp_path):
    alone = OUTER[: OUTER.index("  - id: first")] + OUTER[OUTER.index("  - id: go") :]
    alone = alone[: alone.index("  - id: last")]
    book = loaded(tmp_path, alone)
    assert [one.id for one in book.before] == ["go.before-1"]
    assert [one.id for one in book.steps] == ["go.freeze", "go.ask", "go.drain"]
    assert [one.id for one in book.after] == ["go.done"]


def test_parameters_are_what_they_are_given_and_else_their_defaults(tmp_path):
    freeze = step(loaded(tmp_path), "go.freeze")
    assert expressions.data(freeze.params, ENV) == {
        "zone": "us-east-1a",
        "keys": ["a"],
        "mode": "soft",
    }
    ask = step(loaded(tmp_path), "go.ask")
    assert expressions.data(ask.uses, ENV) == "Leave us-east-1a after 120 s?"


@pytest.mark.parametrize(
    ("written", "name", "value"),
    [
        ("zone: us-east-1b", "zone", "us-east-1b"),
        ('zone: us-east-1b, keys: ["${{ params.place }}", b, 7]', "keys", ["us-east-1a", "b", "7"]),
        ("zone: us-east-1b, keys: []", "keys", []),
        ("zone: us-east-1b, keys: [1, 012]", "keys", ["1", "012"]),
        ("zone: us-east-1b, mode: hard", "mode", "hard"),
        ("zone: us-east-1b, mode: null", "mode", "soft"),
        ('zone: us-east-1b, keys: "${{ [params.place] // why }}"', "keys", ["us-east-1a"]),
    ],
)
def test_a_value_may_be_written_or_computed(tmp_path, written, name, value):
    book = loaded(tmp_path, given_to_inner(written))
    assert expressions.data(step(book, "go.freeze").params, ENV)[name] == value


def test_a_parameter_of_the_same_name_outside_is_not_seen_inside(tmp_path):
    outer = given_to_inner("zone: us-east-1c").replace("place:", "zone:")
    book = loaded(tmp_path, outer)
    env = {"params": {"zone": "us-east-1a", "leave": True}, "facts": {}}
    assert expressions.data(step(book, "go.freeze").params, env)["zone"] == "us-east-1c"


def test_conditions_both_hold_and_comments_end_with_theirs(tmp_path):
    outer = swapped("when: params.leave", "when: params.leave // really", OUTER)
    drain = step(loaded(tmp_path, outer), "go.drain")
    gates = {"go.ask": {"answer": "yes"}}
    assert expressions.when(drain.when, {**ENV, "gates": gates}) is True
    off = {"params": {"place": "us-east-1a", "leave": False}, "facts": {}, "gates": gates}
    assert expressions.when(drain.when, off) is False
    assert expressions.when(drain.when, {**ENV, "gates": {"go.ask": {"answer": "no"}}}) is False


def test_or_inside_a_condition_does_not_get_around_the_one_outside(tmp_path):
    inner = swapped('gates.ask.answer == "yes" && params', "true || params", INNER)
    drain = step(loaded(tmp_path, inner=inner), "go.drain")
    off = {"params": {"place": "us-east-1a", "leave": False}, "facts": {}}
    assert expressions.when(drain.when, off) is False


def test_steps_and_gates_are_looked_at_under_their_new_names(tmp_path):
    done = step(loaded(tmp_path), "go.done")
    steps = {"drain": {"outcome": "failed"}, "go.drain": {"outcome": "applied"}}
    assert expressions.when(done.when, {**ENV, "steps": steps}) is True


def test_needs_are_renamed_and_a_runbook_stands_for_all_it_changes(tmp_path):
    book = loaded(tmp_path)
    assert step(book, "go.drain").needs == ("go.freeze",)
    assert step(book, "go.freeze").needs is None
    assert step(book, "last").needs == ("go.freeze", "go.drain")
    one = loaded(tmp_path, swapped("needs: [go]", "needs: [go.freeze]", OUTER))
    assert step(one, "last").needs == ("go.freeze",)


def test_the_step_that_includes_says_why_where_nobody_else_does(tmp_path):
    book = loaded(tmp_path)
    assert step(book, "go.freeze").why == "It is time."
    assert step(book, "go.drain").why == "It fails otherwise."


def test_consent_is_asked_before_each_change_and_the_stricter_one_holds(tmp_path):
    outer = swapped("    why: It is", "    approve: {reason: required}\n    why: It is", OUTER)
    inner = swapped("    why: It fails", "    approve: {by: other}\n    why: It fails", INNER)
    book = loaded(tmp_path, outer, inner)
    assert step(book, "go.freeze").approve == Approve(reason=True)
    assert step(book, "go.drain").approve == Approve(by=ApproveBy.OTHER, reason=True)
    assert step(book, "go.ask").approve is None


def test_undo_takes_the_place_of_stop_only(tmp_path):
    outer = swapped("    why: It is", "    on_failure: undo\n    why: It is", OUTER)
    inner = swapped("    why: It fails", "    on_failure: continue\n    why: It fails", INNER)
    book = loaded(tmp_path, outer, inner)
    assert step(book, "go.freeze").on_failure is OnFailure.UNDO
    assert step(book, "go.drain").on_failure is OnFailure.CONTINUE
    assert step(book, "last").on_failure is OnFailure.STOP


def stages(book):
    return [
        (list(entry.restore), entry.canary) if entry.kind is ReturnKind.RESTORE else entry.step.id
        for entry in book.way_back
    ]


def test_the_way_back_of_the_inner_one_stands_where_it_is_restored(tmp_path):
    book = loaded(tmp_path)
    assert stages(book) == [
        (["last"], 0),
        (["go.drain"], 0),
        "go.return-2",
        (["go.freeze"], 1),
        (["first"], 0),
    ]
    gate = step(book, "go.return-2")
    assert expressions.data(gate.uses, ENV) == "Is us-east-1a back?"
    assert gate.when == "params.leave"


def test_steps_of_the_inner_one_may_be_restored_one_by_one(tmp_path):
    outer = swapped("{restore: [last, go, first]}", "{restore: [go.freeze, last]}", OUTER)
    outer += "  - {restore: [go.drain, first], canary: 2}\n"
    assert stages(loaded(tmp_path, outer)) == [
        (["go.freeze", "last"], 0),
        (["go.drain", "first"], 2),
    ]


def test_without_return_a_staged_way_back_inside_is_kept(tmp_path):
    outer = OUTER[: OUTER.index("return:")]
    assert stages(loaded(tmp_path, outer)) == stages(loaded(tmp_path))
    assert stages(loaded(tmp_path, outer, INNER[: INNER.index("return:")])) == []


def test_without_a_way_back_inside_it_is_the_newest_first(tmp_path):
    book = loaded(tmp_path, inner=INNER[: INNER.index("return:")])
    assert [names for names, _ in stages(book)] == [
        ["last"],
        ["go.drain"],
        ["go.freeze"],
        ["first"],
    ]


def test_a_condition_that_is_not_known_later_does_not_leave_out_what_is_asked(tmp_path):
    when = "when: steps.first.outcome == 'applied'"
    book = loaded(tmp_path, swapped("when: params.leave", when, OUTER))
    assert step(book, "go.return-2").when == ""


def test_the_digest_covers_what_is_included(tmp_path):
    book = loaded(tmp_path)
    assert book.source == OUTER
    assert book.digest != hashlib.sha256(OUTER.encode()).hexdigest()
    assert loaded(tmp_path).digest == book.digest
    other = loaded(tmp_path, inner=INNER.replace("The inner one", "The inner  one"))
    assert other.digest != book.digest


def test_runbooks_may_stand_in_each_other(tmp_path):
    middle = OUTER.replace("name: outer", "name: middle")
    outer = swapped("runbook/inner", "runbook/middle", OUTER)
    outer = swapped('{zone: "${{ params.place }}"}', '{place: "${{ params.place }}", leave: true}',
                    outer)  # fmt: skip
    book = lint.load(write(tmp_path, outer=outer, middle=middle, inner=INNER), KNOWN)
    drain = step(book, "go.go.drain")
    assert drain.needs == ("go.go.freeze",)
    gates = {"go.go.ask": {"answer": "yes"}}
    assert expressions.when(drain.when, {**ENV, "gates": gates}) is True
    assert step(book, "last").needs == ("go.first", "go.go.freeze", "go.go.drain", "go.last")
    assert expressions.data(step(book, "go.go.freeze").params, ENV)["zone"] == "us-east-1a"
    assert ["go.go.freeze"] in [list(entry.restore) for entry in book.way_back]


TEXTS = st.text(
    st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=20
) | st.lists(
    st.sampled_from(['"', "'", "\\", "${{", "}}", " params.leave ", "+", "//", "\n", "\\u0041"]),
    max_size=6,
).map("".join)


@given(TEXTS)
def test_a_value_that_is_written_is_never_parsed_again(tmp_path_factory, text):
    assume("${{" not in text)  # that is where an expression starts
    assume(not loader.read(f"a: {_yaml(text)}\n").document.fatal)
    directory = tmp_path_factory.mktemp("books")
    inner = swapped('keys: "${{ params.keys }}"', 'account: "<${{ params.note }}>"', INNER)
    outer = given_to_inner(f"zone: us-east-1b, note: {_yaml(text)}")
    book = loaded(directory, outer, inner)
    assert expressions.data(step(book, "go.freeze").params, ENV)["account"] == f"<{text}>"


@given(TEXTS)
def test_a_value_that_turns_up_during_a_run_is_never_parsed(tmp_path_factory, text):
    inner = swapped('keys: "${{ params.keys }}"', 'account: "<${{ params.note }}>"', INNER)
    outer = given_to_inner('zone: us-east-1b, note: "${{ params.word }}"')
    outer = swapped("  leave:", "  word: {type: string}\n  leave:", outer)
    book = loaded(tmp_path_factory.mktemp("books"), outer, inner)
    env = {"params": {"word": text, "place": "us-east-1a", "leave": True}, "facts": {}}
    assert expressions.data(step(book, "go.freeze").params, env)["account"] == f"<{text}>"


def _yaml(text):
    escaped = (f"\\U{ord(char):08x}" for char in text)
    return f'"{"".join(escaped)}"'
