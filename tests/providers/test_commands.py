"""Other programs: in the surroundings of the target, and never for longer than they may."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from sopctl.core.errors import FencedError
from sopctl.core.target import Target
from sopctl.providers.commands import Commands, Ended
from tests.laws import call

TARGET = Target(name="prod", region="eu-west-1", profile="ops", aws_config="/c", kubeconfig="/k")
SHOW = "import json, os; print(json.dumps(dict(os.environ)))"


def surroundings(target, acting=False):
    argv = (
        sys.executable,
        "-c",
        SHOW.replace(
            "os.environ",
            "((k, v[:80]) for k, v in os.environ.items() if k[:3] in ('AWS', 'KUB', 'SOP'))",
        ),
    )
    commands = Commands(target)
    ended = commands.act(call("op-1"), argv, 10) if acting else commands.ask(argv, 10)
    return json.loads(ended.said)


def test_a_command_reaches_the_target():
    found = surroundings(TARGET)
    assert found["AWS_PROFILE"] == "ops"
    assert found["AWS_REGION"] == found["AWS_DEFAULT_REGION"] == "eu-west-1"
    assert found["AWS_CONFIG_FILE"] == "/c"
    assert found["KUBECONFIG"] == "/k"
    assert found["SOPCTL_TARGET"] == "prod"
    assert "SOPCTL_RUN" not in found


def test_what_changes_something_knows_its_run():
    found = surroundings(TARGET, acting=True)
    assert (found["SOPCTL_RUN"], found["SOPCTL_STEP"], found["SOPCTL_OP"]) == (
        "01LAWS", "step", "op-1",
    )  # fmt: skip


def test_kubectl_uses_the_context_of_the_target(tmp_path):
    """Of several files the first that names a current context counts (kubectl's own rule)."""
    files = {"name": "prod", "context": {"cluster": "c", "user": "u"}}
    config = {"apiVersion": "v1", "kind": "Config", "current-context": "dev", "contexts": [files]}
    (tmp_path / "config").write_text(json.dumps(config))
    commands = Commands(Target(name="prod", kubeconfig=str(tmp_path / "config"), context="prod"))
    shown = commands.ask(
        ("sh", "-c", 'head -c 200 "${KUBECONFIG%%:*}"; echo; echo "$KUBECONFIG"'), 10
    )
    first, files = shown.said.splitlines()
    assert json.loads(first)["current-context"] == "prod"
    assert files.endswith(str(tmp_path / "config"))


def test_without_the_lease_nothing_is_run(tmp_path):
    def guard():
        raise FencedError("lost")

    with pytest.raises(FencedError):
        Commands(TARGET).act(call(guard=guard), ("touch", str(tmp_path / "mark")), 10)
    assert not (tmp_path / "mark").exists()


def test_status_last_words_and_the_end_of_time():
    commands = Commands(TARGET)
    assert commands.ask(("sh", "-c", "echo no; exit 3"), 10) == Ended(status=3, said="no")
    assert commands.ask(("sleep", "9"), 0.2).status is None
    assert len(commands.ask((sys.executable, "-c", "print('x' * 10**6)"), 10).said) <= 2000
    assert "No such file" in commands.ask(("no-such-program",), 10).said


def test_a_command_dies_with_sopctl(tmp_path):
    """`kill -9` of the caller: what it began does not finish behind its successor's back."""
    mark = tmp_path / "mark"
    program = (
        "from sopctl.core.target import Target\n"
        "from sopctl.providers.commands import Commands\n"
        "print('on', flush=True)\n"
        f"Commands(Target(name='t')).ask(('sh', '-c', 'sleep 2; touch {mark}'), 60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as caller:
        assert caller.stdout.readline()
        time.sleep(0.7)
        os.kill(caller.pid, signal.SIGKILL)
    time.sleep(2.5)
    assert not mark.exists()
