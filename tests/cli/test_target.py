"""Real providers against a local world: who answers, who is pinned, and who does not answer."""

from __future__ import annotations

import io
from contextlib import redirect_stderr, redirect_stdout

import pytest

from sopctl.app.composition import App
from sopctl.app.settings import Settings
from sopctl.cli.context import Context
from sopctl.cli.main import execute
from tests.cli.shop import Nobody, Result
from tests.local import local_world

FREEZE = ("run", "scale-down-freeze", "--target", "here", "--yes")


class Machine:
    """A machine whose configuration names the local world `here`."""

    def __init__(self, folder, local):
        self.local = local
        self.settings = Settings(config=folder / "config", state=folder / "state")
        target = local.target
        self.files = ("--aws-config", target.aws_config, "--kubeconfig", target.kubeconfig)

    def __call__(self, *args):
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            context = Context(App(self.settings), Nobody(), {})
            try:
                code = execute(args, context)
            finally:
                context.close()
        return Result(code, out.getvalue(), err.getvalue())

    def pin(self, **pins):
        """Edit what is pinned for `here`."""
        path = self.settings.targets_file
        rows = path.read_text().splitlines()
        for name, value in pins.items():
            rows = [f"    {name}: {value}" if row.strip().startswith(name) else row for row in rows]
        path.write_text("\n".join(rows) + "\n")


@pytest.fixture
def machine(tmp_path):
    with local_world(tmp_path) as local:
        local.fleet()
        local.autoscaler()
        made = Machine(tmp_path, local)
        assert made("target", "add", "here", *made.files, "--yes").code == 0
        yield made


def test_add_pins_who_answers(machine):
    shown = machine("target", "list").out
    check = machine("target", "check", "here")

    assert machine.local.cloud.account in shown
    assert check.code == 0
    assert check.out.count("(as pinned)") == 2


def test_another_account_is_refused_before_anything(machine):
    machine.pin(account="'999900001111'")

    result = machine(*FREEZE)

    assert result.code == 4
    assert "target here is AWS account 999900001111" in result.err
    assert machine.local.mutations() == 0


def test_another_cluster_is_refused_before_anything(machine):
    machine.pin(cluster_uid="somebody-else")

    result = machine(*FREEZE)

    assert result.code == 4
    assert "target here is cluster somebody-else" in result.err
    assert machine.local.mutations() == 0


def test_with_the_cluster_gone_what_can_be_planned_is_planned(machine):
    machine.local.kube.stop()

    result = machine("plan", "scale-down-freeze", "--target", "here")

    assert result.code == 0, result.err
    assert "unplanned" in result.out
    assert "warning: no answer from Kubernetes" in result.out


def test_with_both_gone_nothing_is_done_and_trying_later_is_said(machine):
    machine.local.kube.stop()
    machine.local.front.stop()

    result = machine(*FREEZE)

    assert result.code == 75
    assert "sopctl: target here does not answer: AWS: " in result.err
    assert "Kubernetes: " in result.err


def test_a_target_that_does_not_answer_is_not_added(machine):
    machine.local.kube.stop()

    result = machine("target", "add", "there", *machine.files, "--yes")

    assert result.code == 75
    assert "cannot pin there" in result.err


def test_without_consent_nothing_is_pinned(machine):
    result = machine("target", "add", "there", *machine.files)

    assert result.code == 4
    assert "there" not in machine("target", "list").out
