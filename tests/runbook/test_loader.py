from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sopctl.core.errors import InvalidRunbookError, UsageError
from sopctl.core.runbook import (
    Approve,
    ApproveBy,
    Guardrail,
    OnEmpty,
    OnFailure,
    ReturnKind,
    StepKind,
)
from sopctl.runbook import loader
from tests.runbook.examples import SMALL, swapped


def problems(text):
    return [(one.line, one.column, one.summary) for one in loader.read(text).problems]


def hints(text):
    return [one.hint for one in loader.read(text).problems]


def test_a_runbook_is_loaded_with_its_source_and_digest():
    runbook = loader.load(SMALL)
    assert runbook.name == "small"
    assert runbook.source == SMALL
    assert len(runbook.digest) == 64
    assert [step.id for step in runbook.steps] == ["freeze", "ask", "drain"]
    assert [step.kind for step in runbook.steps] == [
        StepKind.ACTION,
        StepKind.GATE,
        StepKind.ACTION,
    ]
    assert runbook.steps[1].uses == "Go on?"
    assert runbook.steps[0].needs is None
    assert runbook.steps[2].needs == ("freeze",)
    assert [entry.kind for entry in runbook.way_back] == [
        ReturnKind.RESTORE,
        ReturnKind.CHECK,
        ReturnKind.RESTORE,
    ]
    assert runbook.way_back[1].step is not None
    assert runbook.way_back[1].step.wait == 600
    assert runbook.way_back[2].canary == 1


def test_what_the_way_back_uses_has_a_condition_and_a_bound():
    own = "  - {uses: toy.spread, when: params.evacuate, bound: 30}\n"
    entry = loader.load(SMALL + own).way_back[-1]
    assert entry.kind is ReturnKind.USES
    assert entry.step is not None
    assert (entry.step.when, entry.step.bound) == ("params.evacuate", 30)


FULL = """\
apiVersion: sopctl/v1
kind: Runbook
metadata: {name: full, title: 2026, owner: 7, reviewed: 2026-11-22}
description: |
  Text.
parameters:
  keep: {type: duration, default: 2h}
  names: {type: list, default: [a, 012, 7]}
  account: {type: id, default: 123456789012, pattern: "[0-9]{12}"}
guardrails: {max_objects: {toy.lamp: {count: 5, percent: 50}}}
revert_within: 3d
before:
  - {check: toy.ready, wait: 90s, on_failure: continue}
steps:
  - id: tell
    notify: It starts.
  - id: work
    uses: toy.work
    approve: {by: other, reason: required}
    empty: fail
    needs: []
    on_failure: undo
after:
  - {id: done, gate: Is it?, when: "true"}
return:
  - {gate: Is it over?, approve: {reason: required}}
  - {uses: toy.clean, with: {hard: true}}
"""


def test_every_field_arrives():
    book = loader.load(FULL)
    assert (book.title, book.owner, book.reviewed) == ("2026", "7", "2026-11-22")
    assert book.description == "Text.\n"
    assert [one.default for one in book.parameters] == ["2h", ["a", "012", "7"], "123456789012"]
    assert book.parameters[2].pattern == "[0-9]{12}"
    assert book.guardrails == {"toy.lamp": Guardrail(count=5, percent=50)}
    assert book.revert_within == 3 * 86400
    before, (tell, work), after = book.before[0], book.steps, book.after[0]
    assert (before.id, before.kind, before.wait) == ("before-1", StepKind.CHECK, 90)
    assert before.on_failure is OnFailure.CONTINUE
    assert (tell.kind, tell.uses) == (StepKind.NOTIFY, "It starts.")
    assert work.approve == Approve(by=ApproveBy.OTHER, reason=True)
    assert (work.empty, work.needs, work.on_failure) == (OnEmpty.FAIL, (), OnFailure.UNDO)
    assert (after.id, after.kind, after.when) == ("done", StepKind.GATE, "true")
    assert [entry.kind for entry in book.way_back] == [ReturnKind.GATE, ReturnKind.USES]
    gate, clean = (entry.step for entry in book.way_back)
    assert gate.approve == Approve(by=ApproveBy.SELF, reason=True)
    assert (gate.id, clean.id, clean.params) == ("return-1", "return-2", {"hard": True})


def test_a_late_step_may_select_nothing():
    text = swapped("    needs: [freeze]\n", "    needs: [freeze]\n    select: late\n    bound: 5\n")
    step = loader.load(text).steps[2]
    assert (step.late, step.bound, step.empty) == (True, 5, OnEmpty.OK)
    assert loader.load(SMALL).steps[2].empty is OnEmpty.WARN


