"""`sopctl rollback`: what was there comes back, and nobody else's change is trampled."""

from __future__ import annotations

from sopctl.core.action import ReceiptKind
from tests.cli.shop import Shop

DARK = {"l0": False, "l1": False, "l2": False}


def back(shop, *args):
    return shop("rollback", "--latest", "lights", "--yes", *args)


def test_a_finished_run_is_rolled_back_by_a_new_run(shop):
    shop.run()

    result = back(shop)

    assert result.code == 0, result.err
    assert shop.lamps == DARK
    assert "Roll back Light every lamp" in result.out
    runs = shop("audit", "list", "-o", "json").rows
    assert [run["outcome"] for run in runs] == ["done", "undone"]
    assert runs[1]["source_run"] == runs[0]["run"]


def test_a_dry_run_shows_the_way_back_and_changes_nothing(shop):
    shop.run()
    lit = shop.lamps

    result = back(shop, "--dry-run")

    assert result.code == 0
    assert "true -> false" in result.out
    assert shop.lamps == lit
    assert len(shop("audit", "list", "-o", "json").rows) == 1


def test_a_second_roll_back_has_nothing_to_do(shop):
    shop.run()
    back(shop)
    writes = shop.world.mutations

    result = back(shop)

    assert result.code == 0
    assert "Nothing to do." in result.out
    assert shop.world.mutations == writes


def test_without_a_name_the_only_run_in_place_is_meant(shop):
    shop.run()

    assert shop("rollback", "--yes").code == 0
    assert shop.lamps == DARK


def test_without_anything_in_place_that_is_said(shop):
    result = shop("rollback", "--yes")

    assert result.code == 2
    assert "no run has anything in place" in result.err


def test_an_unknown_run_is_named(shop):
    result = shop("rollback", "01ZZZ", "--yes")

    assert result.code == 2
    assert "there is no run 01ZZZ" in result.err


def test_a_run_may_be_named_by_the_start_of_its_id(shop):
    shop.run()
    run = shop("audit", "list", "-o", "json").rows[0]["run"]

    assert shop("rollback", run[:20].lower(), "--yes").code == 0


def test_without_consent_nothing_is_rolled_back(shop):
    shop.run()
    lit = shop.lamps

    result = shop("rollback", "--latest", "lights")

    assert result.code == 4
    assert shop.lamps == lit


def test_what_somebody_else_changed_since_is_left_and_the_run_parks(shop):
    shop.run()
    shop.world.meddle("lamp", "l1", "blue")

    result = back(shop)

    assert result.code == 23
    assert shop.lamps == {"l0": False, "l1": "blue", "l2": False}
    assert "conflict: lamp l1" in result.err
    assert "now: blue" in result.err


def test_a_conflict_can_be_kept_by_option(shop):
    shop.run()
    shop.world.meddle("lamp", "l1", "blue")

    assert back(shop, "--on-conflict", "keep").code == 0
    assert shop.lamps["l1"] == "blue"


def test_a_conflict_can_be_overwritten_by_option(shop):
    shop.run()
    shop.world.meddle("lamp", "l1", "blue")

    assert back(shop, "--on-conflict", "restore").code == 0
    assert shop.lamps == DARK


def test_a_conflict_that_is_skipped_leaves_the_roll_back_incomplete(shop):
    shop.run()
    shop.world.meddle("lamp", "l1", "blue")

    result = back(shop, "--on-conflict", "skip")

    assert result.code == 21
    assert "undo-incomplete" in result.out


def test_a_conflict_is_asked_about_on_a_terminal(shop):
    shop.run()
    shop.world.meddle("lamp", "l1", "blue")
    person = shop.person("keep", "theirs is right")

    assert back(shop).code == 0
    assert person.asked == ["What now?", "Why? (for the journal)"]
    assert "keep, decided by" in shop("audit", "show").out


def test_a_run_that_is_not_over_is_ended_as_it_stands_and_rolled_back(shop):
    shop.run("--no-gently")

    result = back(shop)

    assert result.code == 0, result.err
    assert shop.lamps == DARK
    assert "has not ended; it is ended as it stands first" in result.err
    outcomes = [run["outcome"] for run in shop("audit", "list", "-o", "json").rows]
    assert outcomes == ["partial", "undone"]


def test_planning_the_way_back_of_an_open_run_does_not_end_it(shop):
    shop.run("--no-gently")

    result = back(shop, "--dry-run")

    assert result.code == 0, result.err
    assert [run["outcome"] for run in shop("audit", "list", "-o", "json").rows] == ["parked"]


def test_at_once_an_open_run_is_undone_within_itself(shop):
    shop.run("--no-gently")

    result = back(shop, "--at-once")

    assert result.code == 0, result.err
    assert shop.lamps == DARK
    assert "it is undone within itself" in result.err
    assert "lamp: true -> false" in result.err
    assert len(shop("audit", "list", "-o", "json").rows) == 1


def test_one_step_alone_can_be_rolled_back_and_an_unknown_one_cannot(shop):
    shop.run()

    unknown = back(shop, "--step", "dim")
    known = back(shop, "--step", "light")

    assert unknown.code == 2
    assert "has no step dim" in unknown.err
    assert known.code == 0
    assert shop.lamps == DARK


