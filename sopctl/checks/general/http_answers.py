"""``http.answers``: a URL answers a GET with an expected status, and with an expected text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sopctl.core.check import Check, Verdict
from sopctl.core.errors import UnreachableError
from sopctl.facts.world import World
from sopctl.providers.http import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*contains*: text in the answer; *secrets*: headers by reference, such as ``env:TOKEN``."""

    url: str
    status: tuple[int, ...] = (200,)
    contains: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    timeout: float = 10.0

    def __post_init__(self) -> None:
        self.request.check()

    @property
    def request(self) -> Request:
        return Request(
            method="GET",
            url=self.url,
            headers=self.headers,
            secrets=self.secrets,
            timeout=self.timeout,
        )


def look(world: World, params: Params) -> Verdict:
    """Redirects are answers, and are not followed."""
    try:
        answer = world.outside.http.send(params.request)
    except UnreachableError as error:
        return Verdict(holds=False, detail=error.summary)
    if answer.status not in params.status:
        return Verdict(holds=False, detail=f"{params.url} answers {answer.status}: {answer.text}")
    if params.contains.encode() not in answer.raw:
        return Verdict(holds=False, detail=f"{params.url} answers without {params.contains!r}")
    return Verdict(holds=True, detail=f"{params.url} answers {answer.status}")


CHECK: Check[Params] = Check(
    id="http.answers",
    summary="A URL answers as expected.",
    params=Params,
    look=look,
)
