"""Small runbooks to start from, and broken ones made of them."""

from __future__ import annotations

SMALL = """\
apiVersion: sopctl/v1
kind: Runbook
metadata: {name: small, title: A small runbook}
parameters:
  zone: {type: zone, required: true}
  evacuate: {type: bool, default: false}
steps:
  - id: freeze
    uses: toy.freeze
    with: {zone: "${{ params.zone }}"}
  - id: ask
    gate: Go on?
  - id: drain
    uses: toy.drain
    when: params.evacuate && gates.ask.answer == "yes"
    needs: [freeze]
return:
  - {restore: [drain]}
  - {check: toy.ready, wait: 10m}
  - {restore: [freeze], canary: 1}
"""


def swapped(old: str, new: str, text: str = SMALL) -> str:
    """*text* with the only occurrence of *old* replaced."""
    assert text.count(old) == 1, f"{old!r} occurs {text.count(old)} times"
    return text.replace(old, new)
