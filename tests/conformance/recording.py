"""Answers of real API servers, written down once and held against the simulator ever after.

A course is a list of calls. `python -m tests.conformance.recording` plays it against a real server
and keeps what was answered; `test_recorded.py` plays it against the simulator.
"""

from __future__ import annotations

import argparse
import base64
import json
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import urllib3
import yaml

FOLDER = Path(__file__).parent / "recorded"
JSON = "application/json"
JSON_PATCH = "application/json-patch+json"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
APPLY = "application/apply-patch+yaml"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
PARTIAL = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"
PARTIALS = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"
_UID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_SUFFIX = re.compile(r"(Bad_)[a-z0-9]{5}\b")
_RECORD = re.compile(r"(in record \(|current: )\d+")
_STORED = re.compile(r"Key: /[^,]+,")
_CELL_AGE = re.compile(r"\d+s")


# A hash that only says that the version stayed the same, and the time of an entry, which an owner
# loses that loses a field to a scale.
_NOISE = ("storageVersionHash", "time")
_WORDS = ("description", "message", "warning")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One call of a course.

    `differs` says why the simulator does not answer as the server does; it is held that it does
    not, so that the words go when the difference does. With `words` false, messages may differ.
    """

    name: str
    method: str
    path: str
    body: Any = None
    media: str = JSON
    accept: str = JSON
    differs: str = ""
    words: bool = True
    core: bool = False
    settle: float = 0.0  # seconds that a real server needs before the next call

    @property
    def sent(self) -> bytes | None:
        if self.body is None:
            return None
        text = self.body if isinstance(self.body, str) else json.dumps(self.body)
        return text.encode()


Course = Sequence[Asked]


@dataclass(frozen=True)
class Server:
    """An API server by its kubeconfig: a token and no client certificate."""

    url: str
    token: str
    authority: str

    @classmethod
    def of(cls, kubeconfig: Path) -> Server:
        config = yaml.safe_load(kubeconfig.read_text())
        cluster = config["clusters"][0]["cluster"]
        token = config["users"][0]["user"]["token"]
        authority = cluster.get("certificate-authority")
        if authority is None:
            held = base64.b64decode(cluster["certificate-authority-data"])
            authority = kubeconfig.with_suffix(".ca")
            authority.write_bytes(held)
        return cls(cluster["server"], token, str(authority))

    def ask(self, asked: Asked) -> Any:
        headers = {"Authorization": f"Bearer {self.token}", "User-Agent": "probe/1.0"}
        headers["Accept"] = asked.accept
        if asked.body is not None:
            headers["Content-Type"] = asked.media
        with urllib3.PoolManager(retries=False, ca_certs=self.authority) as pool:
            answer = pool.request(asked.method, self.url + asked.path, asked.sent, headers=headers)
        time.sleep(asked.settle)
        return answered(answer.status, answer.headers, answer.data)


def play(course: Course, server: Server, core: Server | None = None) -> list[Any]:
    """What was answered to each call of a course."""
    return [(core or server if asked.core else server).ask(asked) for asked in course]


def answered(status: int, headers: Mapping[str, str], data: bytes) -> Any:
    """An answer without what differs from one play to the next."""
    media = headers.get("Content-Type", "").split(";")[0]
    body = json.loads(data) if media == JSON else data.decode()
    warning = headers.get("Warning")
    told = {"warning": warning} if warning else {}
    return {"status": status, "media": media, "body": _normal(body), **told}


def _normal(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _normal(inner, name) for name, inner in value.items() if name not in _NOISE}
    if isinstance(value, list):
        items = [_normal(item, key) for item in value]
        if key == "managedFields":
            items.sort(key=lambda item: json.dumps(item, sort_keys=True))
        # A cause that is found twice is told twice by one of the two, which helps nobody.
        return list(_once(items)) if key == "causes" else items
    if not isinstance(value, str):
        return value
    if key in ("resourceVersion", "continue") and value:
        return f"<{key}>"
    if key == "cells":
        value = _CELL_AGE.sub("<age>", value)
    for pattern, put in (
        (_UID, "<uid>"),
        (_TIME, "<time>"),
        (_SUFFIX, r"\1<suffix>"),
        (_RECORD, r"\1<version>"),
        (_STORED, "Key: <key>,"),
    ):
        value = pattern.sub(put, value)
    return value


def _once(items: Sequence[Any]) -> Iterator[Any]:
    for index, item in enumerate(items):
        if item not in items[:index]:
            yield item


def differences(real: Any, ours: Any, place: str = "") -> Iterator[str]:
    """Where two answers differ, one line each."""
    if isinstance(real, dict) and isinstance(ours, dict):
        for key in sorted(real.keys() | ours.keys()):
            if key not in ours:
                yield f"{place}.{key}: {real[key]!r} is missing"
            elif key not in real:
                yield f"{place}.{key}: {ours[key]!r} is too much"
            else:
                yield from differences(real[key], ours[key], f"{place}.{key}")
    elif isinstance(real, list) and isinstance(ours, list) and len(real) == len(ours):
        for index, pair in enumerate(zip(real, ours, strict=True)):
            yield from differences(*pair, f"{place}[{index}]")
    elif real != ours:
        yield f"{place}: {real!r}, not {ours!r}"


def without_words(answer: Any) -> Any:
    """The answer without the texts that are for people."""
    if isinstance(answer, dict):
        return {k: without_words(v) for k, v in answer.items() if k not in _WORDS}
    return [without_words(each) for each in answer] if isinstance(answer, list) else answer


def load(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text())


def course(name: str) -> Course:
    found: Course = import_module(f"tests.conformance.courses.{name}").COURSE
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("course", choices=("admission", "core", "custom"))
    parser.add_argument("kubeconfig", type=Path)
    parser.add_argument("server", help="what was asked, such as 'kube-apiserver v1.20.2'")
    parser.add_argument("--core", type=Path, help="the kubeconfig of the server it stands behind")
    given = parser.parse_args()
    calls = course(given.course)
    answers = play(calls, Server.of(given.kubeconfig), given.core and Server.of(given.core))
    names = [asked.name for asked in calls]
    kept = {"server": given.server, "answers": dict(zip(names, answers, strict=True))}
    text = json.dumps(kept, indent=1, sort_keys=True, ensure_ascii=False)
    (FOLDER / f"{given.course}.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
