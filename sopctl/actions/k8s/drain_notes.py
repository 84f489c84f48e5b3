"""What a plan says about the pods of a zone: which stay, and what will hold up the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from sopctl.facts.objects import pdb
from sopctl.facts.objects.node import Node
from sopctl.facts.objects.pdb import Pdb
from sopctl.facts.objects.pod import Pod


def notes(
    evicted: Sequence[Pod], left: Counter[str], nodes: Mapping[str, Node], budgets: Sequence[Pdb]
) -> tuple[str, ...]:
    """*left* counts the pods that stay by the reason why."""
    staying = [f"{count} pods are left: {why}" for why, count in sorted(left.items())]
    jobs = sum(e.owner is not None and e.owner.kind == "Job" and not e.finished for e in evicted)
    if jobs:
        staying.append(f"{jobs} pods of Jobs are evicted: to their Job that is a failure")
    asked = [e for e in evicted if not e.finished and nodes[e.node].ready]
    return (*staying, *_budgets(asked, budgets))


def _budgets(asked: Iterable[Pod], budgets: Sequence[Pdb]) -> Iterator[str]:
    """Budgets that allow less than is asked of them, and pods that two of them guard.

    Not a dry run for each pod: ten of them may all pass where one eviction is allowed.
    """
    wanted, twice = Counter[str](), Counter[str]()
    for each in asked:
        guards = pdb.guarding(each, budgets)
        if len(guards) > 1:
            twice[", ".join(one.full_name for one in guards)] += 1
        elif guards:
            wanted[guards[0].full_name] += 1
    for budget in budgets:
        asking = wanted[budget.full_name]
        if asking > budget.allowed:
            yield (
                f"{budget.full_name} allows {budget.allowed} of {asking} evictions now: "
                f"{budget.healthy} of its pods are healthy, {budget.desired} have to be"
            )
    for names, count in sorted(twice.items()):
        yield f"{count} pods cannot be evicted at all: {names} both guard them"