BAD_PATTERN = (
    "pattern is not a regular expression: missing ), unterminated subpattern at position 0"
)

# Each broken in one way, with the exact place.
BROKEN = [
    ("unknown field", swapped("title:", "titel:"),
     [(3, 11, "title is missing"), (3, 25, "there is no field titel")]),
    ("unknown field of a step", swapped("    needs:", "    need:"),
     [(16, 5, "there is no field need")]),
    ("missing field", swapped("kind: Runbook\n", ""), [(1, 1, "kind is missing")]),
    ("wrong version", swapped("sopctl/v1", "sopctl/v9"),
     [(1, 13, "apiVersion cannot be 'sopctl/v9'")]),
    ("duplicate key", swapped("    gate: Go on?", "    gate: Go on?\n    gate: Really?"),
     [(13, 5, "the key gate is there already, in line 12")]),
    ("duplicate id", swapped("id: ask", "id: freeze"),
     [(11, 9, "the id freeze is used twice"), (15, 30, "there is no earlier gate ask")]),
    ("wrong type", swapped("default: false", "default: maybe"),
     [(6, 35, "parameter evacuate: 'maybe' is not true or false")]),
    ("unknown type", swapped("{type: zone", "{type: zones"), [(5, 16, "type cannot be 'zones'")]),
    ("undeclared parameter", swapped("params.zone ", "params.zon "),
     [(10, 23, "there is no parameter zon")]),
    ("undeclared parameter in when", swapped("params.evacuate", "params.evaluate"),
     [(15, 11, "there is no parameter evaluate")]),
    ("unknown step in needs", swapped("[freeze]\nreturn", "[frezee]\nreturn"),
     [(16, 13, "there is no step frezee")]),
    ("forward reference", swapped("with: {zone:", "needs: [drain]\n    with: {zone:"),
     [(10, 13, "step drain comes later")]),
    ("two things to do", swapped("gate: Go on?", "gate: Go on?\n    uses: toy.x"),
     [(13, 5, "gate and uses are two things to do")]),
    ("nothing to do", swapped("    gate: Go on?\n", ""),
     [(11, 5, "there is nothing to do"), (14, 30, "there is no earlier gate ask")]),
    ("bad duration", swapped("10m", "10 minutes"),
     [(19, 30, "wait: '10 minutes' is not a duration")]),
    ("restored twice", swapped("[freeze], canary", "[freeze, drain], canary"),
     [(20, 24, "step drain is restored twice")]),
    ("restore of a gate", swapped("[freeze], canary", "[ask], canary"),
     [(20, 16, "step ask changes nothing")]),
    ("unclosed expression", swapped("zone }}", "zone }"), [(10, 19, "${{ without its }}")]),
    ("braces around when", swapped('params.evacuate && gates.ask.answer == "yes"',
                                   '"${{ params.evacuate }}"'),
     [(15, 12, "when is an expression already")]),
    ("not a list", swapped("needs: [freeze]", "needs: freeze"), [(16, 12, "needs is not a list")]),
    ("step without id", swapped("- id: ask\n    gate", "- gate"),
     [(11, 5, "the step has no id"), (14, 30, "there is no earlier gate ask")]),
    ("alias", swapped("title: A small", "title: &t A small"),
     [(3, 32, "anchor &t is not allowed in a runbook")]),
    ("tag", swapped("Go on?", "!!str Go on?"), [(12, 11, "tag !!str is not allowed in a runbook")]),
    ("bound without late", swapped("needs: [freeze]", "bound: 3"),
     [(16, 5, "bound is for late and kept steps only")]),
    ("wait beside uses", swapped("needs: [freeze]", "wait: 3m"),
     [(16, 5, "wait means nothing beside uses")]),
    ("canary of none", swapped("canary: 1", "canary: 0"),
     [(20, 33, "canary is 0, less than 1")]),
    ("percent of more than all",
     swapped("steps:\n", "guardrails: {max_objects: {a: {count: 1, percent: 101}}}\nsteps:\n"),
     [(7, 51, "percent is 101, more than 100")]),
    ("expression in a reason", swapped("Go on?", "Go on?\n    why: Leave ${{ params.zone }}"),
     [(13, 16, "why cannot have an expression")]),
    ("unknown parameter in a gate", swapped("Go on?", "Leave ${{ params.zon }}?"),
     [(12, 21, "there is no parameter zon")]),
    ("outcome in a gate", swapped("Go on?", "After ${{ steps.freeze.outcome }}?"),
     [(12, 21, "steps can be looked at only in when")]),
    ("open expression in a gate", swapped("Go on?", "Leave ${{ params.zone?"),
     [(12, 17, "${{ without its }}")]),
    ("a loop variable like a root", swapped("params.evacuate &&", "facts.g.all(params, true) &&"),
     [(15, 23, "params cannot be the name of a loop variable")]),
    ("a name that starts with a dot", swapped("params.evacuate &&", "true && .params.evacuate &&"),
     [(15, 19, "a name cannot start with a dot")]),
    ("until", swapped("wait: 10m", "until: x"), [(19, 24, "there is no field until")]),
    ("outcome in with", swapped('{zone: "${{ params.zone }}"}', '{zone: "${{ gates.x.answer }}"}'),
     [(10, 23, "gates can be looked at only in when")]),
    ("default of an enum", swapped("required: true}",
                                   "required: true}\n  x: {type: enum, choices: [a], default: b}"),
     [(6, 42, "parameter x: 'b' is not a")]),
    ("choices of a string", swapped("required: true}",
                                    "required: true}\n  x: {type: string, choices: [a]}"),
     [(6, 21, "choices mean nothing for type string")]),
    ("pattern of a zone", swapped("required: true}", "required: true, pattern: a}"),
     [(5, 38, "pattern means nothing for type zone")]),
    ("needs itself", swapped("needs: [freeze]", "needs: [drain]"),
     [(16, 13, "step drain needs itself")]),
    ("not a mapping", swapped("{name: small, title: A small runbook}", "small"),
     [(3, 11, "metadata is not a mapping")]),
    ("not a step", swapped("  - id: ask\n    gate: Go on?\n", "  - ask\n"),
     [(11, 5, "entry 2 of steps is not a mapping"), (14, 30, "there is no earlier gate ask")]),
    ("number for text", swapped("toy.drain", "[toy.drain]"), [(14, 11, "uses is not text")]),
    ("no steps", SMALL[: SMALL.index("steps:")] + "steps: []\n", [(7, 8, "steps is empty")]),
    ("restore of nothing", swapped("restore: [drain]", "restore: []"),
     [(18, 15, "restore is empty")]),
    ("reserved parameter", swapped("evacuate: {type", "if: {type"),
     [(6, 3, "a parameter cannot be named if"), (15, 11, "there is no parameter evacuate")]),
    ("required with default", swapped("required: true", "required: true, default: us-east-1a"),
     [(5, 38, "a required parameter has no default")]),
    ("bad pattern", swapped("required: true}", 'required: true}\n  x: {type: id, pattern: "("}'),
     [(6, 26, BAD_PATTERN)]),
    ("enum without choices", swapped("required: true}", "required: true}\n  x: {type: enum}"),
     [(6, 6, "an enum has choices")]),
    ("action before", swapped("return:", "before:\n  - {uses: toy.freeze}\nreturn:"),
     [(18, 6, "uses cannot stand in before")]),
    ("when of a restore", swapped("restore: [drain]", "restore: [drain], when: params.evacuate"),
     [(18, 24, "when means nothing beside restore")]),
    ("outcome on the way back", swapped("wait: 10m", "wait: 10m, when: steps.x.outcome == ''"),
     [(19, 41, "steps cannot be looked at in return")]),
    ("empty file", "", [(1, 1, "the file is empty")]),
    ("a list", "- a\n", [(1, 1, "the file is not a mapping")]),
    ("steps are no list", swapped("  - id: freeze", "  id: freeze"),
     [(9, 9, "not YAML: mapping values are not allowed in this context")]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), [pytest.param(*b[1:], id=b[0]) for b in BROKEN])
