"""`resume`, `approve`, `mark-done` and `watch`: an open run goes on from its journal."""

from __future__ import annotations

from sopctl.core.action import ReceiptKind


def parked(shop):
    """A run that waits at its gate; its id."""
    assert shop.run("--no-gently").code == 23
    return shop("audit", "list", "-o", "json").rows[0]["run"]


def failed(shop):
    shop.world.answers["l1"] = [ReceiptKind.REJECTED]
    assert shop.run().code == 21
    return shop("audit", "list", "-o", "json").rows[0]["run"]


def test_a_parked_run_goes_on_once_its_gate_is_answered(shop):
    run = parked(shop)
    shop.person("yes", "")

    result = shop("resume", run)

    assert result.code == 0, result.err
    assert "ended: done" in result.out


def test_the_only_open_run_is_meant_without_a_name(shop):
    parked(shop)

    assert shop("resume").code == 23


def test_with_no_open_run_that_is_said(shop):
    result = shop("resume")

    assert result.code == 2
    assert "no run is open" in result.err


def test_a_run_that_has_ended_is_not_resumed(shop):
    shop.run()
    run = shop("audit", "list", "-o", "json").rows[0]["run"]

    result = shop("resume", run)

    assert result.code == 2
    assert "has ended: done" in result.err
    assert f"sopctl rollback {run}" in result.err


def test_a_takeover_needs_a_reason(shop):
    parked(shop)

    result = shop("resume", "--takeover")

    assert result.code == 2
    assert "a takeover needs a reason" in result.err


def test_approve_answers_the_gate_from_a_script(shop):
    run = parked(shop)

    result = shop("approve", run, "--reason", "they are lit")

    assert result.code == 0, result.err
    assert "go answered yes by" in shop("audit", "show", run).out


def test_approve_with_no_declines(shop):
    run = parked(shop)

    result = shop("approve", run, "--answer", "no")

    assert result.code == 23
    assert "declined" in result.err


def test_there_is_nothing_to_approve_where_no_gate_is(shop):
    run = failed(shop)

    result = shop("approve", run)

    assert result.code == 2
    assert "waits at no gate" in result.err


def test_retry_goes_on_from_what_failed(shop):
    run = failed(shop)

    result = shop("resume", run, "--retry", "light", "--yes")

    assert result.code == 0, result.err
    assert set(shop.lamps.values()) == {True}


def test_a_step_that_cannot_be_retried_is_named(shop):
    run = failed(shop)

    result = shop("resume", run, "--retry", "dim", "--yes")

    assert result.code == 2
    assert "has no step dim that can be retried" in result.err


def test_mark_done_believes_what_is_seen(shop):
    run = failed(shop)
    shop.world.meddle("lamp", "l1", True)

    result = shop("mark-done", run, "light", "--reason", "lit it myself")

    assert result.code == 0, result.err
    assert "by-hand, decided by" in shop("audit", "show", run).out


def test_mark_done_needs_a_reason(shop):
    run = failed(shop)

    assert shop("mark-done", run, "light").code == 2


def test_mark_done_of_a_step_that_is_fine_is_refused(shop):
    run = parked(shop)

    result = shop("mark-done", run, "light", "--reason", "x")

    assert result.code == 2
    assert "has no step light that waits for a hand" in result.err


def test_watch_decides_nothing(shop):
    run = parked(shop)

    result = shop("watch", run)

    assert result.code == 23
    assert "Parked (gate)" in result.err
