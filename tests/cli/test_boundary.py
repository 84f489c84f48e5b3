"""Whatever goes wrong: two lines, an exit code, and never a traceback."""

from __future__ import annotations

import stat

import pytest

from sopctl.cli import boundary
from sopctl.core.errors import AuditUnavailableError, ExitCode


def test_a_bug_is_reported_into_a_private_file_and_not_onto_the_screen(shop, monkeypatch):
    def broken(*_):
        raise ZeroDivisionError("key AKIAABCDEFGHIJKLMNOP")

    monkeypatch.setattr("sopctl.app.standing.standings", broken)

    result = shop("status")

    assert result.code == ExitCode.BUG
    assert "Traceback" not in result.err + result.out
    (report,) = shop.settings.reports.iterdir()
    assert str(report) in result.err
    text = report.read_text()
    assert "ZeroDivisionError" in text
    assert "AKIAABCDEFGHIJKLMNOP" not in text
    assert stat.S_IMODE(report.stat().st_mode) == 0o600


def test_an_interrupt_says_what_now(shop, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("sopctl.app.standing.standings", interrupted)

    result = shop("status")

    assert result.code == 130
    assert "sopctl resume" in result.err


def test_a_journal_that_cannot_be_written_stops_everything(shop, monkeypatch):
    def full(*_, **__):
        raise AuditUnavailableError("the disk is full", hint="Make room.")

    monkeypatch.setattr("sopctl.journal.sqlite.SqliteStore.append", full)

    result = shop.run()

    assert result.code == 30
    assert "sopctl: the disk is full" in result.err
    assert shop.world.mutations == 0


def test_a_broken_runbook_lists_every_problem(shop):
    shop.write("broken", "apiVersion: sopctl/v1\nkind: Runbook\nsteps: []\nstpes: 1\n")

    result = shop("run", "broken")

    assert result.code == 3
    assert "broken.yaml:3:8: " in result.err
    assert "broken.yaml:4:1: " in result.err
    assert "hint: " in result.err


def test_an_unknown_command_is_a_usage_error(shop):
    result = shop("rum")

    assert result.code == 2
    assert result.err.startswith("sopctl: there is no command `sopctl rum`")


@pytest.mark.parametrize("args", [("--help",), ("run", "--help"), ("audit", "--help")])
def test_help_is_no_error(shop, args):
    assert shop(*args).code == 0


def test_external_text_cannot_act_on_the_terminal(shop):
    result = shop("run", "\x1b]0;owned\x07\u202egnp", "--target", "toy")

    assert "\x1b" not in result.err
    assert "\\x1b]0;owned\\x07\\u202egnp" in result.err


def test_an_exit_code_of_a_command_is_the_answer(shop):
    assert boundary.guarded(None, lambda: ExitCode.HALTED) == 23


@pytest.mark.parametrize("words", [(), ("audit",), ("runbook",), ("target",), ("sandbox",)])
def test_a_group_alone_prints_its_help_line_by_line(shop, words):
    result = shop(*words)

    assert result.code == 2
    assert result.err.startswith(f"Usage: {' '.join(['sopctl', *words])}")
    assert "\nCommands:\n" in result.err
    assert "\\n" not in result.err


@pytest.mark.parametrize(
    ("words", "meant"), [(("rolback",), "rollback"), (("audit", "shwo"), "show")]
)
def test_a_command_that_is_none_is_answered_with_what_was_meant(shop, words, meant):
    result = shop(*words)

    assert result.code == 2
    assert f"there is no command `sopctl {' '.join(words)}`" in result.err
    assert f"Did you mean {meant}?" in result.err


def test_what_click_says_is_one_line(shop):
    result = shop("completion")

    assert len(result.err.splitlines()) == 2
    assert "bash, zsh, fish" in result.err


def test_a_wrong_option_leads_to_the_help_of_its_command(shop):
    assert "See `sopctl run --help`." in shop("run", "lights", "--gently=maybe").err


def test_a_bad_name_of_a_target_is_refused_before_anybody_is_asked(shop):
    result = shop("target", "add", "b a d")

    assert (result.code, shop.closed) == (2, 0)
    assert "cannot name a target" in result.err