def test_what_is_wrong_is_reported_with_its_place(text, expected):
    assert problems(text) == expected


def test_every_problem_has_a_hint_that_is_a_sentence():
    for name, text, _ in BROKEN:
        for problem in loader.read(text).problems:
            assert problem.hint.endswith((".", "?")), name


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        (swapped("title:", "titel:"), "Did you mean title?"),
        (swapped("params.zone ", "params.zon "), "Did you mean zone?"),
        (swapped("[freeze]\nreturn", "[frezee]\nreturn"), "Did you mean freeze?"),
        (swapped("{type: zone", "{type: zones"), "Did you mean zone?"),
        (swapped("gate: Go", "gaet: Go"), "Did you mean gate?"),
        (swapped("restore: [drain]", "restore: [drian]"), "Did you mean drain?"),
        (
            swapped("wait: 10m", "until: x"),
            "Write check: with wait: 10m, which asks again until it holds.",
        ),
    ],
)
def test_a_near_miss_is_guessed(text, hint):
    assert hint in hints(text)


def test_all_problems_come_in_one_error():
    text = SMALL.replace("title:", "titel:").replace("toy.drain\n", "toy.drain\n    nedds: [x]\n")
    with pytest.raises(InvalidRunbookError) as caught:
        loader.load(text, file="broken.yaml")
    assert caught.value.exit_code == 3
    assert caught.value.summary == "broken.yaml has 3 problems"
    assert [str(problem) for problem in caught.value.problems] == [
        "broken.yaml:3:11: title is missing",
        "broken.yaml:3:25: there is no field titel",
        "broken.yaml:15:5: there is no field nedds",
    ]


