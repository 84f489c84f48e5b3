"""The text of a new runbook: short, valid, and with everything that most runbooks need."""

from __future__ import annotations

import json
import re
from datetime import date

from sopctl.core.errors import UsageError
from sopctl.notation.shape import NAME
from sopctl.notation.strict_yaml import scalar

_TEXT = """\
# Next: sopctl runbook lint FILE, then sopctl run FILE --target sandbox --dry-run
{editors}
apiVersion: sopctl/v1
kind: Runbook
metadata:
  name: {name}
  title: {title}
  owner: {owner}
  reviewed: {reviewed}
description: |
  When to run this, what it does, and how to tell that it worked.
parameters:
  namespaces:
    type: list
    default: []
    help: Only these namespaces; all of them if there are none.
guardrails:
  max_objects:
    k8s.hpa: {{count: 50, percent: 100}}
revert_within: 12h

steps:
  - id: freeze-pods
    why: Say what would go wrong without this step.
    uses: k8s.hpa.scale_down
    with: {{namespaces: "${{{{ params.namespaces }}}}"}}

  - id: go
    gate: Is everything as it should be?

return:
  - {{restore: [freeze-pods]}}
"""
_SCHEMA = "# yaml-language-server: $schema={schema}"
_NO_SCHEMA = """\
# For completion in editors: sopctl runbook schema > runbook.schema.json, beside this file, and
# above all else the line "# yaml-language-server: $schema=runbook.schema.json"."""


def skeleton(name: str, *, today: date, title: str = "", owner: str = "", schema: str = "") -> str:
    """The text of the runbook *name*; raises UsageError if that cannot be a name.

    *schema* is where an editor finds the JSON Schema, from the file on; empty: it says how to
    get one, because an editor complains of a schema that is not there.
    """
    if not re.fullmatch(NAME, name):
        raise UsageError(
            f"{name!r} cannot be the name of a runbook",
            hint="Use lower-case letters, digits, dots and dashes; at most 64 characters.",
        )
    return _TEXT.format(
        editors=_SCHEMA.format(schema=schema) if schema else _NO_SCHEMA,
        name=_scalar(name),
        title=_scalar(title or f"What {name} does, in one line"),
        owner=_scalar(owner or "team-name"),
        reviewed=today.isoformat(),
    )


def _scalar(text: str) -> str:
    """*text* as one line of YAML."""
    plain = re.fullmatch(r"[A-Za-z][A-Za-z0-9 ,./-]*", text) and isinstance(scalar(text), str)
    return text if plain else json.dumps(text, ensure_ascii=False)
