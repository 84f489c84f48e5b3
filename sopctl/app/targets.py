"""The targets one can name: those of ``targets.yaml``, the sandbox, and whatever is current.

The file is a mapping ``targets:`` of names to the fields of ``core.target.Target``. Ids are text
whatever they look like; the file is ours alone (0600), because it pins identities.
"""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from sopctl.app import tampering
from sopctl.core.codec import Json, decode
from sopctl.core.errors import InvalidRunbookError, UsageError
from sopctl.core.target import Target

SANDBOX: Final = "sandbox"
CURRENT: Final = "current"
_LOCKS: Final = ("required", "best_effort", "off")
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_TEXT: Final = frozenset({
    "region", "profile", "aws_config", "kubeconfig", "context", "account", "cluster_uid",
    "clock", "clock_token_file", "lock",
})  # fmt: skip


class Targets:
    """``targets.yaml``, read when it is asked for."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def all(self) -> Mapping[str, Target]:
        """Every configured target by name; raises InvalidRunbookError or UsageError."""
        from sopctl.notation import strict_yaml  # noqa: PLC0415  # `--help` reads no YAML

        tampering.refuse(self._path)
        try:
            text = self._path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return {}
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(
                f"{self._path} cannot be read", hint="Check that it is a UTF-8 file of yours."
            ) from error
        document = strict_yaml.parse(text, str(self._path))
        if document.problems:
            raise InvalidRunbookError(
                f"{self._path} is not usable", problems=tuple(document.problems)
            )
        return {name: _target(name, fields) for name, fields in _entries(document.data)}

    def find(self, name: str) -> Target:
        """The configured target *name*; raises UsageError."""
        from sopctl.notation.suggest import did_you_mean  # noqa: PLC0415  # as above

        found = self.all()
        if name not in found:
            hint = did_you_mean(name, [*found, SANDBOX], what="targets")
            raise UsageError(f"there is no target {name}", hint=hint)
        return found[name]

    def add(self, target: Target) -> None:
        """Write *target* into the file; one of the same name is replaced."""
        refuse_name(target.name)
        entries = {**self.all(), target.name: target}
        self._write({name: _fields(entry) for name, entry in sorted(entries.items())})

    def _write(self, entries: Mapping[str, Mapping[str, Json]]) -> None:
        import yaml  # noqa: PLC0415  # as above

        text = yaml.safe_dump({"targets": dict(entries)}, sort_keys=False)
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = self._path.with_suffix(f".{os.getpid()}.new")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        fresh.replace(self._path)


def refuse_name(name: str) -> None:
    """Raise UsageError for what cannot be the name of a target of one's own."""
    if not _NAME.fullmatch(name) or name in (SANDBOX, CURRENT):
        raise UsageError(
            f"{name!r} cannot name a target",
            hint="Use lower-case letters, digits, dots and dashes; sandbox and current are taken.",
        )


def current(environ: Mapping[str, str]) -> Target:
    """The kubeconfig context and the AWS environment in use now; nothing is pinned."""
    return Target(
        name=CURRENT,
        region=environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION", ""),
        profile=environ.get("AWS_PROFILE", ""),
        kubeconfig=environ.get("KUBECONFIG", ""),
    )


def _entries(data: Json) -> list[tuple[str, Mapping[str, Json]]]:
    targets = data.get("targets") if isinstance(data, Mapping) else None
    if data is None:
        return []
    if not isinstance(targets, Mapping) or not all(
        isinstance(t, Mapping) for t in targets.values()
    ):
        raise UsageError(
            "targets.yaml has no mapping `targets`",
            hint="Write targets: and below it one mapping for each name.",
        )
    return [(name, fields) for name, fields in targets.items() if isinstance(fields, Mapping)]


def _target(name: str, fields: Mapping[str, Json]) -> Target:
    texts = {key: str(value) if key in _TEXT else value for key, value in fields.items()}
    if isinstance(labels := texts.get("labels"), Mapping):
        texts["labels"] = {key: str(value) for key, value in labels.items()}
    try:
        found = decode(Target, {**texts, "name": name})
    except (TypeError, ValueError) as error:
        raise _unusable(name, str(error)) from error
    if "@" in found.clock:  # it would be shown wherever the target is
        raise _unusable(name, "clock: no password may stand in it; give clock_token_file")
    if found.lock not in _LOCKS:  # misspelt, it would lock less than was meant
        raise _unusable(name, f"lock: {found.lock!r} is not one of {', '.join(_LOCKS)}")
    return found


def _unusable(name: str, why: str) -> UsageError:
    return UsageError(
        f"target {name} in targets.yaml is not usable: {why}",
        hint="Compare it with what `sopctl target add` writes.",
    )


def _fields(target: Target) -> dict[str, Json]:
    """The fields that differ from their defaults."""
    found: dict[str, Json] = {}
    for field in dataclasses.fields(Target):
        value = getattr(target, field.name)
        if field.name != "name" and value not in (field.default, {}):
            found[field.name] = dict(value) if isinstance(value, Mapping) else value
    return found
