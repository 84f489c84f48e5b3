"""botocore sessions and clients, made as sopctl needs them. Imported late: it costs 0.2 s.

boto3's clients are botocore's; its resource layer is never used, so it is not imported.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import botocore.loaders
import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.paginate import Paginator
from botocore.parsers import ResponseParserError

from sopctl.core.target import Target
from sopctl.providers.aws_errors import translated
from sopctl.providers.limits import Limits

Guard = Callable[[str], None]
"""Called with the access key that signed a write, right before it is sent; raises to abort."""

_guard: ContextVar[Guard | None] = ContextVar("guard", default=None)


class AwsSdk:
    """One session and its clients, each made once."""

    def __init__(self, target: Target, *, agent: str, limits: Limits) -> None:
        with _ours(f"profile {target.profile or 'default'}"):
            self._session = _session(target)
            self._endpoint = _endpoint(self._session, target)
        self._region = target.region or None
        self._config = Config(
            connect_timeout=limits.connect,
            read_timeout=limits.read,
            retries={"total_max_attempts": 1, "mode": "standard"},
            max_pool_connections=limits.pool,
            user_agent_extra=agent or None,
            tcp_keepalive=True,
        )
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()

    @property
    def region(self) -> str:
        return self._region or self._session.get_config_variable("region") or ""

    # botocore makes the classes of its clients at run time, so they have no type to name.
    def client(self, service: str) -> Any:  # noqa: ANN401  # see above
        """The client of *service*. Making one is not thread-safe, using one is."""
        with self._lock:
            if service not in self._clients:
                made = self._session.create_client(
                    service,
                    region_name=self._region,
                    endpoint_url=self._endpoint,
                    config=self._config,
                )
                made.meta.events.register("before-send", _before_send)
                self._clients[service] = made
            return self._clients[service]

    def call(
        self, service: str, operation: str, kwargs: Mapping[str, Any], guard: Guard | None = None
    ) -> dict[str, Any]:
        """One request, sent once; *guard* makes it a write. Raises our errors only."""
        token = _guard.set(guard)
        try:
            with _ours(f"{service}.{operation}", mutating=guard is not None):
                answer: dict[str, Any] = getattr(self.client(service), operation)(**kwargs)
                return answer
        finally:
            _guard.reset(token)

    def pages(
        self, service: str, operation: str, ask: Callable[..., Mapping[str, Any]]
    ) -> Callable[..., Iterable[Mapping[str, Any]]]:
        """A function that yields the pages of *operation*, each fetched by *ask*."""
        with _ours(f"{service}.{operation}"):
            client = self.client(service)
        if not client.can_paginate(operation):
            return lambda **kwargs: (ask(**kwargs),)
        name = client.meta.method_to_api_mapping[operation]
        loader = self._session.get_component("data_loader")
        config = loader.load_service_model(service, "paginators-1")["pagination"][name]
        paginator = Paginator(ask, config, client.meta.service_model.operation_model(name))
        pages: Callable[..., Iterable[Mapping[str, Any]]] = paginator.paginate
        return pages

    def secrets(self) -> tuple[str, ...]:
        """The secret parts of the credentials in use, for whoever keeps them out of records."""
        found = self._session.get_credentials()
        if found is None:
            return ()
        frozen = found.get_frozen_credentials()
        return tuple(str(each) for each in (frozen.secret_key, frozen.token) if each)

    def close(self) -> None:
        """Close every connection."""
        with self._lock:
            for client in self._clients.values():
                client.close()
            self._clients.clear()


def _session(target: Target) -> Any:  # noqa: ANN401  # botocore has no types
    profile = target.profile or ("default" if target.aws_config else None)
    session = botocore.session.Session(profile=profile)
    if target.aws_config:
        # In place of the user's own configuration: a profile named here, never the environment's
        # keys, which botocore prefers unless a profile is named.
        session.set_config_variable("config_file", target.aws_config)
        session.set_config_variable("credentials_file", target.aws_config)
    if target.region:
        session.set_config_variable("region", target.region)
    session.set_config_variable("sts_regional_endpoints", "regional")
    session.register_component("data_loader", _loader(session.get_config_variable("data_path")))
    return session


@functools.cache
def _loader(data_path: str | None) -> Any:  # noqa: ANN401  # botocore has no types
    """The reader of API models, shared by all targets: EC2's alone take 50 ms to parse."""
    return botocore.loaders.create_loader(data_path)


def _endpoint(session: Any, target: Target) -> str | None:  # noqa: ANN401  # botocore has no types
    """The endpoint of a target with its own file, where AWS_ENDPOINT_URL must not win."""
    if not target.aws_config:
        return None
    endpoint: str | None = session.get_scoped_config().get("endpoint_url")
    return endpoint


@contextmanager
def _ours(what: str, *, mutating: bool = False) -> Iterator[None]:
    """Errors of botocore leave as our own."""
    try:
        yield
    except (BotoCoreError, ClientError, ResponseParserError) as error:
        raise translated(error, what=what, mutating=mutating) from error


def _before_send(request: Any, **_: object) -> None:  # noqa: ANN401  # an AWSPreparedRequest
    guard = _guard.get()
    if guard is None:
        return
    token = _guard.set(None)  # what the guard asks itself is not a write
    try:
        guard(_access_key(request.headers.get("Authorization", "")))
    finally:
        _guard.reset(token)


def _access_key(authorization: str | bytes) -> str:
    """The key id in ``AWS4-HMAC-SHA256 Credential=AKIA.../20261101/...``."""
    text = authorization.decode() if isinstance(authorization, bytes) else authorization
    return text.partition("Credential=")[2].partition("/")[0]
