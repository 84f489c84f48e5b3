from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "plain_moto.py"

GAPS = (
    "activities",
    "assumed role",
    "balancer arn",
    "balancer attributes",
    "caller",
    "distribution",
    "duplicate",
    "ending",
    "event source",
    "filter",
    "hooks",
    "instances",
    "keeping",
    "lifecycle filter",
    "members",
    "missing group",
    "placement",
    "policy",
    "process names",
    "process types",
    "reason",
    "records",
    "scores",
    "simulation",
    "sizes",
    "spot",
    "standby",
    "tags",
    "target health",
    "token",
    "trail",
    "zones",
)


@cache
def plain() -> dict[str, bool]:
    done = subprocess.run(
        [sys.executable, str(SCRIPT)],
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
    )
    found: dict[str, bool] = json.loads(done.stdout)
    return found


@pytest.mark.xdist_group("plain-moto")
@pytest.mark.parametrize("gap", GAPS)
def test_plain_moto_still_has_the_gap_that_a_patch_closes(gap: str) -> None:
    assert plain()[gap], f"moto closed {gap!r}: the patch can go"


@pytest.mark.xdist_group("plain-moto")
def test_every_gap_that_is_looked_for_is_listed() -> None:
    assert tuple(sorted(plain())) == GAPS
