from __future__ import annotations

import pytest

from sopctl.core.errors import InvalidRunbookError
from sopctl.runbook import lint
from tests.runbook.examples import SMALL, swapped
from tests.runbook.toys import KNOWN

FIELDS = (
    "Name one of its fields: facts.autoscaler.discovery_keys, facts.autoscaler.image, "
    "facts.autoscaler.version."
)
LIMITS = "{max_objects: {toy.lmap: {count: 1, percent: 1}}}"
WITH = 'with: {zone: "${{ params.zone }}"}'


def given(fields):  # the fields start in line 10, column 40
    return swapped(WITH, f'with: {{zone: "${{{{ params.zone }}}}", {fields}}}')


def found(text):
    return [(one.line, one.column, one.summary) for one in lint.lint(text, KNOWN)]


def hints(text):
    return [one.hint for one in lint.lint(text, KNOWN)]


def test_a_good_runbook_has_no_problems_and_loads():
    assert found(SMALL) == []
    assert lint.load(SMALL, KNOWN).name == "small"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (swapped("toy.freeze", "toy.freze"), [(9, 11, "there is no action toy.freze")]),
        (swapped("check: toy.ready", "check: toy.redy"), [(19, 13, "there is no check toy.redy")]),
        (swapped("check: toy.ready", "check: toy.drain"),
         [(19, 13, "there is no check toy.drain")]),
        (given("zoone: a"), [(10, 40, "there is no field zoone")]),
        (swapped(f"    {WITH}\n", ""), [(5, 3, "the parameter zone is not used"),
                                        (8, 5, "zone is missing")]),
        (given("keys: a"), [(10, 46, "'a' is not a list")]),
        (given("keys: [a, true]"), [(10, 50, "true is not text")]),
        (given("mode: softt"), [(10, 46, "'softt' is not soft or hard")]),
        (given("percent: x"), [(10, 49, "'x' is not a number")]),
        (given("count: 1.5"), [(10, 47, "1.5 is not a whole number")]),
        (given("select: {spot: yes}"), [(10, 55, "'yes' is not true or false")]),
        (given("select: {zone: x, sport: true}"), [(10, 58, "there is no field sport")]),
        (given("labels: [a]"), [(10, 48, "['a'] is not a mapping")]),
        (given('keys: "${{ params.zone }}"'),
         [(10, 46, "the expression gives text, not a list")]),
        (given('percent: "${{ params.evacuate }}"'),
         [(10, 49, "the expression gives true or false, not a number")]),
        (given('count: "1${{ params.zone }}"'),
         [(10, 47, "the expression gives text, not a whole number")]),
        (given('account: "x${{ facts.autoscaler.discovery_keys }}"'),
         [(10, 55, "a list(string) cannot be written inside a text")]),
        (given('keys: "${{ facts.autoscaler.discovery_kees }}"'),
         [(10, 51, "facts.autoscaler.discovery_kees is not known")]),
        (given('keys: "${{ facts.autoscalr.discovery_keys }}"'),
         [(10, 51, "there is no fact autoscalr")]),
        (given('keys: "${{ facts.groups.map(g, g.nmae) }}"'),
         [(10, 73, "there is no field nmae")]),
        (given('keys: "${{ facts.groups.filter(g, !g.sopt).map(g, g.name) }}"'),
         [(10, 77, "there is no field sopt")]),
        (given('keys: "${{ facts.groups.filter(g, g.spot).map(g, g.nmae) }}"'),
         [(10, 91, "there is no field nmae")]),
        (given('account: "${{ facts.groups[0].nmae }}"'),
         [(10, 70, "there is no field nmae")]),
        (given('account: "${{ facts.groups.all(g, [{1: g.nmae}].size() > 0) ? \'\' : \'\' }}"'),
         [(10, 81, "there is no field nmae")]),
        (swapped("params.evacuate &&", "facts.groups.exists(g, facts.groups.all(h, h.spto)) &&"),
         [(6, 3, "the parameter evacuate is not used"), (15, 56, "there is no field spto")]),
        (swapped("Go on?", "Go on with ${{ facts.autoscaler.discovery_keys }}?"),
         [(12, 26, "a list(string) cannot be written inside a text")]),
        (swapped("Go on?", "${{ facts.autoscaler.discovery_keys }}"),
         [(12, 15, "a list(string) cannot be written inside a text")]),
        (swapped("needs: [freeze]", "select: late\n    bound: 11"),
         [(17, 12, "step drain may touch 11 toy.lamp, the guardrail allows 10")]),
        (given('account: "${{ facts.autoscaler }}"'),
         [(10, 54, "facts.autoscaler is not known")]),
        (given('account: "${{ steps.ask.outcome }}"'),
         [(10, 54, "steps can be looked at only in when")]),
        (swapped("when: params.evacuate &&", "when: params.zone &&"),
         [(6, 3, "the parameter evacuate is not used"),
          (15, 23, "&& does not work on (string, bool)")]),
        (swapped('params.evacuate && gates.ask.answer == "yes"', "params.evacuate ?1 :2"),
         [(15, 11, "when is int, neither true nor false")]),
        (swapped('params.evacuate && gates.ask.answer == "yes"', "params.evacuate > 3"),
         [(15, 27, "> does not work on (bool, int)")]),
        (swapped("  - {restore: [drain]}\n", ""), [(13, 9, "step drain is never restored")]),
        (swapped("uses: toy.drain", "uses: toy.gone"),
         [(18, 16, "step drain cannot be restored")]),
        (swapped("uses: toy.drain", "uses: toy.fussy\n    with: {low: 2}"),
         [(15, 11, "low is above high")]),
        (swapped("steps:\n", f"guardrails: {LIMITS}\nsteps:\n"),
         [(7, 28, "no action touches toy.lmap")]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_reported_with_its_place(text, expected):
    assert found(text) == expected


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        (swapped("toy.freeze", "toy.freze"), "Did you mean toy.freeze?"),
        (swapped("check: toy.ready", "check: toy.redy"), "Did you mean toy.ready?"),
        (swapped("check: toy.ready", "check: toy.drain"),
         "It is an action: write uses: toy.drain, in steps."),
        (swapped("uses: toy.drain", "uses: toy.ready"),
         "It is a check: write check: toy.ready."),
        (given("zoone: a"), "Did you mean zone?"),
        (given("mode: softt"), "Did you mean soft?"),
        (given('keys: "${{ facts.autoscalr.discovery_keys }}"'), "Did you mean autoscaler?"),
        (given('keys: "${{ facts.autoscaler.discovery_kees }}"'),
         "Did you mean facts.autoscaler.discovery_keys?"),
        (given('account: "${{ facts.autoscaler }}"'),
         FIELDS),
        (swapped("gates.ask.answer", "gates.aks.answer"), "Did you mean ask?"),
        (given('keys: "${{ facts.groups.map(g, g.nmae) }}"'), "Did you mean name?"),
    ],
)  # fmt: skip
def test_a_near_miss_is_guessed(text, hint):
    assert hint in hints(text)


