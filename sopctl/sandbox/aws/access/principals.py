"""Who is behind an access key, and which policies speak for them.

The sandbox's own key, and any key that IAM and STS here did not issue, is the on-call session of a
role that may do everything, as most people's is. Keys that were issued are held to their policies.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from moto.iam.models import IAMBackend, Role, User, iam_backends
from moto.sts.models import sts_backends

from sopctl.sandbox.aws.access.policy import Statement, statements
from sopctl.sandbox.aws.patches.identity import ROLE, ROLE_ID, SESSION

ADMINISTRATOR = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
)
TRUST = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":'
    '"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who calls. *statements* is None for one who is not held to policies.

    ``name`` is what CloudTrail calls the user: the session's name, or the IAM user's.
    """

    arn: str
    name: str
    id: str
    kind: str
    expires: datetime | None = None
    statements: tuple[Statement, ...] | None = None
    # Of the policy that was given when the session was begun: it can only take away.
    session: tuple[Statement, ...] | None = None


def plant_role(account: str) -> None:
    """Put the sandbox's own role into IAM, as its session says that it is there."""
    iam = _iam(account)
    iam.create_role(ROLE, TRUST, "/", None, "The sandbox's on-call role", [], "43200")
    iam.put_role_policy(ROLE, "administrator", ADMINISTRATOR)
    iam.get_role(ROLE).id = ROLE_ID


def principal_of(account: str, access_key: str) -> Principal:
    """Who calls with *access_key*."""
    session = sts_backends[account]["aws"].get_assumed_role_from_access_key(access_key)
    if session is not None:
        return Principal(
            arn=session.arn,
            name=session.session_name,
            id=session.user_id,
            kind="AssumedRole",
            expires=session.expiration,
            statements=statements_of(account, session.role_arn),
            session=statements("session", session.policy) if session.policy else None,
        )
    user = _iam(account).get_user_from_access_key_id(access_key)
    if user is not None:
        return Principal(
            arn=user.arn,
            name=user.name,
            id=user.id,
            kind="IAMUser",
            statements=statements_of(account, user.arn),
        )
    return Principal(
        arn=f"arn:aws:sts::{account}:assumed-role/{ROLE}/{SESSION}",
        name=SESSION,
        id=f"{ROLE_ID}:{SESSION}",
        kind="AssumedRole",
    )


def statements_of(account: str, arn: str) -> tuple[Statement, ...] | None:
    """Every statement for the user or role *arn*; None if there is no such one."""
    iam = _iam(account)
    for role in iam.get_roles():
        if role.arn == arn:
            return tuple(_of_role(role))
    for user in iam.list_users("/", None, None):
        if user.arn == arn:
            return tuple(_of_user(iam, user))
    return None


def _of_role(role: Role) -> Iterator[Statement]:
    for name, document in role.policies.items():
        yield from statements(name, document)
    yield from _attached(role)


def _of_user(iam: IAMBackend, user: User) -> Iterator[Statement]:
    for name, document in user.policies.items():
        yield from statements(name, document)
    yield from _attached(user)
    for group in iam.get_groups_for_user(user.name):
        for name, document in group.policies.items():
            yield from statements(name, document)
        yield from _attached(group)


def _attached(holder: Any) -> Iterator[Statement]:  # noqa: ANN401  # a user, group or role of moto
    for policy in holder.managed_policies.values():
        version = next(each for each in policy.versions if each.is_default)
        yield from statements(policy.name, version.document)


def _iam(account: str) -> IAMBackend:
    backend: IAMBackend = iam_backends[account]["aws"]
    return backend
