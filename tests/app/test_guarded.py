"""An answer of another shape ends no plan and no check in a traceback."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sopctl.app import guarded
from sopctl.core.action import Effect
from sopctl.core.errors import ProviderError
from tests.runbook import toys


def odd(*_):
    return {}["metadata"]


def test_what_an_action_cannot_read_is_an_error_of_ours():
    action = toys.action("toy.lamp.light")
    object.__setattr__(action, "select", odd)
    object.__setattr__(action, "observe", odd)
    found = guarded.actions({"toy.lamp.light": action})["toy.lamp.light"]
    for read in (lambda: found.select(None, None), lambda: found.observe(None, None, ())):
        with pytest.raises(ProviderError, match=r"toy\.lamp\.light cannot be read"):
            read()


def test_a_write_that_is_answered_in_another_shape_is_unknown_and_what_came_before_is_kept():
    def write(call, clients, changes):
        yield "first", "done"
        yield "second", {}["update"]

    action = replace(toys.action("toy.lamp.light"), converge=write)
    found = guarded.actions({"toy.lamp.light": action})["toy.lamp.light"]
    came = []
    with pytest.raises(ProviderError, match="there is no 'update'"):
        came.extend(found.converge(None, None, ()))
    assert came == [("first", "done")]


@pytest.mark.parametrize("what", ["touch", "side_effects", "effect"])
def test_nothing_else_that_reads_ends_in_a_traceback(what):
    effect = Effect(describe="it is lit", look=odd, within=1.0)
    given = effect if what == "effect" else odd
    action = replace(toys.action("toy.lamp.light"), **{what: given})
    found = getattr(guarded.actions({"toy.lamp.light": action})["toy.lamp.light"], what)
    with pytest.raises(ProviderError, match="there is no 'metadata'"):
        (found.look if what == "effect" else found)(None, None, (), None)


def test_what_an_action_does_not_have_it_does_not_get():
    action = toys.action("toy.lamp.light")
    found = guarded.actions({"toy.lamp.light": action})["toy.lamp.light"]
    assert (found.touch, found.side_effects) == (action.touch, action.side_effects)


def test_what_a_check_cannot_read_is_an_error_of_ours():
    check = toys.check("toy.ready")
    object.__setattr__(check, "look", odd)
    found = guarded.checks({"toy.ready": check})["toy.ready"]
    with pytest.raises(ProviderError, match="there is no 'metadata'"):
        found.look(None, None)
