"""``sopctl permissions``: the least that a runbook has to be allowed."""

from __future__ import annotations

import json
from typing import Any, Final

import click

from sopctl.app import permits
from sopctl.cli import completions, options
from sopctl.cli.context import Context
from sopctl.core.codec import encode
from sopctl.permissions.scope import Scope
from sopctl.views import permissions as view

FORMATS: Final = ("text", "iam", "rbac", "terraform", "json")


@click.command()
@click.argument("runbook", shell_complete=completions.runbooks)
@click.option("--format", "notation", type=click.Choice(FORMATS), default="text", help="For whom.")
@click.option("--cluster", default="", metavar="NAME", help="The cluster, as tags name it.")
@click.option("--account", default="*", metavar="ID", help="The AWS account.")
@click.option("--region", default="*", metavar="NAME", help="The AWS region.")
@click.option("--partition", default="aws", metavar="NAME", help="aws, aws-cn or aws-us-gov.")
@click.option(
    "--tag",
    default="",
    metavar="KEY=VALUE",
    help="A tag of all groups of the cluster; default: kubernetes.io/cluster/NAME=owned.",
)
@click.option(
    "--tag-key",
    "tag_keys",
    multiple=True,
    metavar="PATTERN",
    help="Keys that may be set and removed too, such as a discovery tag of your own.",
)
@click.option("--group", default="sopctl", metavar="NAME", help="Users who get the roles.")
@options.target
@click.pass_obj
def permissions(context: Context, /, runbook: str, notation: str, **given: Any) -> None:  # noqa: ANN401  # as click hands it over
    """Print the least that RUNBOOK has to be allowed, its roll back included. Asks nobody."""
    scope = Scope(
        tag=permits.tag_of(given["tag"]),
        **{key: given[key] for key in ("cluster", "account", "region", "partition", "tag_keys")},
    )
    scope = permits.on_target(context.app, given["target"], scope)
    made = permits.permits(context.app, runbook, scope, given["group"])
    if notation == "text":
        context.out.show(view.listed(made.needs))
    elif notation == "json":
        context.out.data({"schema": "sopctl.permissions/1", "needs": encode(made.needs)})
    elif notation == "rbac":
        import yaml  # noqa: PLC0415  # `--help` needs no YAML

        context.out.write(yaml.safe_dump_all(made.roles, sort_keys=False))
    else:
        written = made.policy if notation == "iam" else made.terraform
        context.out.write(json.dumps(written, indent=2) + "\n")
