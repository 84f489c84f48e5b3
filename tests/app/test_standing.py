"""How runs stand, and which one is meant."""

from __future__ import annotations

import os
import socket

import pytest

from sopctl.app import standing
from sopctl.core.errors import UsageError
from sopctl.engine.state import RunState


def test_a_process_of_this_machine_that_is_gone_is_dead():
    gone = 2**22 + 1  # above the largest pid of Linux

    assert standing.is_dead(f"me@{socket.gethostname()}/{gone}")


@pytest.mark.parametrize(
    "worker",
    [
        f"me@{socket.gethostname()}/{os.getpid()}",
        "me@elsewhere/4194305",
        "somebody",
        f"me@{socket.gethostname()}/x",
    ],
    ids=["alive", "elsewhere", "no place", "no process"],
)
def test_who_may_be_alive_is_not_dead(worker):
    assert not standing.is_dead(worker)


def test_a_run_is_found_by_its_start_in_any_case():
    found = [RunState(run="01ABCD"), RunState(run="01ABXY")]

    assert standing.find(found, "01abc").run == "01ABCD"


def test_a_start_that_fits_two_runs_is_refused():
    found = [RunState(run="01ABCD"), RunState(run="01ABXY")]

    with pytest.raises(UsageError, match="2 runs start with 01AB"):
        standing.find(found, "01AB")
