"""`sopctl run` from the first plan to the last exit code."""

from __future__ import annotations

import json
from dataclasses import replace

from sopctl.core.action import ReceiptKind

DARK = {"l0": False, "l1": False, "l2": False}
LIT = {"l0": True, "l1": True, "l2": True}


def test_a_run_lights_what_its_plan_shows(shop):
    result = shop.run()

    assert result.code == 0, result.err
    assert shop.lamps == LIT
    assert "3 changes to 3 objects in 1 step" in result.out
    assert "l0, l1, l2" in result.out
    assert "ended: done" in result.out
    assert "light applied  3 changes" in result.err


def test_the_first_line_says_where(shop):
    first = shop.run("--dry-run").out.splitlines()[0]

    assert first == (
        "toy, account 111122223333, us-east-1, cluster uid-1 at https://cluster, "
        "zone us-east-1a (use1-az4)"
    )


def test_a_dry_run_changes_nothing_and_leaves_no_run(shop):
    result = shop.run("--dry-run")

    assert result.code == 0
    assert shop.lamps == DARK
    assert shop.world.mutations == 0
    assert shop("audit", "list").out == "There is no run yet.\n"


def test_without_a_terminal_and_without_yes_nothing_happens(shop):
    result = shop("run", "lights", "--zone", "us-east-1a", "--target", "toy")

    assert result.code == 4
    assert "sopctl: there is no terminal to ask on, and consent was not given" in result.err
    assert "hint: Look at it with --dry-run, then give --yes." in result.err
    assert shop.world.mutations == 0


def test_enter_is_no(shop):
    person = shop.person(False)

    result = shop("run", "lights", "--zone", "us-east-1a", "--target", "toy")

    assert result.code == 4
    assert person.asked == ["Apply this plan?"]
    assert shop.world.mutations == 0


def test_a_person_who_says_yes_is_in_the_journal(shop):
    shop.person(True)

    result = shop("run", "lights", "--zone", "us-east-1a", "--target", "toy", "--reason", "dark")

    assert result.code == 0
    shown = shop("audit", "show").out
    assert "(typed yes) to plan" in shown
    assert "because dark" in shown


def test_a_missing_parameter_is_asked_for_on_a_terminal(shop):
    person = shop.person("us-east-1a", True)

    assert shop("run", "lights", "--target", "toy").code == 0
    assert person.asked == ["zone (Where):", "Apply this plan?"]


def test_a_missing_parameter_is_named_without_a_terminal(shop):
    result = shop("run", "lights", "--target", "toy", "--yes")

    assert result.code == 2
    assert "sopctl: the parameter zone is missing" in result.err
    assert "hint: Give it with --zone" in result.err


def test_an_unknown_runbook_is_refused_with_what_was_meant(shop):
    result = shop("run", "light", "--target", "toy")

    assert result.code == 2
    assert result.err == "sopctl: there is no runbook light\n  hint: Did you mean lights?\n"


def test_an_unknown_zone_is_refused(shop):
    result = shop("run", "lights", "--zone", "us-east-1z", "--target", "toy", "--yes")

    assert result.code == 4
    assert "there is no zone 'us-east-1z'" in result.err


def test_what_is_no_zone_at_all_is_a_bad_parameter(shop):
    result = shop("run", "lights", "--zone", "east", "--target", "toy", "--yes")

    assert result.code == 2
    assert "parameter zone: 'east' is not a zone" in result.err


def test_an_unknown_option_is_a_usage_error(shop):
    result = shop.run("--evacuate")

    assert result.code == 2
    assert "no such option" in result.err.lower()
    assert "See `sopctl run --help`." in result.err


def test_a_choice_that_is_none_is_a_usage_error(shop):
    result = shop.run("--colour", "blue")

    assert result.code == 2
    assert "'blue' is not one of 'warm', 'cold'" in result.err


def test_a_parameter_can_be_given_by_name(shop):
    result = shop("plan", "lights", "--param", "zone=us-east-1a", "--target", "toy", "-o", "json")

    assert result.json["plan"]["params"] == {
        "zone": "us-east-1a",
        "colour": "warm",
        "gently": True,
    }


