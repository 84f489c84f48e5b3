"""`sopctl action` and `sopctl check`: what runbooks can use."""

from __future__ import annotations

import json

import pytest

from sopctl.actions.catalog import CATALOG
from sopctl.views import lines, rooms


@pytest.mark.parametrize(("kind", "name"), [("action", "toy.lamp"), ("check", "toy.bright")])
def test_they_are_listed_and_shown(shop, kind, name):
    assert name in shop(kind, "list").out
    shown = shop(kind, "show", name).out
    assert shown.startswith(f"{name}: ")
    assert "Parameters" in shown


@pytest.mark.parametrize(("kind", "name"), [("action", "toy.lamp"), ("check", "toy.bright")])
def test_as_json_it_is_one_line_each(shop, kind, name):
    listed = [json.loads(text) for text in shop(kind, "list", "-o", "json").out.splitlines()]
    assert name in [each["name"] for each in listed]
    (one,) = shop(kind, "show", name, "-o", "json").out.splitlines()
    assert json.loads(one) in listed


@pytest.mark.parametrize("kind", ["action", "check"])
def test_what_there_is_not_is_refused_with_what_was_meant(shop, kind):
    result = shop(kind, "show", "toy.lump")
    assert result.code == 2
    assert "there is no" in result.err


def test_undo_and_traps_of_a_real_one_are_shown():
    shown = lines.plain(rooms.action(CATALOG["aws.asg.subnets"]))
    assert "exact: the before-image is written back" in shown
    assert "Read this first" in shown
    assert "terminates" in shown
