"""`sopctl runbook`: what there is to run."""

from __future__ import annotations

import json

SHORT = """\
apiVersion: sopctl/v1
kind: Runbook
metadata: {name: good, title: Light, owner: me, reviewed: 2026-11-01}
description: Light every lamp.
guardrails: {max_objects: {lamp: {count: 50, percent: 100}}}
steps: [{id: light, why: It is dark., uses: toy.lamp}]
return: [{restore: [light]}]
"""


def test_the_own_runbooks_stand_beside_the_packaged_ones(shop):
    shown = shop("runbook", "list").out

    assert "lights      " in shown
    assert "az-failure" in shown


def test_one_that_cannot_be_read_is_listed_as_such(shop):
    shop.write("broken", "nope: [")

    assert "not usable: sopctl runbook lint" in shop("runbook", "list").out


def test_show_is_the_procedure(shop):
    shown = shop("runbook", "show", "lights").out

    assert "lights: Light every lamp" in shown
    assert "Parameters" in shown
    assert "It is dark." in shown
    assert "restore light" in shown


def test_show_can_print_the_file_itself(shop):
    path = shop.settings.runbooks / "lights.yaml"

    assert shop("runbook", "show", "lights", "--source").out == path.read_text()


def test_lint_of_a_good_one_is_ok(shop):
    shop.write("good", SHORT)

    result = shop("runbook", "lint", "good")

    assert result.code == 0, result.out
    assert result.out == "ok: good\n"


def test_lint_lists_every_problem(shop):
    path = shop.settings.runbooks / "lights.yaml"
    path.write_text(path.read_text().replace("toy.lamp", "toy.lmap").replace("kind:", "knd:"))

    result = shop("runbook", "lint", "lights")

    assert result.code == 3
    assert result.out.count("lights.yaml:") >= 2
    assert "hint: " in result.out


def test_the_schema_is_json(shop):
    assert json.loads(shop("runbook", "schema").out)["title"] == "A sopctl runbook"


def test_a_new_one_is_written_once(shop):
    first = shop("runbook", "new", "mine")
    second = shop("runbook", "new", "mine")

    assert first.code == 0, first.err
    assert (shop.settings.runbooks / "mine.yaml").exists()
    assert second.code == 2
    assert "exists already" in second.err


def test_a_name_that_is_none_is_refused(shop):
    assert shop("runbook", "new", "../evil").code == 2


def test_completion_knows_the_shells(shop):
    for shell in ("bash", "zsh", "fish"):
        assert "_SOPCTL_COMPLETE" in shop("completion", shell).out
    assert shop("completion", "cmd").code == 2


def test_graph_is_a_tree_a_drawing_or_data(shop):
    assert "|-- light  toy.lamp" in shop("runbook", "graph", "lights").out
    assert "flowchart TD" in shop("runbook", "graph", "lights", "--mermaid").out
    found = shop("runbook", "graph", "lights", "-o", "json").json
    assert [node["id"] for node in found["nodes"]] == ["light", "go", "restore-1"]
    assert shop("runbook", "graph", "nothing").code == 2
