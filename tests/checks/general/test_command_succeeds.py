from __future__ import annotations

import sys

import pytest

from sopctl.checks.general.command_succeeds import Params, look
from sopctl.core.errors import RefusedError
from tests.actions.general.outside import Bench


@pytest.fixture
def world(tmp_path):
    return Bench(tmp_path, (sys.executable,)).clients


def python(code, **more):
    return Params(argv=(sys.executable, "-I", "-c", code), **more)


@pytest.mark.parametrize(("status", "holds"), [(0, True), (1, False)])
def test_it_holds_when_the_program_ends_with_nothing(world, status, holds):
    verdict = look(world, python(f"print('because'); raise SystemExit({status})"))
    assert verdict.holds is holds
    assert verdict.detail.endswith(f"ended with {status}: because")


def test_one_that_does_not_end_does_not_hold(world):
    verdict = look(world, python("import time; time.sleep(60)", timeout=0.5))
    assert (verdict.holds, "did not end" in verdict.detail) == (False, True)


def test_only_what_the_policy_lists_is_run(world):
    with pytest.raises(RefusedError, match="policy"):
        look(world, Params(argv=("id",)))


def test_there_has_to_be_a_program():
    with pytest.raises(RefusedError):
        Params(argv=())