def test_what_was_left_out_for_its_alias_is_not_called_missing():
    assert problems(swapped("title: A small runbook", "title: *t")) == [
        (3, 32, "alias *t is not allowed in a runbook")
    ]


@given(st.text("0123456789", min_size=12, max_size=12))
def test_an_account_id_needs_no_quotes(account):
    text = swapped(
        "required: true}", f"required: true}}\n  account: {{type: id, default: {account}}}"
    )
    text = text.replace("A small runbook", account)
    runbook = loader.load(text)
    assert runbook.parameters[1].default == account
    assert runbook.title == account


@given(st.text(max_size=300))
def test_random_text_is_refused_and_nothing_else_happens(text):
    with pytest.raises(InvalidRunbookError):
        loader.load(text)


@given(st.integers(0, len(SMALL) - 1), st.text(max_size=3), st.integers(0, 3))
def test_a_damaged_runbook_is_loaded_or_refused(at, text, cut):
    damaged = SMALL[:at] + text + SMALL[at + cut :]
    found = loader.read(damaged)
    assert found.runbook is not None or found.problems


FIELDS = (
    *("metadata", "parameters", "steps", "before", "after", "return", "name", "title", "type"),
    *("default", "choices", "pattern", "id", "uses", "check", "gate", "with", "wait", "needs"),
    *("restore", "when", "guardrails", "max_objects", "zone", "approve"),
)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.sampled_from(["a", "late", "${{ x }}"]),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(FIELDS),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_data_of_any_shape_is_refused_and_nothing_else_happens(value):
    with pytest.raises(InvalidRunbookError):
        loader.load(json.dumps(value))


def test_a_file_that_is_not_utf_8_is_refused_at_the_byte(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_bytes(b"a: 1\nb: \xc3\xa9\xff\n")
    with pytest.raises(InvalidRunbookError) as caught:
        loader.load(path)
    assert [(p.line, p.column) for p in caught.value.problems] == [(2, 5)]


def test_a_huge_file_is_not_read_whole(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_bytes("é".encode() * 1_000_000)
    with pytest.raises(InvalidRunbookError, match="problem"):
        loader.load(path)


def test_a_missing_file_is_a_mistake_of_usage(tmp_path):
    with pytest.raises(UsageError, match=r"x\.yaml cannot be read: no such file"):
        loader.load(tmp_path / "x.yaml")


def test_a_runbook_is_found_by_name_and_the_first_directory_wins(tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    for directory, names in ((one, ["a"]), (two, ["a", "az-failure"])):
        directory.mkdir()
        for name in names:
            (directory / f"{name}.yaml").write_text(SMALL)
    dirs = [tmp_path / "none", one, two]
    assert loader.find("a", dirs) == one / "a.yaml"
    assert loader.find("az-failure", dirs) == two / "az-failure.yaml"
    assert loader.find(str(two / "a.yaml"), dirs) == two / "a.yaml"
    with pytest.raises(UsageError) as caught:
        loader.find("az-failur", dirs)
    assert caught.value.hint == "Did you mean az-failure?"
    with pytest.raises(UsageError, match="there is no file nope/a"):
        loader.find("nope/a", dirs)
    with pytest.raises(UsageError, match="is a directory"):
        loader.find(str(one), dirs)


@pytest.mark.parametrize("name", ["../a", "..", "a/../b"])
def test_a_name_never_leads_out_of_the_directories(tmp_path, name):
    inside = tmp_path / "in"
    inside.mkdir()
    (tmp_path / "a.yaml").write_text(SMALL)
    with pytest.raises(UsageError):
        loader.find(name, [inside])


def test_the_packaged_runbooks_are_those_of_the_checkout():
    assert loader.packaged() == Path(__file__).parents[2] / "runbooks"