def test_a_parameter_without_a_value_is_a_usage_error(shop):
    result = shop.run("--param", "colour")

    assert result.code == 2
    assert "--param 'colour' has no =" in result.err


def test_an_unknown_parameter_is_a_usage_error(shop):
    result = shop.run("--param", "color=warm")

    assert result.code == 2
    assert "there is no parameter color" in result.err
    assert "Did you mean colour?" in result.err


def test_help_shows_the_parameters_of_the_runbook(shop):
    shown = shop("run", "lights", "--help").out

    assert "--zone ZONE" in shown
    assert "--colour [warm|cold]" in shown
    assert "--gently / --no-gently" in shown
    assert "[default: warm]" in shown


def test_the_name_may_follow_the_options(shop):
    result = shop("run", "--target", "toy", "--zone", "us-east-1a", "lights", "--dry-run")

    assert result.code == 0, result.err


def test_an_unknown_target_is_named(shop):
    result = shop("run", "lights", "--zone", "us-east-1a", "--target", "tory", "--yes")

    assert result.code == 2
    assert "there is no target tory" in result.err


def test_a_second_run_changes_nothing_and_opens_no_run(shop):
    shop.run()
    writes = shop.world.mutations

    result = shop.run()

    assert result.code == 0
    assert "Nothing to do: run " in result.out
    assert shop.world.mutations == writes
    assert len(shop("audit", "list", "-o", "json").rows) == 1


def test_max_objects_only_lowers(shop):
    low = shop.run("--max-objects", "2")
    high = shop.run("--max-objects", "1000", "--dry-run")

    assert low.code == 4
    assert "3 lamp would be touched; the guardrail allows 2" in low.err
    assert high.code == 0
    assert shop.world.mutations == 0


def test_json_output_is_one_object_a_line(shop):
    rows = shop.run("-o", "json").rows

    assert rows[0]["schema"] == "sopctl.plan/1"
    assert {row["schema"] for row in rows[1:-1]} == {"sopctl.event/1"}
    assert rows[-1]["outcome"] == "done"


def test_production_is_confirmed_by_typing_its_zone(shop):
    shop.person("use1-az4")

    result = shop("run", "lights", "--zone", "us-east-1a", "--target", "prod", "--yes")

    assert result.code == 0, result.err
    assert shop.lamps == LIT


def test_production_typed_wrong_is_refused(shop):
    shop.person("yes")

    result = shop("run", "lights", "--zone", "us-east-1a", "--target", "prod", "--yes")

    assert result.code == 4
    assert shop.world.mutations == 0


def test_yes_never_stands_for_the_confirmation_of_production(shop):
    result = shop("run", "lights", "--zone", "us-east-1a", "--target", "prod", "--yes")

    assert result.code == 4
    assert "target prod needs a typed confirmation, and --yes is none" in result.err
    assert "--confirm-target use1-az4" in result.err
    assert shop.world.mutations == 0


def test_production_without_a_terminal_is_confirmed_by_its_id(shop):
    base = ("run", "lights", "--zone", "us-east-1a", "--target", "prod")

    wrong = shop(*base, "--confirm-target", "444455556666")
    right = shop(*base, "--confirm-target", "111122223333")

    assert wrong.code == 4
    assert "--confirm-target 444455556666 is not this target" in wrong.err
    assert right.code == 0


def test_the_wrong_account_is_refused_before_anything(shop):
    shop.targets["toy"] = shop.targets["prod"].__class__(name="toy", account="999900001111")

    result = shop.run()

    assert result.code == 4
    assert "target toy is AWS account 999900001111" in result.err
    assert shop.world.mutations == 0


def test_a_step_that_leaves_something_behind_needs_a_consent_of_its_own(shop):
    text = (
        "apiVersion: sopctl/v1\nkind: Runbook\nmetadata: {name: burn, title: Burn}\n"
        "guardrails: {max_objects: {lamp: {count: 50, percent: 100}}}\n"
        "steps: [{id: burn, uses: toy.burn}]\n"
    )
    shop.write("burn", text)

    refused = shop("run", "burn", "--target", "toy", "--yes")
    agreed = shop("run", "burn", "--target", "toy", "--yes", "--consent", "burn")

    assert refused.code == 5
    assert "step burn needs a consent of its own: ash stays behind" in refused.err
    assert agreed.code == 0, agreed.err


