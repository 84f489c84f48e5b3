"""`sopctl status`: what is open, what is in place, since when and until when."""

from __future__ import annotations

import pytest


def test_nothing_is_said_when_there_is_nothing(shop):
    assert shop("status").out == "No run is open, and nothing is in place.\n"


def test_what_is_in_place_is_shown_with_the_way_back(shop):
    shop.run("--incident", "INC-7")

    shown = shop("status").out

    assert "lights on toy  in place" in shown
    assert "incident INC-7" in shown
    assert "3 changes in place: light (3)" in shown
    assert "sopctl rollback " in shown


def test_what_was_rolled_back_is_over(shop):
    shop.run()
    shop("rollback", "--yes")

    assert shop("status").out == "No run is open, and nothing is in place.\n"
    assert shop("status", "--all").out.count("over") == 2


def test_a_parked_run_is_shown_with_its_question(shop):
    shop.run("--no-gently")

    shown = shop("status").out

    assert "parked" in shown
    assert "gate: Are they lit?" in shown
    assert "sopctl approve " in shown


def test_json_has_every_resource(shop):
    shop.run()

    (run,) = shop("status", "-o", "json").rows

    assert run["state"] == "in place"
    assert [each["resource"] for each in run["in_place"]] == ["lamp l0", "lamp l1", "lamp l2"]


def test_another_target_has_nothing(shop):
    shop.run()

    assert "nothing is in place" in shop("status", "--target", "prod").out


def test_a_run_at_a_gate_says_so_and_how_to_answer_it(shop):
    shop.run("--no-gently")
    run = shop("audit", "list", "-o", "json").rows[0]["run"]

    shown = shop("status").out

    assert "parked at a gate" in shown
    assert f"sopctl approve {run} --answer yes" in shown
    assert f"sopctl rollback {run}" in shown


@pytest.mark.parametrize("words", [("status",), ("audit", "list"), ("resume",), ("watch",)])
def test_a_mistyped_target_is_not_answered_by_nothing_is_in_place(shop, words):
    result = shop(*words, "--target", "pord")

    assert result.code == 2
    assert "there is no target pord" in result.err


def test_a_target_that_is_configured_no_more_still_has_its_runs(shop):
    shop.run()
    shop.targets.pop("toy")

    assert " lights " in shop("audit", "list", "--target", "toy").out
