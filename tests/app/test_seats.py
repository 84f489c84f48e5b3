"""Whether who works on a run is still there."""

from __future__ import annotations

import os
import socket

import pytest

from sopctl.app import seats


def test_a_process_of_this_machine_that_is_gone_is_dead():
    gone = 2**22 + 1  # above the largest pid of Linux

    assert seats.is_dead(f"me@{socket.gethostname()}/{gone}")


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
    assert not seats.is_dead(worker)
