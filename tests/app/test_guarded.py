"""An answer of another shape ends no plan and no check in a traceback."""

from __future__ import annotations

import pytest

from sopctl.app import guarded
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


def test_what_a_check_cannot_read_is_an_error_of_ours():
    check = toys.check("toy.ready")
    object.__setattr__(check, "look", odd)
    found = guarded.checks({"toy.ready": check})["toy.ready"]
    with pytest.raises(ProviderError, match="there is no 'metadata'"):
        found.look(None, None)
