"""What the shell offers."""

from __future__ import annotations

import pytest
from click.shell_completion import ShellComplete

from sopctl.app.composition import App
from sopctl.cli.context import Context
from sopctl.cli.main import root
from sopctl.core.target import Target


@pytest.fixture
def offered(shop):
    """A function from the words so far to what is offered."""
    shop.run("--dry-run")
    app = App(shop.settings)
    app.targets.add(Target(name="east"))
    context = Context(app)

    class Shell(ShellComplete):
        name = "test"
        source_template = ""

    def offer(*words):
        shell = Shell(root, {"obj": context}, "sopctl", "_X")
        return [item.value for item in shell.get_completions(list(words[:-1]), words[-1])]

    yield offer
    context.close()


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("ru",), ["run", "runbook"]),
        (("run", "az"), ["az-failure"]),
        (("run", "az-failure", "--zone", ""), ["us-east-1a"]),
        (("run", "az-failure", "--spread", "p"), ["policy"]),
        (("run", "az-failure", "--target", ""), ["east", "sandbox"]),
        (("run", "az-failure", "--pause"), ["--pause-spot"]),
        (("rollback", ""), []),
    ],
)
def test_names_values_and_options_are_completed(offered, words, found):
    assert offered(*words) == found


def test_a_runbook_that_is_broken_does_not_break_the_shell(shop, offered):
    shop.write("broken", "nope: [")

    assert "--target" in offered("run", "broken", "--ta")


def test_runs_are_offered_newest_first(shop, offered):
    shop.run()

    assert offered("audit", "show", "") == [shop("audit", "list", "-o", "json").rows[0]["run"]]