def test_a_failed_step_asks_and_undo_all_takes_everything_back(shop):
    shop.world.answers["l1"] = [ReceiptKind.REJECTED]
    shop.person("undo-all", "not tonight")

    result = shop.run()

    assert result.code == 20
    assert shop.lamps == DARK


def test_a_failed_step_can_be_retried(shop):
    shop.world.answers["l1"] = [ReceiptKind.REJECTED]
    shop.person("retry", "again")

    assert shop.run().code == 0
    assert set(shop.lamps.values()) == {True}


def test_a_failed_step_without_a_terminal_keeps_what_is_in_place_and_says_so(shop):
    shop.world.answers["l1"] = [ReceiptKind.REJECTED]

    result = shop.run()

    assert result.code == 21
    assert "failed: lamp l1" in result.err
    assert "In place: 2 changes of light." in result.err
    assert "sopctl rollback" in result.err


def test_a_parked_roll_back_says_what_its_source_still_holds_and_how_to_go_on(shop):
    shop.run()
    run = shop("audit", "list", "-o", "json").rows[0]["run"]
    shop.world.meddle("lamp", "l1", "blue")

    result = back(shop)

    mine = shop("audit", "list", "-o", "json").rows[1]["run"]
    assert f"Run {run} still holds 1 change: light." in result.err
    assert f"Go on with sopctl resume {mine}" in result.err
    assert "sopctl rollback" not in result.err


def test_a_second_roll_back_points_to_the_one_that_is_open(shop):
    shop.run()
    shop.world.meddle("lamp", "l1", "blue")
    back(shop)
    run, mine = [row["run"] for row in shop("audit", "list", "-o", "json").rows]

    result = shop("rollback", run, "--yes")

    assert result.code == 2
    assert f"run {run} is being rolled back by run {mine}" in result.err
    assert f"`sopctl resume {mine}`" in result.err
    assert len(shop("audit", "list", "-o", "json").rows) == 2


FOREVER = """\
apiVersion: sopctl/v1
kind: Runbook
metadata: {name: NAME, title: Light one}
guardrails: {max_objects: {lamp: {count: 50, percent: 100}}}
steps: [{id: one, why: It is dark., uses: toy.lamp, with: {names: [LAMP]}}]
"""


def forever(shop, name, lamp):
    shop.write(name, FOREVER.replace("NAME", name).replace("LAMP", lamp))
    assert shop("run", name, "--target", "toy", "--yes").code == 0


def test_of_several_runs_the_one_that_is_to_come_back_is_meant(shop):
    forever(shop, "first", "l0")
    shop.run()
    forever_run, mine = [row["run"] for row in shop("audit", "list", "-o", "json").rows]

    assert shop("rollback", "--yes").code == 0
    assert shop("audit", "list", "-o", "json").rows[2]["source_run"] == mine
    assert shop.lamps == {"l0": True, "l1": False, "l2": False}
    assert forever_run != mine


def test_where_nothing_tells_them_apart_the_runs_are_listed_with_state_and_age(shop):
    forever(shop, "first", "l0")
    forever(shop, "second", "l1")

    result = shop("rollback", "--yes")

    assert result.code == 2
    assert "more than one run has changes in place" in result.err
    assert "(first, ended done, started" in result.err
    assert "(second, ended done, started" in result.err


def colleague(shop, tmp_path):
    """Another machine with a journal of its own, before the same world."""
    other = Shop(tmp_path / "elsewhere")
    other.world, other.clock = shop.world, shop.clock
    return other


def exported(shop, tmp_path):
    file = tmp_path / "run.jsonl"
    assert shop("audit", "export", "--to", file).code == 0
    return file


def test_a_run_of_another_machine_is_rolled_back_from_its_export(shop, tmp_path):
    shop.run()
    other = colleague(shop, tmp_path)

    result = other("rollback", "--from", exported(shop, tmp_path), "--yes", "-o", "json")

    assert result.code == 0, result.err
    assert shop.lamps == DARK
    assert all(row["schema"].startswith("sopctl.") for row in result.rows)
    assert other("status", "-o", "json").rows == []


def test_a_run_that_died_elsewhere_is_rolled_back_from_its_export(shop, tmp_path):
    """Its machine is gone, and with it whether the last calls were carried out."""
    with shop.dying():
        assert shop.run().code == 130
    assert shop.lamps != DARK
    other = colleague(shop, tmp_path)

    result = other("rollback", "--from", exported(shop, tmp_path), "--yes")

    assert result.code == 0, result.err
    assert shop.lamps == DARK


def test_a_roll_back_that_died_is_ended_elsewhere(shop, tmp_path):
    shop.run()
    file = exported(shop, tmp_path)
    with shop.dying():
        assert back(shop).code == 130
    assert shop.lamps != DARK

    result = colleague(shop, tmp_path)("rollback", "--from", file, "--yes")

    assert result.code == 0, result.err
    assert shop.lamps == DARK


def test_a_file_and_a_run_are_one_too_many(shop, tmp_path):
    shop.run()
    result = shop("rollback", "--from", exported(shop, tmp_path), "--latest", "lights")
    assert result.code == 2
    assert "--from names a run, and so does --latest" in result.err


def test_a_forged_export_is_not_rolled_back(shop, tmp_path):
    shop.run()
    file = exported(shop, tmp_path)
    file.write_text(file.read_text().replace('"l1"', '"l7"'))
    assert colleague(shop, tmp_path)("rollback", "--from", file, "--yes").code == 31
