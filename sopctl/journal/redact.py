"""Nothing secret enters the journal: a scrubber for every string on its way in.

Two nets. *Detectors* know the shape of a secret (an access key id, a JWT, a private key). The
*register* knows the value: whoever reads a secret tells the scrubber, and the value is found raw,
JSON-escaped, URL-encoded, and in base64 at any of its three alignments inside a longer text.

A scrubbed string says what was taken out, as ``[redacted jwt]``. It is no longer the value that
was there, so a state that carries the sign must never be written back; ``is_redacted`` tells.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, quote_plus

from sopctl.core.codec import Json, canonical

SHORTEST: Final = 6
"""Registered values of fewer characters are ignored: they would be found in half of all words."""

_SIGN = re.compile(r"\[redacted [a-z0-9-]+\]")


@dataclass(frozen=True, slots=True)
class _Detector:
    """*hints*: lower-case pieces, one of which is in every match; they make the usual no fast."""

    name: str
    hints: tuple[str, ...]
    pattern: re.Pattern[str]


# Shapes: AWS "IAM identifiers" (AKIA, ASIA), RFC 7519 (JWT), RFC 7468 (PEM), RFC 6750 (Bearer),
# aws-iam-authenticator (k8s-aws-v1), SigV4 query strings, GitHub and Slack token formats.
# In a pattern the group "keep" stays: it says what kind of secret was there.
_DETECTORS: Final = (
    _Detector(
        "private-key",
        ("private key-----",),
        re.compile(
            r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|\Z)",
            re.DOTALL,
        ),
    ),
    _Detector(
        "eks-token", ("k8s-aws-v1.",), re.compile(r"\bk8s-aws-v1\.[A-Za-z0-9_=-]{8,}")
    ),
    _Detector(
        "jwt",
        ("eyj",),
        re.compile(r"\beyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{6,}(?:\.[A-Za-z0-9_-]*)?"),
    ),
    _Detector(
        "aws-key-id", ("akia", "asia"), re.compile(r"(?<![A-Z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}")
    ),
    _Detector(
        "aws-session-token",
        ("iqojb3jpz2lu", "fwogzxivyxdz", "fqogzxivyxdz", "fqodyxdz"),
        re.compile(r"(?:IQoJb3JpZ2lu|FwoGZXIvYXdz|FQoGZXIvYXdz|FQoDYXdz)[A-Za-z0-9+/=%_-]{16,}"),
    ),
    _Detector(
        "aws-secret-key",
        ("secret",),
        re.compile(
            r"(?P<keep>secret_?(?:access_?)?key[\"']?\s*[:=]\s*[\"']?)[A-Za-z0-9/+]{40}",
            re.IGNORECASE,
        ),
    ),
    _Detector(
        "signature",
        ("x-amz-",),
        re.compile(
            r"(?P<keep>X-Amz-(?:Signature|Security-Token|Credential)=)[^&\s\"'\[]+", re.IGNORECASE
        ),
    ),
    _Detector(
        "bearer",
        ("bearer",),
        re.compile(
            r"(?P<keep>\bbearer\s+)(?=\S*\d|\S{20})[A-Za-z0-9._~+/=-]{8,}", re.IGNORECASE
        ),
    ),
    _Detector(
        "github-token",
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"),
        re.compile(r"\bgh[pousr]_[A-Za-z0-9]{36,}"),
    ),
    _Detector("slack-token", ("xox",), re.compile(r"\bxox[abeprs]-[A-Za-z0-9-]{10,}")),
    _Detector(
        "password", ("://",), re.compile(r"(?P<keep>://[^/\s:@\[]*:)[^/\s@\[]+(?=@)")
    ),
)  # fmt: skip
_HINTS: Final = tuple(hint for detector in _DETECTORS for hint in detector.hints)
_SHORTEST_SHAPE: Final = 8  # no detector matches less


class Scrubber:
    """Takes secrets out of strings. Thread-safe: *register* replaces the pattern as a whole."""

    def __init__(self) -> None:
        self._values: frozenset[str] = frozenset()
        self._known: re.Pattern[str] | None = None  # in a string
        self._screen: re.Pattern[str] | None = None  # in the JSON of a whole value

    def register(self, *secrets: str) -> None:
        """From now on these values, in all their spellings, are taken out of every string."""
        fresh = {form for secret in secrets for form in _spellings(secret)}
        self._values = self._values | fresh
        if fresh:
            escaped = {json.dumps(form, ensure_ascii=False)[1:-1] for form in self._values}
            self._known, self._screen = _any_of(self._values), _any_of(escaped)

    def text(self, text: str) -> str:
        """*text* without secrets, and writable as UTF-8 (lone surrogates are spelled out)."""
        if not text.isascii():
            text = text.encode("utf-8", "backslashreplace").decode()
        if self._known is not None:
            text = self._known.sub("[redacted registered]", text)
        if len(text) < _SHORTEST_SHAPE:
            return text
        lower = text.lower()
        for detector in _DETECTORS:
            if any(hint in lower for hint in detector.hints):
                text = detector.pattern.sub(_replacement(detector), text)
        return text

    def json(self, value: Json) -> Json:
        """*value* with every string in it, keys too, scrubbed; tuples become lists, as in JSON.

        Raises ValueError or TypeError if *value* has no JSON form.
        """
        try:
            whole = canonical(value).decode()
        except UnicodeEncodeError:  # a lone surrogate; the walk spells it out
            return self._walk(value)
        lower = whole.lower()
        known = self._screen is not None and self._screen.search(whole)
        if known or any(hint in lower for hint in _HINTS):
            return self._walk(value)
        plain: Json = json.loads(whole)  # nearly always: nothing in it looks like a secret
        return plain

    def _walk(self, value: Json) -> Json:
        if isinstance(value, str):
            return self.text(value)
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, Mapping):
            return {self.text(key): self._walk(item) for key, item in value.items()}
        return [self._walk(item) for item in value]


def is_redacted(value: Json) -> bool:
    """Was something taken out of *value*? Then it is not what the target held."""
    if isinstance(value, str):
        return _SIGN.search(value) is not None
    if value is None or isinstance(value, bool | int | float):
        return False
    if isinstance(value, Mapping):
        return any(is_redacted(key) or is_redacted(item) for key, item in value.items())
    return any(is_redacted(item) for item in value)


def _replacement(detector: _Detector) -> str:
    kept = r"\g<keep>" if "keep" in detector.pattern.groupindex else ""
    return f"{kept}[redacted {detector.name}]"


def _any_of(forms: Collection[str]) -> re.Pattern[str]:
    longest_first = sorted(forms, key=lambda form: (-len(form), form))
    return re.compile("|".join(map(re.escape, longest_first)))


def _spellings(secret: str) -> set[str]:
    """How *secret* may stand in a text."""
    if len(secret) < SHORTEST:
        return set()
    escaped = _in_json(secret)
    forms = {secret, *escaped}.union(*map(_in_json, escaped))  # also as JSON in JSON
    for quoted in (quote(secret, safe=""), quote(secret), quote_plus(secret)):
        forms |= {quoted, re.sub(r"%[0-9A-F]{2}", lambda hit: hit[0].lower(), quoted)}
    raw = secret.encode("utf-8", "backslashreplace")
    for offset in range(3):
        inside = _base64_core(raw, offset)
        if len(inside) >= SHORTEST:
            forms |= {inside, inside.replace("+", "-").replace("/", "_")}
    return forms


def _in_json(text: str) -> set[str]:
    return {json.dumps(text, ensure_ascii=ascii_only)[1:-1] for ascii_only in (True, False)}


def _base64_core(raw: bytes, offset: int) -> str:
    """The characters that *raw* always yields when *offset* bytes (modulo 3) stand before it."""
    encoded = base64.b64encode(b"\0" * offset + raw).decode()
    start = (0, 2, 3)[offset]
    end = (offset + len(raw)) * 8 // 6  # a character that also depends on what follows is left out
    return encoded[start:end]
