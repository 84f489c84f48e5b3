"""What to ask the providers before anything is changed: may we do what the runbook needs?

Kubernetes answers for certain, AWS by simulation, which does not look at session policies and
service control policies. Source: Kubernetes API, SelfSubjectAccessReview; IAM API reference,
SimulatePrincipalPolicy, which wants the ARN of the role and not that of its session.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sopctl.core.codec import Json
from sopctl.core.permission import Right
from sopctl.permissions.gather import Need
from sopctl.permissions.iam import FREE, bound_of
from sopctl.permissions.scope import Scope

ACCESS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
_SESSION = ":assumed-role/"
_EXAMPLE = "enabled"  # in the place of the star of a pattern of keys


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """An Auto Scaling group that the plan would change: the tags decide what is allowed."""

    arn: str
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """One call of SimulatePrincipalPolicy: *rights* on one resource in one context."""

    rights: tuple[Right, ...]
    resource: str
    context: Mapping[str, tuple[str, ...]]

    def arguments(self, source: str) -> Mapping[str, Any]:
        """The arguments of the call, for the user or role *source*."""
        return {
            "PolicySourceArn": source,
            "ActionNames": [f"{each.service}:{each.act}" for each in self.rights],
            "ResourceArns": [self.resource],
            "ContextEntries": [
                {
                    "ContextKeyName": key,
                    "ContextKeyValues": list(values),
                    "ContextKeyType": _type(key),
                }
                for key, values in self.context.items()
            ],
        }


def access_review(right: Right) -> Mapping[str, Json]:
    """The body of the review that asks for *right*."""
    if right.path:
        spec: Json = {"nonResourceAttributes": {"path": right.path, "verb": right.act}}
    else:
        resource, _, part = right.resource.partition("/")
        named = {
            "verb": right.act,
            "group": right.group,
            "resource": resource,
            "subresource": part,
            "namespace": right.namespace,
            "name": right.name,
        }
        spec = {"resourceAttributes": {key: value for key, value in named.items() if value}}
    return {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": spec,
    }


def role_name(caller: str) -> str:
    """The name of the role behind the ARN of a session; empty: it is none."""
    return caller.partition(_SESSION)[2].partition("/")[0]


def role_arn(caller: str) -> str:
    """The ARN of the role behind a session if its path is ``/``; else *caller* itself."""
    name = role_name(caller)
    if not name:
        return caller
    _, partition, _, _, account, _ = caller.split(":", 5)
    return f"arn:{partition}:iam::{account}:role/{name}"


def simulations(needs: Sequence[Need], scope: Scope, group: Group | None) -> Iterator[Simulation]:
    """As few calls as there are resources and contexts; *group*: one of those to be changed."""
    alike: dict[tuple[str, bool, str], list[Right]] = {}
    for need in needs:
        right = need.right
        if right.aws and (right.service, right.act) not in FREE:
            bound = bound_of(right, scope)
            alike.setdefault((bound.resources[0], bound.tagged, right.tags), []).append(right)
    for (resource, tagged, pattern), rights in alike.items():
        context: dict[str, tuple[str, ...]] = {}
        if tagged and group is not None:
            resource = group.arn  # noqa: PLW2901  # in the place of all groups, one that is there
            context |= {f"aws:ResourceTag/{key}": (value,) for key, value in group.tags.items()}
        if pattern:
            context["aws:TagKeys"] = (pattern.replace("*", _EXAMPLE),)
        yield Simulation(rights=tuple(rights), resource=resource, context=context)


def _type(key: str) -> str:
    return "stringList" if key == "aws:TagKeys" else "string"