def apply(shop, file, *args, name="lights"):
    return shop("run", name, "--target", "toy", "--yes", "--plan", file, *args)


def test_parameters_beside_a_plan_are_refused_instead_of_ignored(shop, tmp_path):
    file = tmp_path / "plan.json"
    shop.run("--dry-run", "--plan-out", file)

    result = apply(shop, file, "--colour", "cold", "--zone", "us-east-1a")

    assert result.code == 2
    assert "parameters come from the plan with --plan; given too: colour, zone" in result.err
    assert shop.world.mutations == 0


def test_a_plan_of_another_runbook_says_which_one_it_is_of(shop, tmp_path):
    file = tmp_path / "plan.json"
    shop.run("--dry-run", "--plan-out", file)
    path = shop.settings.runbooks / "lights.yaml"
    shop.write("lamps", path.read_text().replace("name: lights", "name: lamps"))

    result = apply(shop, file, name="lamps")

    assert result.code == 2
    assert "is of the runbook lights, not lamps" in result.err
    assert "sopctl run lights --plan" in result.err


def test_a_plan_in_a_file_is_applied_as_it_is(shop, tmp_path):
    file = tmp_path / "plan.json"
    shop.run("--dry-run", "--plan-out", file)

    assert apply(shop, file).code == 0
    assert shop.lamps == LIT


def test_a_plan_that_was_altered_is_refused(shop, tmp_path):
    file = tmp_path / "plan.json"
    shop.run("--dry-run", "--plan-out", file)
    data = json.loads(file.read_text())
    data["plan"]["steps"][0]["changes"][0]["resource"]["name"] = "l9"
    file.write_text(json.dumps(data))

    result = apply(shop, file)

    assert result.code == 4
    assert "was altered after it was made" in result.err
    assert shop.world.mutations == 0


def test_a_plan_of_another_version_of_the_runbook_is_stale(shop, tmp_path):
    file = tmp_path / "plan.json"
    shop.run("--dry-run", "--plan-out", file)
    path = shop.settings.runbooks / "lights.yaml"
    path.write_text(path.read_text().replace("Light every lamp", "Light all lamps"))

    result = apply(shop, file)

    assert result.code == 4
    assert "of another version of lights" in result.err


def test_a_stale_resource_is_left_alone_and_the_run_parks(shop, tmp_path):
    file = tmp_path / "plan.json"
    shop.run("--dry-run", "--plan-out", file)
    shop.world.meddle("lamp", "l1", "blue")

    result = apply(shop, file)

    assert result.code == 23
    assert shop.lamps == {"l0": True, "l1": "blue", "l2": True}
    assert "stale: lamp l1" in result.err
    assert "sopctl resume" in result.err


def test_plan_says_with_its_exit_code_whether_there_is_something_to_do(shop):
    base = ("plan", "lights", "--zone", "us-east-1a", "--target", "toy", "--exit-code")

    assert shop(*base).code == 10
    for thing in shop.world.things.values():
        thing.value = True
    assert shop(*base).code == 0


def test_a_gate_without_a_terminal_parks_the_run(shop):
    result = shop.run("--no-gently")

    assert result.code == 23
    assert "Parked (gate): Are they lit?" in result.err


def test_a_gate_is_answered_on_the_terminal(shop):
    person = shop.person("yes", "looks good")

    result = shop.run("--no-gently")

    assert result.code == 0, result.err
    assert person.asked == ["Your answer?", "Why? (for the journal)"]


def test_stats_are_printed_on_request(shop):
    assert "stats: 0 calls (none), 0 mutating" in shop.run("--dry-run", "--stats").err


def test_every_connection_is_closed(shop):
    shop.run()
    shop.run("--dry-run")

    assert shop.closed == 2


def test_the_policy_of_the_organisation_is_a_ceiling(shop):
    (shop.settings.config / "policy.yaml").write_text(
        "max_objects: {lamp: {count: 2, percent: 100}}\n"
    )

    result = shop.run()

    assert result.code == 4
    assert "3 lamp would be touched; the guardrail allows 2" in result.err
    assert shop.world.mutations == 0