@pytest.mark.parametrize(
    "fields",
    [
        'keys: "${{ facts.autoscaler.discovery_keys }}"',
        'keys: ["${{ params.zone }}", b]',
        'keys: "${{ facts.groups.filter(g, g.spot).map(g, g.name) }}"',
        'keys: "${{ facts.groups.map(g, {\'nmae\': g.name}).map(g, g.nmae) }}"',
        'keys: "${{ facts.groups.map(g, g.name).filter(g, g.size() > 1) }}"',
        "account: 123456789012",
        "account: 012345678901",
        'account: "${{ facts.autoscaler.version }}"',
        "percent: 5",
        "labels: {a: 1}",
        'labels: "${{ {\'a\': params.zone} }}"',
        "mode: hard",
        'select: {zone: "${{ params.zone }}", spot: "${{ params.evacuate }}"}',
    ],
)  # fmt: skip
def test_what_fits_is_not_complained_about(fields):
    assert found(given(fields)) == []


def test_without_return_everything_goes_back_in_reverse_order():
    text = SMALL[: SMALL.index("return:")]
    assert found(text) == []


def test_advice_does_not_stop_a_run():
    text = swapped("  evacuate:", "  unused: {type: int}\n  evacuate:")
    assert found(text) == [(6, 3, "the parameter unused is not used")]
    assert lint.load(text, KNOWN).parameters[1].name == "unused"


@pytest.mark.parametrize("other", ["on_failure: continue", "select: late\n    keep: true"])
def test_nothing_selected_cannot_both_stop_the_run_and_be_expected(other):
    text = swapped("    needs: [freeze]\n", f"    empty: fail\n    {other}\n")
    name = other.rpartition(" ")[0].split()[-1].rstrip(":")
    assert found(text) == [(16, 12, f"empty: fail beside {name} stops the run")]
    assert found(swapped("    needs: [freeze]\n", "    empty: fail\n")) == []


def test_a_runbook_is_named_as_its_file(tmp_path):
    path = tmp_path / "large.yaml"
    path.write_text(SMALL)
    assert [one.summary for one in lint.lint(path, KNOWN)] == ["small is in a file named large"]


def test_problems_of_all_kinds_come_in_one_error():
    text = SMALL.replace("toy.freeze", "toy.x").replace("title:", "titel:").replace(": 10m", ": x")
    with pytest.raises(InvalidRunbookError) as caught:
        lint.load(text, KNOWN)
    assert [(one.line, one.column) for one in caught.value.problems] == [
        (3, 11),
        (3, 25),
        (9, 11),
        (19, 30),
    ]
