"""``sopctl target add``: give a cluster a name and pin who it is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import click

from sopctl.app.targets import refuse_name
from sopctl.cli import consents, options
from sopctl.cli.context import Context
from sopctl.cli.watching import Aside
from sopctl.core.errors import UnreachableError, UsageError
from sopctl.core.target import Target
from sopctl.views import targets


@click.command()
@click.argument("name")
@click.option("--region", default="", help="AWS region.")
@click.option("--profile", default="", help="AWS profile.")
@click.option("--aws-config", default="", metavar="FILE", help="An AWS configuration file.")
@click.option("--kubeconfig", default="", metavar="FILE", help="A kubeconfig file.")
@click.option("--context", "kube_context", default="", help="A context of the kubeconfig.")
@click.option("--label", "labels", multiple=True, metavar="KEY=VALUE", help="Such as env=prod.")
@options.consenting
@click.pass_obj
def add(context: Context, /, name: str, labels: tuple[str, ...], **given: Any) -> None:  # noqa: ANN401  # click's options
    """Ask the cluster and the account who they are, and pin that under NAME."""
    refuse_name(name)
    pairs = dict(pair.partition("=")[::2] for pair in labels)
    if "" in pairs:
        raise UsageError("a label has no key", hint="Write --label env=prod.")
    kube_context = given.pop("kube_context")
    plain = {key: given[key] for key in ("region", "profile", "aws_config", "kubeconfig")}
    asked_for = Target(name=name, context=kube_context, labels=pairs, **plain)
    with context.app.desk(asked_for, Aside(context.err)) as desk:
        found = desk.identify()
    if found.unreachable:
        raise UnreachableError(
            f"cannot pin {name}: no answer from {'; '.join(found.unreachable)}",
            hint="Add it when both answer.",
        )
    pinned = replace(
        asked_for,
        account=found.account,
        cluster_uid=found.cluster_uid,
        region=asked_for.region or found.region,
    )
    context.err.show(targets.identity(pinned, found))
    consents.agree(context, options.asked(given), "Pin these identities?")
    context.app.targets.add(pinned)
