"""Programs: in the surroundings of the target, and never longer than sopctl itself.

What the policy, the environment and the output are for is proved in tests/actions/general.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest

from sopctl.core.errors import ProviderError
from sopctl.core.target import Target
from sopctl.providers.answers import LostReplyError
from sopctl.providers.commands import Commands, Program
from sopctl.providers.secrets import Secrets
from tests.laws import call

ENV, SH = shutil.which("env"), shutil.which("sh")
TARGET = Target(name="prod", region="eu-west-1", profile="ops", aws_config="/c", kubeconfig="/k")


def commands(target=TARGET, allowed=(ENV, SH), **environ):
    return Commands(allowed=allowed, target=target, secrets=Secrets(environ=environ))


def surroundings(given, call=None):
    ran = given.run(Program(argv=("env",)), call)
    return dict(row.split("=", 1) for row in ran.output.splitlines())


def test_a_program_reaches_the_target_and_nothing_else_of_the_environment():
    found = surroundings(commands(TOKEN="x", AWS_PROFILE="mine"))
    assert found["AWS_PROFILE"] == "ops"
    assert found["AWS_REGION"] == "eu-west-1"
    assert found["AWS_CONFIG_FILE"] == "/c"
    assert found["KUBECONFIG"] == "/k"
    assert found["SOPCTL_TARGET"] == "prod"
    assert "TOKEN" not in found
    assert "SOPCTL_RUN" not in found


def test_what_changes_something_knows_its_run():
    found = surroundings(commands(), call("op-1"))
    asked = (found["SOPCTL_RUN"], found["SOPCTL_STEP"], found["SOPCTL_OP"])
    assert asked == ("01LAWS", "step", "op-1")


def test_kubectl_uses_the_context_of_the_target():
    """Of several files the first that names a current context counts: kubectl's own rule."""
    given = commands(Target(name="prod", kubeconfig="/k", context="prod"))
    shown = 'head -c 200 "${KUBECONFIG%%:*}"; echo; echo "$KUBECONFIG"'
    first, files = given.run(Program(argv=("sh", "-c", shown))).output.splitlines()
    assert json.loads(first)["current-context"] == "prod"
    assert files.endswith(":/k")


def test_what_cannot_be_started_and_what_takes_too_long_are_told_apart(tmp_path):
    (tmp_path / "broken").write_text("no program")
    (tmp_path / "broken").chmod(0o755)
    given = commands(allowed=(str(tmp_path / "broken"), SH))
    with pytest.raises(ProviderError, match="cannot be started"):
        given.run(Program(argv=("broken",)))
    with pytest.raises(LostReplyError, match=r"within 0\.2 s"):
        given.run(Program(argv=("sh", "-c", "sleep 9"), timeout=0.2))
    assert given.run(Program(argv=("sh", "-c", "exit 124"))).status == 124


def test_a_program_dies_with_sopctl(tmp_path):
    """`kill -9` of the caller: what it began does not finish behind its successor's back."""
    mark = tmp_path / "mark"
    program = (
        "from sopctl.providers.commands import Commands, Program\n"
        "print('on', flush=True)\n"
        f"Commands(allowed=({SH!r},)).run(Program(argv=('sh', '-c', 'sleep 2; touch {mark}')))\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as caller:
        assert caller.stdout.readline()
        time.sleep(0.7)
        os.kill(caller.pid, signal.SIGKILL)
    time.sleep(2.5)
    assert not mark.exists()
