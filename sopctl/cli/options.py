"""Options that several commands share, and what was asked with them, as one value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from sopctl.cli import completions
from sopctl.core.codec import Json
from sopctl.core.errors import UsageError

F = TypeVar("F", bound=Callable[..., Any])

FILE: Final = click.Path(dir_okay=False, path_type=Path)

PREFIX: Final = "param__"
"""What the destinations of a runbook's own options start with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Everything a command line can ask for; a command uses the part that it declares."""

    target: str = ""
    values: Mapping[str, Json] = field(default_factory=dict)
    dry_run: bool = False
    plan_out: Path | None = None
    plan_file: Path | None = None
    full: bool = False
    max_objects: int = 0
    yes: bool = False
    confirm_target: str = ""
    consent: tuple[str, ...] = ()
    reason: str = ""
    incident: str = ""
    output: str = "text"
    stats: bool = False
    on_conflict: str = "ask"
    steps: tuple[str, ...] = ()
    skips: tuple[str, ...] = ()
    takeover: bool = False
    again: bool = False
    at_once: bool = False

    @property
    def json(self) -> bool:
        return self.output == "json"


# What click hands over is as dynamic as the options that were declared; here it gets its type.
def asked(given: Mapping[str, Any]) -> Asked:
    """The options of one command line as a value; raises UsageError for a `--param` without =."""
    known = {f.name for f in fields(Asked)}
    values = {k.removeprefix(PREFIX): v for k, v in given.items() if k.startswith(PREFIX)}
    values = {name: value for name, value in values.items() if value is not None}
    for pair in given.get("param", ()):
        name, equals, text = pair.partition("=")
        if not equals:
            raise UsageError(f"--param {pair!r} has no =", hint="Write --param name=value.")
        values[name.replace("-", "_")] = text
    plain = {k: v for k, v in given.items() if k in known and v is not None}
    return Asked(**plain, values=values)


def target(function: F) -> F:
    return click.option(
        "--target",
        default="",
        metavar="NAME",
        help="Which target to work on, such as sandbox; default: the only configured one, else "
        "the current kubeconfig context and AWS environment.",
        shell_complete=completions.targets,
    )(function)


def output(function: F) -> F:
    return click.option(
        "-o", "--output", type=click.Choice(["text", "json"]), default="text", help="How to print."
    )(function)


def planning(function: F) -> F:
    """What a plan is made from, and how it is shown."""
    for option in (
        click.option("--stats", is_flag=True, help="Print how many API calls it took."),
        click.option("--full", is_flag=True, help="Name every resource instead of folding."),
        click.option(
            "--max-objects", type=click.IntRange(min=1), metavar="N",
            help="Touch at most N objects of a kind; only lowers what the runbook allows.",
        ),
        click.option(
            "--param", multiple=True, metavar="NAME=VALUE", help="Give a parameter by its name."
        ),
    ):  # fmt: skip
        function = option(function)
    return output(target(function))


def consenting(function: F) -> F:
    """How a person agrees, and says why."""
    for option in (
        click.option("--incident", default="", metavar="ID", help="The incident, for the journal."),
        click.option("--reason", default="", metavar="TEXT", help="Why, for the journal."),
        click.option(
            "--consent", multiple=True, metavar="STEP",
            help="Consent to a step that cannot be undone completely; may be given again.",
        ),
        click.option(
            "--confirm-target", default="", metavar="ID",
            help="Confirm a production target without a terminal: zone id, account or cluster.",
        ),
        click.option("--yes", is_flag=True, help="Do not ask; never stands for --confirm-target."),
    ):  # fmt: skip
        function = option(function)
    return function
