"""Acting as somebody else, which takes a right of its own.

Source: k8s.io/apiserver pkg/endpoints/filters/impersonation.
"""

from __future__ import annotations

from dataclasses import replace

from sopctl.sandbox.k8s.authorize import Attributes, allowed
from sopctl.sandbox.k8s.errors import forbidden
from sopctl.sandbox.k8s.request import Request, User
from sopctl.sandbox.k8s.store import Store
from sopctl.sandbox.k8s.tokens import account_user

_HEADERS = frozenset({"impersonate-user", "impersonate-group"})
SEPARATOR = "\n"  # between the values of a header that was sent more than once


def impersonated(store: Store, request: Request) -> Request:
    """The request of the one it is made for; ApiError 403 when that is not the user's to do.

    What comes back has no such headers any more: asking again changes nothing.
    """
    name = request.headers.get("impersonate-user", "")
    groups = tuple(filter(None, request.headers.get("impersonate-group", "").split(SEPARATOR)))
    if not name:
        return request
    wanted = [_subject(name), *(("groups", "", group) for group in groups)]
    for resource, namespace, subject in wanted:
        asked = Attributes(verb="impersonate", resource=resource, namespace=namespace, name=subject)
        if not allowed(store, request.user, asked):
            where = f'in the namespace "{namespace}"' if namespace else "at the cluster scope"
            why = f'User "{request.user.name}" cannot impersonate resource "{resource}" in API '
            raise forbidden(resource, subject, f'{why}group "" {where}')
    resource, namespace, subject = _subject(name)
    user = User(name=name, groups=(*groups, "system:authenticated"))
    if resource == "serviceaccounts" and not groups:
        user = account_user(namespace, subject)
    left = {key: value for key, value in request.headers.items() if key not in _HEADERS}
    return replace(request, user=user, headers=left)


def _subject(name: str) -> tuple[str, str, str]:
    """(resource, namespace, name) of the right that impersonating a user takes."""
    match name.split(":"):
        case ["system", "serviceaccount", namespace, account]:
            return ("serviceaccounts", namespace, account)
        case _:
            return ("users", "", name)
