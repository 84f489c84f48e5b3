"""How runs stand, and which one is meant."""

from __future__ import annotations

import pytest

from sopctl.app import standing
from sopctl.core.errors import UsageError
from sopctl.engine.state import RunState


def test_a_run_is_found_by_its_start_in_any_case():
    found = [RunState(run="01ABCD"), RunState(run="01ABXY")]

    assert standing.find(found, "01abc").run == "01ABCD"


def test_a_start_that_fits_two_runs_is_refused():
    found = [RunState(run="01ABCD"), RunState(run="01ABXY")]

    with pytest.raises(UsageError, match="2 runs start with 01AB"):
        standing.find(found, "01AB")
