"""Tokens of service accounts: made by TokenRequest, believed until they expire.

They have the form of the real ones (JSON Web Tokens), signed with a secret of this cluster.
Source: pkg/registry/core/serviceaccount/storage/token.go, pkg/serviceaccount/claims.go.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from http import HTTPStatus

from sopctl.sandbox.k8s.errors import bad_request, cause, conflict, invalid
from sopctl.sandbox.k8s.objects import Json, Obj, dig, encode, stamp
from sopctl.sandbox.k8s.request import Response, User, answer
from sopctl.sandbox.k8s.store import Store

ISSUER = "https://kubernetes.default.svc"
_SHORTEST, _USUAL, _LONGEST = 600, 3600, 1 << 32
_PREFIX = "system:serviceaccount"


def account_user(namespace: str, name: str) -> User:
    """The user that a service account is."""
    groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}")
    return User(name=f"{_PREFIX}:{namespace}:{name}", groups=(*groups, "system:authenticated"))


class Tokens:
    """Issues and checks the tokens of one cluster; `now` is its clock."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now
        self._secret = secrets.token_bytes(32)

    def request(self, account: Obj, body: Obj) -> Response:
        """The answer to a TokenRequest for an account.

        Raises ApiError 422 for less than ten minutes, 409 for a binding to another incarnation.
        """
        spec = body.get("spec") or {}
        if not isinstance(spec, dict):
            raise bad_request("spec: an object was expected")
        seconds = spec.get("expirationSeconds", _USUAL)
        if not isinstance(seconds, int) or not _SHORTEST <= seconds <= _LONGEST:
            text = f"Invalid value: {seconds}: may not specify a duration less than 10 minutes"
            wrong = cause("FieldValueInvalid", "spec.expirationSeconds", text)
            name = account["metadata"]["name"]
            raise invalid("TokenRequest", "authentication.k8s.io", name, [wrong])
        self._check_bound(account, spec.get("boundObjectRef"))
        audiences = spec.get("audiences") or [ISSUER]
        ends = self._now() + timedelta(seconds=seconds)
        token = self._signed(account, audiences, ends)
        meta = {key: account["metadata"][key] for key in ("name", "namespace")}
        review = {
            "kind": "TokenRequest",
            "apiVersion": "authentication.k8s.io/v1",
            "metadata": {**meta, "creationTimestamp": stamp(self._now())},
            "spec": {**spec, "audiences": audiences, "expirationSeconds": seconds},
            "status": {"token": token, "expirationTimestamp": stamp(ends)},
        }
        return answer(review, HTTPStatus.CREATED)

    def user_of(self, token: str) -> User | None:
        """Whose token it is; None for one that is none, is over, or of an account that is gone."""
        try:
            head, claims, signature = token.split(".")
        except ValueError:
            return None
        if not hmac.compare_digest(signature, self._signature(f"{head}.{claims}")):
            return None
        said: Obj = json.loads(base64.urlsafe_b64decode(claims + "=="))
        known = said["kubernetes.io"]
        namespace, name = known["namespace"], known["serviceaccount"]["name"]
        account = self._store.get("serviceaccounts", (namespace, name))
        same = dig(account, "metadata", "uid") == known["serviceaccount"]["uid"]
        if not same or ISSUER not in said["aud"] or said["exp"] <= self._now().timestamp():
            return None
        return account_user(namespace, name)

    def _check_bound(self, account: Obj, reference: Json) -> None:
        if not reference:
            return
        storage = {"Pod": "pods", "Secret": "secrets", "Node": "nodes"}.get(reference.get("kind"))
        if storage is None:
            raise bad_request(f"cannot bind token for {reference.get('kind')} object")
        namespace = "" if storage == "nodes" else account["metadata"]["namespace"]
        found = self._store.get(storage, (namespace, reference.get("name", "")))
        wanted = reference.get("uid")
        if found is None or (wanted and wanted != found["metadata"]["uid"]):
            why = f"the UID in the bound object reference ({wanted}) does not match the UID in "
            raise conflict(storage, reference.get("name", ""), why + "record")

    def _signed(self, account: Obj, audiences: list[str], ends: datetime) -> str:
        meta = account["metadata"]
        claims = {
            "aud": audiences,
            "exp": int(ends.timestamp()),
            "iat": int(self._now().timestamp()),
            "iss": ISSUER,
            "kubernetes.io": {
                "namespace": meta["namespace"],
                "serviceaccount": {"name": meta["name"], "uid": meta["uid"]},
            },
            "sub": f"{_PREFIX}:{meta['namespace']}:{meta['name']}",
        }
        signed = f"{_text(encode({'alg': 'HS256', 'typ': 'JWT'}))}.{_text(encode(claims))}"
        return f"{signed}.{self._signature(signed)}"

    def _signature(self, signed: str) -> str:
        return _text(hmac.new(self._secret, signed.encode(), hashlib.sha256).digest())


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