def test_a_plan_made_for_another_cluster_is_refused_though_the_name_is_the_same(shop, tmp_path):
    file = tmp_path / "plan.json"
    base = ("run", "lights", "--zone", "us-east-1a", "--target", "prod")
    shop(*base, "--dry-run", "--plan-out", file)
    shop.identity = replace(shop.identity, cluster_uid="uid-2")

    result = shop(
        "run", "lights", "--target", "prod", "--plan", file, "--confirm-target", "use1-az4"
    )

    assert result.code == 4
    assert "this was planned for cluster uid-1, but uid-2 answers" in result.err
    assert shop.world.mutations == 0


def test_a_roll_back_where_another_cluster_answers_is_refused(shop):
    shop("run", "lights", "--zone", "us-east-1a", "--target", "prod", "--confirm-target", "uid-1")
    writes = shop.world.mutations
    shop.identity = replace(shop.identity, account="444455556666")

    result = shop("rollback", "--confirm-target", "uid-1")

    assert result.code == 4
    assert "planned for AWS account 111122223333, but 444455556666 answers" in result.err
    assert shop.world.mutations == writes


def test_a_parked_run_ends_its_json_with_why(shop):
    last = shop.run("--no-gently", "-o", "json").rows[-1]

    assert (last["outcome"], last["why"], last["work"]) == ("parked", "gate", "go")


def test_a_target_without_a_name_is_shown_in_full_and_confirmed_by_typing(shop):
    base = ("run", "lights", "--zone", "us-east-1a", "--target", "current")
    shown = shop(*base, "--dry-run").out.splitlines()[0]

    refused = shop(*base, "--yes")
    shop.person("use1-az4")
    agreed = shop(*base)

    assert shown.endswith("context my-context, profile me, as arn:aws:iam::111122223333:user/me")
    assert refused.code == 4
    assert "needs a typed confirmation" in refused.err
    assert agreed.code == 0, agreed.err


def plain(shop, *args):
    return shop("run", "lights", "--zone", "us-east-1a", "--target", "toy", *args)


def test_where_and_how_much_stand_right_above_the_question(shop):
    shop.person(True)

    shown = plain(shop).err.splitlines()

    assert shown[0] == "toy, zone us-east-1a (use1-az4): 3 changes to 3 objects"


def test_a_skipped_gate_is_not_counted_as_a_gate(shop):
    shown = plain(shop, "--dry-run").out

    assert "3 changes to 3 objects in 1 step, 1 skipped." in shown


def failed_once(shop):
    shop.world.answers["l1"] = [ReceiptKind.REJECTED]
    assert shop.run().code == 21
    return shop("audit", "list", "-o", "json").rows[0]["run"]


def test_a_second_run_beside_an_open_one_like_it_is_refused(shop):
    run = failed_once(shop)
    writes = shop.world.mutations

    result = shop.run()

    assert result.code == 4
    assert f"run {run} (lights, parked (decision), started" in result.err
    assert f"sopctl resume {run}" in result.err
    assert shop.world.mutations == writes
    assert len(shop("audit", "list", "-o", "json").rows) == 1


def test_a_second_run_beside_an_open_one_can_be_wanted(shop):
    failed_once(shop)

    assert shop.run("--again").code == 0
    assert set(shop.lamps.values()) == {True}


def test_a_second_run_beside_an_open_one_is_asked_about_on_a_terminal(shop):
    failed_once(shop)
    person = shop.person(False)

    assert plain(shop).code == 4
    assert person.asked == ["Start another run beside it?"]


def test_with_other_parameters_it_is_another_run(shop):
    failed_once(shop)

    assert shop.run("--colour", "cold").code == 0


def test_a_parked_run_that_holds_all_of_it_is_named_with_the_way_on(shop):
    shop.run("--no-gently")
    run = shop("audit", "list", "-o", "json").rows[0]["run"]

    result = shop.run("--no-gently")

    assert result.code == 0
    assert f"run {run} (lights, parked (gate), started" in result.err
    assert f"`sopctl resume {run}`" in result.err
