"""kubeconfig, credentials, TLS and connections, from the kubernetes client. Imported late.

Its typed APIs are never used: they cost a second of import, drop unknown fields and raise on odd
data. Its retries are off: they would send a PUT twice.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import urllib3
import yaml
from kubernetes.client import Configuration
from kubernetes.client.rest import RESTClientObject
from kubernetes.config import ConfigException, kube_config
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from yaml import YAMLError

from sopctl.core.errors import ProviderError, RefusedError
from sopctl.core.target import Target
from sopctl.providers.answers import LostReplyError
from sopctl.providers.k8s_errors import LOOK_FIRST, silent
from sopctl.providers.limits import Limits

# What the kubernetes client raises when a kubeconfig is YAML, but not of the right shape.
_MALFORMED = (ValueError, TypeError, KeyError, AttributeError, RecursionError)
MAX_REPLY = 96 * 2**20
"""Bytes of an answer, unpacked: twenty thousand pods in one list, from the cache, are 80 MB."""
MAX_KUBECONFIG, MAX_NESTED, MAX_EVENTS = 512 * 2**10, 32, 20_000
"""Of a kubeconfig; one of 300 clusters has 400 kB and 18,000 events of YAML."""
_PARSER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_files: Any = kube_config  # it says that it is typed, but its classes have no annotations


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back: any status; *body* is the parsed JSON, or empty."""

    status: int
    body: dict[str, Any]
    headers: Mapping[str, str]


@dataclass(slots=True)
class _Leaving:
    """One request on its way: whether its bytes may have left, and who may still stop it."""

    guard: Callable[[], None] | None
    left: bool = False


_leaving: ContextVar[_Leaving | None] = ContextVar("leaving", default=None)


def _leave() -> None:
    request = _leaving.get()
    if request is not None:
        if request.guard is not None:
            request.guard()
        request.left = True


