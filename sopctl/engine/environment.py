"""What expressions can look at: parameters, facts, and how earlier steps and gates went."""

from __future__ import annotations

from collections.abc import Mapping

from sopctl.core.codec import Json
from sopctl.engine.ports import Facts, Language
from sopctl.engine.state import RunState


def planning(
    language: Language, facts: Facts, params: Mapping[str, Json], *values: Json
) -> dict[str, Json]:
    """The environment for *values* at plan time; reads only the facts that they mention.

    Raises UnreachableError when the provider of a mentioned fact does not answer.
    """
    names: set[str] = set()
    for value in values:
        names |= {r.split(".")[1] for r in language.references(value) if r.startswith("facts.")}
    return {"params": params, "facts": {name: facts.read(name) for name in sorted(names)}}


def running(state: RunState) -> dict[str, Json]:
    """The environment of a `when` that is decided when its step starts."""
    assert state.plan is not None
    return {
        "params": state.plan.params,
        "facts": state.plan.facts,
        "steps": {w.key: {"outcome": str(w.outcome or "")} for w in state.works if not w.back},
        "gates": {
            gate: {"answer": answer["answer"], "by": answer["by"], "reason": answer["reason"]}
            for gate, answer in state.answers.items()
        },
    }
