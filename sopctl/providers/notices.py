"""The only door to people: apprise, which knows how to reach them. Imported when first used.

Addresses are secrets. What is said about a failure is put together here, and nothing of it comes
from apprise but the number that a service answered.
"""

from __future__ import annotations

import importlib.util
import logging
import re
import threading
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Final

from sopctl.core.errors import RefusedError
from sopctl.core.notice import Notice, Told
from sopctl.providers.http import LOOPBACK
from sopctl.providers.secrets import Secrets

if TYPE_CHECKING:
    from apprise import AppriseAsset, NotifyBase

LIMIT: Final = 10.0  # seconds of this machine until an answer is not waited for any more
_OWN_HOST: Final = ("custom_form", "custom_json", "custom_xml")
_STATUS: Final = re.compile(r"\berror=(\d{3})\b")
_MISSING: Final = "apprise is not installed: `pip install 'sopctl[notify]'`"
_REAL: Final = "it is real, and this is a practice world"


def _as_it_is(text: str) -> str:
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Notices:
    """Tells *people*, by name; the addresses of each are URLs of apprise, or references to them.

    *always* is for what names nobody. In a *practice* world only this machine is told anything.
    *scrub* takes secrets out of what is said. *limit* is in seconds, for everybody together.
    """

    people: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    always: tuple[str, ...] = ()
    practice: bool = False
    secrets: Secrets = field(default_factory=Secrets)
    scrub: Callable[[str], str] = _as_it_is
    limit: float = LIMIT

    def doubts(self, notice: Notice) -> tuple[str, ...]:
        """Who of *notice* could not be told, and why, as far as that can be known before."""
        found = []
        for name in notice.to or self.always:
            try:
                self._addresses(name)
            except RefusedError as error:
                found.append(f"{name} will not be told: {error.summary}")
        if not found and (notice.to or self.always) and not _installed():
            found.append(f"nobody will be told: {_MISSING}")
        return tuple(found)

    def tell(self, notice: Notice, body: str, guard: Callable[[], None]) -> tuple[Told, ...]:
        """Send *body* to everybody of *notice* at the same time, once, and wait for the answers.

        Raises what *guard* raises; else whatever happens is in the answer.
        """
        names = tuple(dict.fromkeys(notice.to or self.always))
        if names:
            guard()
        letter = (self.scrub(notice.title), self.scrub(body))
        sendings = [(name, self._start(name, *letter)) for name in names]
        until = monotonic() + self.limit
        return tuple(_together(name, started, until) for name, started in sendings)

    def _start(self, name: str, title: str, body: str) -> list[_Sending] | str:
        """A thread for each address, or why there is none. They do not keep sopctl from ending."""
        try:
            addresses = self._addresses(name)
        except RefusedError as error:
            return error.summary
        if not _installed():
            return _MISSING
        started = [_Sending(each, title, body, practice=self.practice) for each in addresses]
        for sending in started:
            sending.start()
        return started

    def _addresses(self, name: str) -> tuple[str, ...]:
        """The URLs of *name*; no journal keeps them. Raises RefusedError where there are none."""
        if name not in self.people:
            raise RefusedError(
                f"policy.yaml names nobody {name}", hint="Add them to notify, with an address."
            )
        found = []
        for address in self.people[name]:
            if "://" in address:
                self.secrets.hide(address)
                found.append(address)
            else:
                found.append(self.secrets.value(address))
        return tuple(found)


def _installed() -> bool:
    return importlib.util.find_spec("apprise") is not None


class _Sending(threading.Thread):
    """One message to one address, and what came of it."""

    def __init__(self, address: str, title: str, body: str, *, practice: bool) -> None:
        super().__init__(daemon=True)
        self._address, self._title, self._body = address, title, body
        self._practice = practice
        self.ok: bool | None = None
        self.why = "no answer in time"

    def run(self) -> None:
        try:
            from apprise import Apprise  # noqa: PLC0415  # 0.3 s, and only if somebody is told

            with _heard() as said:
                plugin = Apprise.instantiate(self._address, asset=_asset())
                self.ok, self.why = self._send(plugin, said)
        except Exception as error:  # noqa: BLE001  # of 130 services; none of them may end a run
            self.ok, self.why = None, f"it broke off: {type(error).__name__}"

    def _send(self, plugin: NotifyBase | None, said: list[str]) -> tuple[bool, str]:
        if plugin is None:
            return False, "apprise cannot read the address, or cannot send to such a one here"
        if self._practice and not _is_here(plugin):
            return False, _REAL
        plugin.retry, plugin.redirects = 0, False  # whatever the address says: sent once, there
        if plugin.notify(title=self._title, body=self._body):
            return True, ""
        status = next((hit[1] for line in said if (hit := _STATUS.search(line))), "")
        return False, f"refused, with {status}" if status else "it cannot be reached, or refused"


def _asset() -> AppriseAsset:
    """Without retries, redirects, files of templates, or anything kept on disk."""
    from apprise import AppriseAsset  # noqa: PLC0415  # as above

    return AppriseAsset(
        app_id="sopctl",
        app_desc="sopctl",
        app_url="",
        async_mode=False,
        allow_templates=False,
        http_redirects=False,
        secure_logging=True,
        service_timeout=0,
        storage_mode="memory",
    )


def _is_here(plugin: NotifyBase) -> bool:
    """Whether it goes to this machine, by a service whose host is what its address says."""
    host = str(plugin.host)
    generic = type(plugin).__module__.rpartition(".")[2] in _OWN_HOST
    direct = not urllib.request.getproxies() or urllib.request.proxy_bypass(host)
    return generic and host in LOOPBACK and bool(direct)


def _together(name: str, started: list[_Sending] | str, until: float) -> Told:
    """One of several addresses is enough to be told."""
    if isinstance(started, str):
        return Told(name, ok=False, why=started)
    for sending in started:
        sending.join(max(0.0, until - monotonic()))
    bad = [sending for sending in started if not sending.ok]
    why = "; ".join(sending.why for sending in bad)
    if len(bad) < len(started):
        return Told(name, ok=True, why=why and f"but not at every address: {why}")
    return Told(name, ok=None if any(each.ok is None for each in bad) else False, why=why)


class _Ear(logging.Handler):
    """Keeps what apprise logs from every screen and file; each thread hears its own lines."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.heard = threading.local()

    def emit(self, record: logging.LogRecord) -> None:
        if (lines := getattr(self.heard, "lines", None)) is not None:
            lines.append(record.getMessage())


_EAR: Final = _Ear()


@contextmanager
def _heard() -> Iterator[list[str]]:
    logger = logging.getLogger("apprise")
    logger.propagate = False
    if _EAR not in logger.handlers:
        logger.addHandler(_EAR)
    _EAR.heard.lines = []
    try:
        yield _EAR.heard.lines
    finally:
        del _EAR.heard.lines
