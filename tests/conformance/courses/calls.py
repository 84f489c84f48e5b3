"""Shorthands for the calls of a course."""

from __future__ import annotations

from typing import Any

from tests.conformance.recording import Asked


def get(name: str, path: str, **more: Any) -> Asked:
    return Asked(name=name, method="GET", path=path, **more)


def post(name: str, path: str, body: Any, **more: Any) -> Asked:
    return Asked(name=name, method="POST", path=path, body=body, **more)


def put(name: str, path: str, body: Any, **more: Any) -> Asked:
    return Asked(name=name, method="PUT", path=path, body=body, **more)


def patch(name: str, path: str, body: Any, media: str, **more: Any) -> Asked:
    return Asked(name=name, method="PATCH", path=path, body=body, media=media, **more)


def delete(name: str, path: str, body: Any = None, **more: Any) -> Asked:
    return Asked(name=name, method="DELETE", path=path, body=body, **more)
