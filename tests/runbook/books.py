"""Runbooks that include each other, written to a directory."""

from __future__ import annotations

INNER = """\
apiVersion: sopctl/v1
kind: Runbook
metadata: {name: inner, title: The inner one}
parameters:
  zone: {type: zone, required: true}
  mode: {type: enum, choices: [soft, hard], default: soft}
  keys: {type: list, default: [a]}
  patience: {type: duration, default: 2m}
  note: {type: string}
guardrails: {max_objects: {toy.lamp: {count: 5, percent: 50}}}
before:
  - {check: toy.ready}
steps:
  - id: freeze
    uses: toy.freeze
    with: {zone: "${{ params.zone }}", keys: "${{ params.keys }}", mode: "${{ params.mode }}"}
  - id: ask
    gate: Leave ${{ params.zone }} after ${{ params.patience }} s?
  - id: drain
    why: It fails otherwise.
    uses: toy.drain
    when: gates.ask.answer == "yes" && params.patience > 60 // or not
    needs: [freeze]
after:
  - {id: done, check: toy.ready, when: "steps['drain'].outcome == 'applied'"}
return:
  - {restore: [drain]}
  - {gate: "Is ${{ params.zone }} back?"}
  - {restore: [freeze], canary: 1}
"""

OUTER = """\
apiVersion: sopctl/v1
kind: Runbook
metadata: {name: outer, title: The outer one}
parameters:
  place: {type: zone, required: true}
  leave: {type: bool, default: false}
guardrails: {max_objects: {toy.lamp: {count: 5, percent: 50}}}
steps:
  - id: first
    uses: toy.drain
  - id: go
    uses: runbook/inner
    why: It is time.
    when: params.leave
    with: {zone: "${{ params.place }}"}
  - id: last
    uses: toy.drain
    needs: [go]
return:
  - {restore: [last, go, first]}
"""


def write(directory, **texts):
    """Write each text as NAME.yaml; the path of the first."""
    for name, text in texts.items():
        (directory / f"{name}.yaml").write_text(text)
    return directory / f"{next(iter(texts))}.yaml"


def including(*names):
    """A runbook of nothing but other runbooks."""
    steps = "".join(f"  - {{id: s{n}, uses: runbook/{name}}}\n" for n, name in enumerate(names))
    return "apiVersion: sopctl/v1\nkind: Runbook\nmetadata: {name: x, title: X}\nsteps:\n" + (
        steps or "  - {id: lamp, uses: toy.drain}\n"
    )
