"""`resume`, `approve`, `mark-done` and `watch`: an open run goes on from its journal."""

from __future__ import annotations

from sopctl.core.action import ReceiptKind
from tests.cli.shop import GIVES_UP


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

    result = shop("approve", run, "--answer", "yes", "--reason", "they are lit")

    assert result.code == 0, result.err
    assert "go answered yes by" in shop("audit", "show", run).out


def test_approve_with_no_declines(shop):
    run = parked(shop)

    result = shop("approve", run, "--answer", "no")

    assert result.code == 23
    assert "declined" in result.err


def test_there_is_nothing_to_approve_where_no_gate_is(shop):
    run = failed(shop)

    result = shop("approve", run, "--answer", "yes")

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
    assert "has no step dim to decide about" in result.err


def test_a_failed_step_can_be_skipped_from_a_script(shop):
    run = failed(shop)

    result = shop("resume", run, "--skip", "light", "--reason", "l1 is gone")

    assert result.code == 0, result.err
    assert shop.lamps == {"l0": True, "l1": False, "l2": True}
    assert "light skip, decided by" in shop("audit", "show", run).out


def test_a_step_that_is_fine_is_not_decided_about(shop):
    run = parked(shop)

    assert shop("resume", run, "--skip", "light", "--reason", "x").code == 2


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


def somebody_else_works_on(shop, run, worker="ana@elsewhere/7"):
    from sopctl.journal.sqlite import SqliteStore  # noqa: PLC0415  # only to be somebody else

    store = SqliteStore(shop.settings.state / "journal.db")
    lease = store.takeover(run, worker, 600.0)
    store.lock_target("toy", lease, "2026-11-01T03:00:00.000000Z")
    store.close()


def test_a_run_that_somebody_works_on_is_not_resumed(shop):
    run = parked(shop)
    somebody_else_works_on(shop, run)

    result = shop("resume", run)

    assert result.code == 24
    assert f"run {run} is being worked on by ana@elsewhere/7" in result.err
    assert "--takeover --reason" in result.err


def test_a_takeover_is_in_the_journal_with_its_reason(shop):
    run = parked(shop)
    somebody_else_works_on(shop, run)

    result = shop("resume", run, "--takeover", "--reason", "ana is asleep")

    assert result.code == 23
    assert "takeover answered yes by" in shop("audit", "show", run).out
    assert "ana is asleep" in shop("audit", "show", run).out


def test_a_worker_of_this_machine_whose_process_is_gone_holds_nothing(shop):
    import socket  # noqa: PLC0415  # only here

    run = parked(shop)
    somebody_else_works_on(shop, run, f"me@{socket.gethostname()}/4194305")

    assert shop("resume", run).code == 23


def test_two_runs_at_once_are_one_too_many_and_the_second_leaves_nothing_open(shop):
    shop.run()
    shop("rollback", "--yes")
    somebody_else_works_on(shop, shop("audit", "list", "-o", "json").rows[0]["run"])
    writes = shop.world.mutations

    result = shop.run()

    assert result.code == 24
    assert "target toy is being worked on by ana@elsewhere/7" in result.err
    assert shop.world.mutations == writes
    assert shop("audit", "list", "-o", "json").rows[-1]["outcome"] == "cancelled"
    assert "nothing is in place" in shop("status").out


def test_undo_in_production_is_confirmed_by_typing_too(shop):
    base = ("run", "lights", "--zone", "us-east-1a", "--target", "prod", "--no-gently")
    shop(*base, "--confirm-target", "use1-az4")

    refused = shop("rollback", "--yes")
    done = shop("rollback", "--confirm-target", "use1-az4")

    assert refused.code == 4
    assert done.code == 0, done.err
    assert set(shop.lamps.values()) == {False}


CHECKED = """\
apiVersion: sopctl/v1
kind: Runbook
metadata: {name: checked, title: Light and look}
guardrails: {max_objects: {lamp: {count: 50, percent: 100}}}
steps:
  - {id: light, why: It is dark., uses: toy.lamp, with: {names: [l0]}}
after:
  - {id: is-lit, check: toy.bright, with: {name: l2}}
return:
  - {id: is-back, check: toy.bright, with: {name: l2}}
  - {restore: [light]}
"""


def test_resume_looks_again_at_a_failed_check_by_itself(shop):
    shop.write("checked", CHECKED)
    assert shop("run", "checked", "--target", "toy", "--yes").code == 21

    still = shop("resume")
    shop.world.meddle("lamp", "l2", True)
    now = shop("resume")

    assert still.code == 21
    assert "lamp l2 is dark" in still.err
    assert now.code == 0, now.err


def test_resume_looks_again_at_a_failed_check_of_a_roll_back(shop):
    shop.write("checked", CHECKED)
    shop.world.meddle("lamp", "l2", True)
    assert shop("run", "checked", "--target", "toy", "--yes").code == 0
    shop.world.meddle("lamp", "l2", False)
    assert shop("rollback", "--yes").code == 21
    shop.world.meddle("lamp", "l2", True)

    result = shop("resume")

    assert result.code == 0, result.err
    assert shop.lamps["l0"] is False


def test_a_failed_check_of_a_roll_back_can_be_retried_by_name(shop):
    shop.write("checked", CHECKED)
    shop.world.meddle("lamp", "l2", True)
    shop("run", "checked", "--target", "toy", "--yes")
    shop.world.meddle("lamp", "l2", False)
    shop("rollback", "--yes")

    assert shop("resume", "--retry", "is-back").code == 21
    shop.world.meddle("lamp", "l2", True)
    assert shop("resume", "--retry", "is-back").code == 0


def test_the_menu_of_a_failed_check_of_a_roll_back_undoes_nothing(shop):
    shop.write("checked", CHECKED)
    shop.world.meddle("lamp", "l2", True)
    shop("run", "checked", "--target", "toy", "--yes")
    shop.world.meddle("lamp", "l2", False)
    person = shop.person("pause")

    shop("rollback", "--yes")

    assert [key for key, _ in person.offered[-1]] == ["retry", "skip", "pause"]


def test_giving_up_at_the_reason_carries_nothing_out(shop):
    run = failed(shop)
    shop.person("undo-all", GIVES_UP)
    before = dict(shop.lamps)

    assert shop("resume", run).code == 21
    assert shop.lamps == before
