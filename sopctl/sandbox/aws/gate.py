"""Lets a call through or says why not, as AWS words it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sopctl.sandbox.aws.access.policy import Context, decide
from sopctl.sandbox.aws.access.principals import Principal, statements_of
from sopctl.sandbox.aws.region import Region
from sopctl.sandbox.aws.resources import Resource, tag_context, touched

# Needs no permission (STS API reference).
FREE = frozenset({("sts", "GetCallerIdentity")})
ASSUME = ("sts", "AssumeRole")
AN = {"identity-based": "an", "session": "a"}
# Where the prefix of actions differs from the name that requests are signed for.
PREFIXES = {"monitoring": "cloudwatch", "email": "ses"}


def expired(principal: Principal, now: datetime) -> bool:
    """Whether the session behind a call has ended; *now* is naive UTC."""
    return principal.expires is not None and now >= principal.expires


def denial(
    region: Region, principal: Principal, service: str, operation: str, params: Mapping[str, Any]
) -> str | None:
    """The message of the refusal, or None where the call is allowed on all of its resources."""
    if (service, operation) == ASSUME and statements_of(region.account, params["RoleArn"]) is None:
        return _word(principal, "sts:AssumeRole", Resource(arn=params["RoleArn"]), "")
    if principal.statements is None or (service, operation) in FREE:
        return None
    action = f"{PREFIXES.get(service, service)}:{operation}"
    for resource in touched(region, service, operation, params):
        context = context_of(region, principal, resource, params)
        for found, kind in (
            (principal.statements, "identity-based"),
            (principal.session, "session"),
        ):
            if found is None:
                continue
            decision = decide(found, action, resource.arn, context).decision
            if decision == "explicitDeny":
                because = f"with an explicit deny in {AN[kind]} {kind} policy"
                return _word(principal, action, resource, because)
            if decision == "implicitDeny":
                because = f"because no {kind} policy allows the {action} action"
                return _word(principal, action, resource, because)
    return None


def context_of(
    region: Region, principal: Principal, resource: Resource, params: Mapping[str, Any]
) -> Context:
    """What conditions may ask of a call, by keys in lower case."""
    service = resource.arn.split(":")[2] if resource.arn.count(":") > 1 else ""
    tags = {
        f"{prefix}:resourcetag/{key}".lower(): [value]
        for key, value in resource.tags.items()
        for prefix in ("aws", service)
    }
    return {
        "aws:principalarn": [principal.arn],
        "aws:username": [principal.name],
        "aws:requestedregion": [region.region],
        "aws:currenttime": [f"{region.now():%Y-%m-%dT%H:%M:%SZ}"],
        "arc-zonal-shift:resourceidentifier": [resource.arn],
        **tags,
        **tag_context(params),
    }


def _word(principal: Principal, action: str, resource: Resource, because: str) -> str:
    where = "" if resource.arn == "*" else f" on resource: {resource.arn}"
    return f"User: {principal.arn} is not authorized to perform: {action}{where} {because}".rstrip()
