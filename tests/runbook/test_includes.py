from __future__ import annotations

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from sopctl.core.errors import InvalidRunbookError
from sopctl.runbook import lint, loader
from tests.runbook.books import INNER, OUTER, including, write
from tests.runbook.examples import swapped
from tests.runbook.toys import KNOWN

WITH = 'with: {zone: "${{ params.place }}"}'


@pytest.fixture
def found(tmp_path):
    """What lint finds: file, line, column, summary."""

    def find(outer=OUTER, inner=INNER):
        path = write(tmp_path, outer=outer, inner=inner)
        return [
            (one.file.rpartition("/")[2], one.line, one.column, one.summary)
            for one in lint.lint(path, KNOWN)
        ]

    return find


@pytest.fixture
def hint(tmp_path):
    """The hint of the only problem."""

    def find(outer=OUTER, inner=INNER):
        (one,) = lint.lint(write(tmp_path, outer=outer, inner=inner), KNOWN)
        return one.hint

    return find


def test_a_good_pair_has_no_problems(found):
    assert [one for one in found() if "note" not in one[3]] == []


def given(fields):
    return swapped(WITH, f"with: {{{fields}}}", OUTER)


ZONE = 'zone: "${{ params.place }}", '


@pytest.mark.parametrize(
    ("outer", "line", "column", "summary"),
    [
        (swapped("runbook/inner", "runbook/iner", OUTER), 12, 11, "there is no runbook iner"),
        (swapped("runbook/inner", "runbook/../inner", OUTER), 12, 11,
         "there is no runbook ../inner"),
        (swapped(f"    {WITH}\n", "", OUTER), 12, 11, "inner has to be given zone"),
        (given("zoone: us-east-1a, zone: us-east-1a"), 15, 12, "inner has no parameter zoone"),
        (given("zone: nowhere"), 15, 18, "parameter zone: 'nowhere' is not a zone"),
        (given(ZONE + "mode: medium"), 15, 47, "parameter mode: 'medium' is not soft or hard"),
        (given(ZONE + "patience: 5"), 15, 51, "parameter patience: '5' is not a duration"),
        (given(ZONE + "keys: [a, true, '${{ params.place }}']"), 15, 47,
         "parameter keys: True is not text"),
        (given('zone: "us-${{ params.place }}"'), 15, 18,
         "a runbook is given one expression, or a text without any"),
        (given("zone: \"${{ 'us-east-1' + 'a' }}\""), 15, 18, "zone is of type zone, not any text"),
        (given('zone: "${{ params.leave }}"'), 15, 18, "leave is of type bool, zone of type zone"),
        (given('zone: "${{ params.place"'), 15, 19, "${{ without its }}"),
        (given('zone: "${{ params.plaice }}"'), 15, 23, "there is no parameter plaice"),
        (given(ZONE + 'patience: "${{ params.leave }}"'), 15, 51,
         "leave is of type bool, patience of type duration"),
        (given(ZONE + "patience: \"${{ 'a' + 'b' }}\""), 15, 51,
         "the expression gives string, not int"),
        (given(ZONE + 'keys: "${{ [1] }}"'), 15, 47,
         "the expression gives list(int), not list(string)"),
        (swapped("    why: It", "    needs: [first]\n    why: It", OUTER), 13, 5,
         "needs means nothing beside a runbook"),
        (swapped("    why: It", "    select: late\n    why: It", OUTER), 13, 5,
         "select means nothing beside a runbook"),
        (swapped("    why: It", "    on_failure: continue\n    why: It", OUTER), 13, 17,
         "a runbook that fails is not gone on from"),
        (swapped("needs: [go]", "needs: [go.freze]", OUTER), 18, 13, "there is no step go.freze"),
        (swapped("uses: toy.drain\n  - id: go", "uses: toy.drain\n    needs: [go.ask]\n  - id: go",
                 OUTER), 11, 13, "step go.ask comes later"),
        (swapped("needs: [go]", "when: steps.go.outcome == 'applied'", OUTER), 18, 11,
         "there is no earlier step go"),
        (swapped("needs: [go]", "when: steps['go.ask'].outcome == params.leave", OUTER), 18, 35,
         "== does not work on (string, bool)"),
        (swapped("[last, go, first]", "[last, go, go.freeze, first]", OUTER), 20, 26,
         "step go.freeze is restored twice"),
        (swapped("[last, go, first]", "[last, go.freeze, first]", OUTER), 11, 9,
         "step go.drain is never restored"),
        (swapped("[last, go, first]", "[last, go, first, go.ask]", OUTER), 20, 33,
         "there is no step go.ask"),
        (swapped("[last, go, first]}", "[last, go, first], canary: 1}", OUTER), 20, 34,
         "canary means nothing for a whole runbook"),
        (OUTER + "  - uses: runbook/inner\n", 21, 11, "a runbook cannot stand in return"),
        (swapped("guardrails: {max_objects: {toy.lamp: {count: 5, percent: 50}}}\n", "", OUTER),
         11, 11, "there is no guardrail for toy.lamp, which inner touches"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_reported_with_its_place(found, outer, line, column, summary):
    inner = swapped("  note: {type: string}\n", "", INNER)
    assert ("outer.yaml", line, column, summary) in found(outer, inner)


def test_parameters_that_are_passed_on_are_declared_alike(found):
    outer = given(ZONE + 'mode: "${{ params.how }}"')

    def declared(text):
        told = found(swapped("  leave:", f"  how: {text}\n  leave:", outer))
        return [one[3] for one in told if one[0] == "outer.yaml"]

    assert declared("{type: enum, choices: [hard], default: hard}") == []
    assert declared("{type: enum, choices: [hard, odd], default: hard}") == [
        "how may be odd, which mode cannot be"
    ]
    assert declared("{type: enum, choices: [hard]}") == ["how may be nothing, which mode cannot be"]
    assert declared("{type: string, default: hard}") == ["how is of type string, mode of type enum"]


def test_what_is_wrong_inside_is_reported_inside_and_where_it_is_included(found):
    inner = swapped("uses: toy.freeze", "uses: toy.freze", INNER)
    told = found(inner=inner)
    assert ("inner.yaml", 15, 11, "there is no action toy.freze") in told
    assert ("outer.yaml", 12, 11, "the runbook inner has 1 problem") in told


def test_a_broken_runbook_inside_does_not_make_its_steps_unknown(found):
    outer = swapped("needs: [go]", "needs: [go.freeze]", OUTER)
    outer = swapped("[last, go, first]", "[last, go.freeze, go.drain, first]", outer)
    told = found(outer, swapped("title: The inner one", "titel: x", INNER))
    assert [one for one in told if one[0] == "outer.yaml"] == [
        ("outer.yaml", 12, 11, "the runbook inner has 2 problems")
    ]


@pytest.mark.parametrize(
    "text", ["params", "steps", "gates", "params[string(1)]", "steps['a' + 'b']"]
)
def test_names_that_cannot_be_told_cannot_be_renamed(tmp_path, text):
    inner = swapped("params.patience > 60 // or not", f"size({text}) > 0", INNER)
    inner = inner.replace("id: freeze", "id: a").replace("freeze]", "a]")
    loader.load(write(tmp_path, inner=inner))
    with pytest.raises(InvalidRunbookError) as caught:
        loader.load(write(tmp_path, outer=OUTER, inner=inner))
    (problem,) = caught.value.problems
    assert (problem.line, problem.column) == (12, 11)
    assert "can be looked at only by name" in problem.summary


def test_what_no_longer_fits_once_it_is_in_place_is_found(found):
    text = f"'x' in [{', '.join(['params.zone'] * 200)}]"
    inner = swapped("params.patience > 60 // or not", text, INNER)
    outer = given('zone: "${{ params.place }}"').replace("place", "a_name_that_is_rather_long")
    told = found(outer, inner)
    assert ("outer.yaml", 12, 11,
            "step go.drain: the expression is longer than 4096 characters") in told  # fmt: skip


def test_a_ring_is_found_wherever_one_starts(tmp_path):
    path = write(tmp_path, a=including("b"), b=including("c"), c=including("a"))
    problems = loader.read(path).problems
    assert [(p.file.rpartition("/")[2], p.line, p.column, p.summary) for p in problems] == [
        ("a.yaml", 5, 20, "the runbook b has 2 problems"),
        ("b.yaml", 5, 20, "the runbook c has 1 problem"),
        ("c.yaml", 5, 20, "the runbook includes itself: a > b > c > a"),
    ]
    own = write(tmp_path, d=including("d"))
    assert [p.summary for p in loader.read(own).problems] == ["the runbook includes itself: d > d"]


def test_five_runbooks_may_stand_in_each_other_and_not_six(tmp_path):
    chain = {f"b{n}": including(f"b{n + 1}") for n in range(9)}
    five = write(tmp_path, **{**chain, "b4": including()})
    assert [step.id for step in loader.load(five).steps] == ["s0.s0.s0.s0.lamp"]
    six = write(tmp_path, **{**chain, "b5": including()})
    problems = [(p.file.rpartition("/")[2], p.summary) for p in loader.read(six).problems]
    assert ("b4.yaml", "more than 4 runbooks stand in each other") in problems


def test_runbooks_that_multiply_are_stopped(tmp_path):
    many = ["inner"] * 30
    path = write(
        tmp_path, a=including(*["b"] * 30), b=including(*["c"] * 30), c=including(*many),
        inner=including(),
    )  # fmt: skip
    problems = [(p.file.rpartition("/")[2], p.summary) for p in loader.read(path).problems]
    assert ("b.yaml", "there are 930 steps, more than 500") in problems


def test_the_runbook_beside_it_comes_before_the_packaged_one(tmp_path):
    outer = including("prepare")
    theirs = ["s0.install-policy", "s0.install-kyverno-policy"]
    packaged = loader.load(write(tmp_path, outer=outer))
    assert [step.id for step in packaged.steps] == theirs
    own = loader.load(write(tmp_path, outer=outer, prepare=including()))
    assert [step.id for step in own.steps] == ["s0.lamp"]
    assert [step.id for step in loader.load(outer).steps] == theirs


def test_an_inner_bound_above_the_guardrail_outside_is_advised_against(found):
    inner = swapped("    needs: [freeze]\n", "    select: late\n    bound: 6\n", INNER)
    assert (
        "outer.yaml",
        12,
        11,
        "step go.drain may touch 6 toy.lamp, the guardrail allows 5",
    ) in found(inner=inner)


@settings(max_examples=30)
@drawn(st.integers(0, len(OUTER) - 1), st.text(max_size=3), st.integers(0, 9))
def test_a_damaged_runbook_is_loaded_or_refused(tmp_path_factory, at, text, cut):
    path = write(tmp_path_factory.getbasetemp(), outer="", inner=INNER)
    damaged = OUTER[:at] + text + OUTER[at + cut :]
    path.write_bytes(damaged.encode())
    found = loader.read(path)
    assert found.runbook is not None or found.problems
    lint.lint(path, KNOWN)


@settings(max_examples=30)
@drawn(st.integers(0, len(INNER) - 1), st.text(max_size=3), st.integers(0, 9))
def test_a_damaged_runbook_inside_is_loaded_or_refused(tmp_path_factory, at, text, cut):
    damaged = INNER[:at] + text + INNER[at + cut :]
    path = write(tmp_path_factory.getbasetemp(), outer=OUTER)
    (path.parent / "inner.yaml").write_bytes(damaged.encode())
    found = loader.read(path)
    assert found.runbook is not None or found.problems
    lint.lint(path, KNOWN)
