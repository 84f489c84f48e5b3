"""The examination: everything is asked, no failure stops the others, and the sum is fair."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from sopctl.app.doctor.examining import asked_for, examine, with_parameters
from sopctl.checks.catalog import CATALOG
from sopctl.core.check import Check, Readiness, Severity, Verdict
from sopctl.core.errors import UnreachableError, UsageError
from sopctl.core.readiness import State, score


@dataclass(frozen=True)
class Params:
    pass


def check(name, severity, answer):
    def look(clients, params):
        if isinstance(answer, Exception):
            raise answer
        return answer

    readiness = Readiness(row=name.upper(), severity=severity, why="why", fix="fix")
    return Check(id=name, summary=name, params=Params, look=look, readiness=readiness)


GOOD, BAD = Verdict(holds=True, detail="well"), Verdict(holds=False, detail="ill", rows=("a",))
CHECKS = {
    "a": check("a", Severity.WARNING, GOOD),
    "b": check("b", Severity.CRITICAL, BAD),
    "c": check("c", Severity.CRITICAL, UnreachableError("no answer")),
    "d": check("d", Severity.INFO, Verdict(holds=True, detail="none here", applies=False)),
}


def test_all_are_asked_the_gravest_first_and_one_that_cannot_be_read_is_unknown():
    found = examine(None, CHECKS.values())
    assert [(each.check, each.state) for each in found] == [
        ("b", State.NOT_READY),
        ("c", State.UNKNOWN),
        ("a", State.READY),
        ("d", State.NOT_HERE),
    ]
    assert found[1].detail == "no answer"


def test_the_score_weighs_counts_the_unknown_as_not_ready_and_leaves_out_what_is_not_here():
    assert score(examine(None, CHECKS.values())) == round(100 * 2 / 12)
    assert score([]) == 100


def test_checks_are_chosen_by_id_or_row_and_a_name_that_is_none_is_refused():
    assert [each.id for each in asked_for(CHECKS, ("a", "B"))] == ["a", "b"]
    assert len(asked_for(CHECKS, ())) == 4
    with pytest.raises(UsageError, match="no check of readiness zz"):
        asked_for(CHECKS, ("zz",))


def test_a_check_of_readiness_can_be_asked_without_parameters():
    for each in asked_for(CATALOG, ()):
        each.params()
        assert each.readiness.why.endswith(".")
        assert each.readiness.fix


@dataclass(frozen=True)
class Sized:
    """*most* is five in the practice."""

    most: int = 5


SIZED = Check(
    id="sized",
    summary="sized",
    params=Sized,
    look=lambda _clients, params: Verdict(holds=True, detail=f"most {params.most}"),
    readiness=Readiness(row="S1", severity=Severity.INFO, why="why", fix="fix"),
)


def test_the_policy_may_ask_with_other_parameters_than_the_practice():
    checks = {"sized": SIZED}
    own = with_parameters(checks, {"sized": {"most": 9}}, "policy.yaml")
    assert examine(None, [SIZED], own)[0].detail == "most 9"
    assert examine(None, [SIZED], with_parameters(checks, {}, "policy.yaml"))[0].detail == "most 5"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"size": {}}, "names size, which is no check of readiness"),
        ({"sized": {"most": "many"}}, "readiness of sized in policy.yaml: most"),
        ({"sized": {"least": 1}}, "readiness of sized in policy.yaml: "),
    ],
)
def test_parameters_that_do_not_fit_are_refused_before_anything_is_asked(given, said):
    with pytest.raises(UsageError, match=said) as caught:
        with_parameters({"sized": SIZED}, given, "policy.yaml")
    assert caught.value.hint
