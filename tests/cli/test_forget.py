from __future__ import annotations


def test_a_run_whose_target_is_no_more_is_forgotten_and_holds_nothing(shop):
    shop.run()
    run = shop("audit", "list", "-o", "json").rows[0]["run"]

    result = shop("forget", run, "--reason", "the cluster was deleted", "--yes")

    assert result.code == 0, result.err
    assert "nothing is in place" in shop("status").out
    assert shop("audit", "list", "-o", "json").rows[0]["outcome"] == "lost"
    assert "the cluster was deleted" in shop("audit", "show", run).out
    assert shop("audit", "verify").code == 0


def test_to_forget_needs_a_reason(shop):
    shop.run()

    result = shop("forget", "whatever")

    assert result.code == 2
    assert "--reason" in result.err


def test_a_parked_run_can_be_forgotten_too(shop):
    shop.run("--no-gently")
    run = shop("audit", "list", "-o", "json").rows[0]["run"]

    assert shop("forget", run, "--reason", "gone", "--yes").code == 0
    assert shop("resume").code == 2


def test_what_is_in_place_is_not_given_up_by_a_slip(shop):
    shop.run()
    run = shop("audit", "list", "-o", "json").rows[0]["run"]

    result = shop("forget", run[:3], "--reason", "a slip")
    assert result.code == 4
    assert "3 changes of lights on toy could not be rolled back any more" in result.err

    person = shop.person(False)
    assert shop("forget", run, "--reason", "a slip").code == 4
    assert "Give up 3 changes of lights on toy" in person.asked[0]
    assert shop("rollback", "--dry-run").code == 0


def test_what_holds_nothing_is_forgotten_without_a_question(shop):
    shop.run()
    shop("rollback", "--yes")
    run = shop("audit", "list", "-o", "json").rows[0]["run"]

    assert shop("forget", run, "--reason", "gone").code == 0