class _Connection(HTTPConnection):
    def request(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401  # urllib3's signature
        _leave()
        super().request(*args, **kwargs)


class _TlsConnection(HTTPSConnection):
    # Called when the connection stands and TLS is agreed: right before the bytes.
    def request(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401  # urllib3's signature
        _leave()
        super().request(*args, **kwargs)


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


class K8sSdk:
    """The connection pool of one kubeconfig context, and its credentials."""

    def __init__(self, target: Target, limits: Limits) -> None:
        self._path = target.kubeconfig or os.environ.get("KUBECONFIG") or "~/.kube/config"
        self._context = target.context or None
        self._limits = limits
        self._lock = threading.Lock()
        self._configuration = self._load()
        self._pool = self._connect()

    @property
    def server(self) -> str:
        """The URL of the API server."""
        return str(self._configuration.host)

    @property
    def entries(self) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        """The kubeconfig's context and user in use, as written."""
        raw = self._merger.config.value
        name = self._context or raw.get("current-context")
        context = _named(raw.get("contexts", ()), name, "context")
        return {"name": name, **context}, _named(raw.get("users", ()), context.get("user"), "user")

    def authorization(self) -> str:
        """The Authorization header; near its expiry it is renewed, by one thread for all."""
        with self._lock:
            setting = self._configuration.auth_settings().get("BearerToken")
        return str(setting["value"]) if setting else ""

    def renew(self, refused: str) -> str:
        """Credentials loaded again, unless another thread has done so since *refused*."""
        with self._lock:
            setting = self._configuration.auth_settings().get("BearerToken")
            if (str(setting["value"]) if setting else "") == refused:
                self._configuration = self._load()
                self._pool.clear()
                self._pool = self._connect()
        return self.authorization()

    def send(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None = None,
        guard: Callable[[], None] | None = None,
    ) -> Answer:
        """One request, sent once. *guard* makes it a write; raises if no answer came."""
        request = _Leaving(guard)
        token = _leaving.set(request)
        try:
            response = self._pool.request(
                method,
                self.server + path,
                body=body,
                headers=dict(headers),
                preload_content=False,
            )
            what = f"{method} {path.partition('?')[0]}"
            data = _bounded(response, what, mutating=guard is not None)
        except urllib3.exceptions.HTTPError as error:
            raise silent(
                error,
                f"{method} {path.partition('?')[0]}",
                left=request.left,
                mutating=guard is not None,
                audit=headers.get("Audit-ID", ""),
            ) from error
        finally:
            _leaving.reset(token)
        return Answer(status=response.status, body=_parsed(data), headers=response.headers)

    def close(self) -> None:
        """Close every connection."""
        self._pool.clear()

    def _load(self) -> Configuration:
        configuration: Configuration = type.__call__(Configuration)  # not the shared default
        with _readable(self._path):
            for each in self._path.split(os.pathsep):
                _refuse_monstrous(os.path.expanduser(each))  # noqa: PTH111  # as the client does
            self._merger = _files.KubeConfigMerger(self._path)  # again: a token in it may be new
        if self._merger.config is None:
            raise RefusedError(
                f"there is no kubeconfig at {self._path}",
                hint="Name one with `sopctl target add --kubeconfig` or KUBECONFIG.",
            )
        with _readable(self._path):
            loader = _files.KubeConfigLoader(
                config_dict=self._merger.config,
                active_context=self._context,
                config_base_path=None,
                config_persister=self._merger.save_changes,
            )
            loader.load_and_set(configuration)
            if "expiry" not in vars(loader):  # nothing to renew: else it is all set for each call
                configuration.refresh_api_key_hook = None
            _, user = self.entries
        if "exec" in user and not (configuration.api_key or configuration.cert_file):
            raise RefusedError(
                f"the credential plugin {user['exec'].get('command')} gave no credentials",
                hint="Run it by hand to see why, or sign in again.",
            )
        configuration.connection_pool_maxsize = self._limits.pool
        return configuration

    def _connect(self) -> urllib3.PoolManager:
        pool: urllib3.PoolManager = RESTClientObject(self._configuration).pool_manager
        pool.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}
        pool.connection_pool_kw["retries"] = False
        pool.connection_pool_kw["timeout"] = urllib3.Timeout(
            connect=self._limits.connect, read=self._limits.read
        )
        return pool


def _refuse_monstrous(path: str) -> None:
    """Raise ValueError for what the client's own reader, which is slow and recurses, dies of."""
    if not os.path.isfile(path):  # noqa: PTH113  # a text, as above
        return
    with open(path, "rb") as stream:  # noqa: PTH123  # as above
        text = stream.read(MAX_KUBECONFIG + 1)
    if len(text) > MAX_KUBECONFIG:
        raise ValueError(f"it is longer than {MAX_KUBECONFIG >> 10} kB")
    depth = 0
    for number, event in enumerate(yaml.parse(text, Loader=_PARSER)):
        opens = isinstance(event, yaml.CollectionStartEvent)
        depth += opens - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_NESTED or number > MAX_EVENTS:
            raise ValueError("it is nested too deep, or has too many entries")


@contextmanager
def _readable(path: str) -> Iterator[None]:
    try:
        yield
    except (ConfigException, YAMLError, OSError, *_MALFORMED) as error:
        said = " ".join(str(error).split()).rstrip(".") or type(error).__name__
        if isinstance(error, RecursionError):
            said = "it is nested too deep"
        elif isinstance(error, TypeError | AttributeError):  # what Python says of it helps nobody
            said = "it is not a mapping of clusters, users and contexts"
        raise RefusedError(
            f"the kubeconfig {path} cannot be used: {said}",
            hint="Try `kubectl --kubeconfig` with it, or name another with `sopctl target add`.",
        ) from error


def _bounded(response: urllib3.BaseHTTPResponse, what: str, *, mutating: bool) -> bytes:
    """What it says, unpacked; raises if that is more than anybody has to read."""
    data = response.read(MAX_REPLY + 1, decode_content=True)
    if len(data) <= MAX_REPLY:
        response.drain_conn()
        response.release_conn()
        return data
    response.close()  # the rest is not read, so the connection is of no use any more
    summary = f"{what}: the answer is longer than {MAX_REPLY >> 20} MB"
    if mutating:
        raise LostReplyError(summary, hint=LOOK_FIRST)
    raise ProviderError(summary, hint="Find out who answers at the address of the cluster.")


def _named(entries: Any, name: str | None, key: str) -> Mapping[str, Any]:  # noqa: ANN401  # as written
    for entry in entries:
        if entry["name"] == name:
            found = getattr(entry[key], "value", entry[key])
            return found if isinstance(found, Mapping) else {}
    return {}


def _parsed(data: bytes) -> dict[str, Any]:
    try:
        body = json.loads(data) if data else {}
    except (ValueError, RecursionError):
        return {"message": data[:200].decode(errors="replace")}
    return body if isinstance(body, dict) else {"message": str(body)[:200]}
