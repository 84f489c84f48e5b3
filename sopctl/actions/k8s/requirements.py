"""The requirements of NodePools: one list, rewritten as a whole, while nothing may be disrupted.

A changed requirement makes nodes drift that do not fit it any more, and Karpenter replaces what has
drifted. So they are written only while the budgets of the NodePool allow no node, in either
direction. Source: karpenter.sh, "Disruption", Drift; drift.go, areRequirementsDrifted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sopctl.actions.k8s import member, nodepools
from sopctl.actions.k8s.member import Member
from sopctl.core.action import Call, Change, Receipt, ReceiptKind
from sopctl.core.codec import Json
from sopctl.core.errors import SopError
from sopctl.core.resource import ABSENT
from sopctl.facts.objects.lookup import lookup
from sopctl.facts.world import World
from sopctl.providers.receipts import receipt

PATH = ("spec", "template", "spec", "requirements")


def without(state: Member, key: str, value: str) -> Member:
    """*value* taken out of what is required of *key*, or excluded where that is left open."""
    said = state.value
    old: Sequence[Json] = said if isinstance(said, Sequence) else ()
    new = [_less(each, value) if _about(each, key) else each for each in old]
    if not any(_about(each, key) for each in old):
        new.append({"key": key, "operator": "NotIn", "values": [value]})
    return state if new == list(old) else member.of(new, PATH)


def _about(each: Json, key: str) -> bool:
    """Whether it lists values of *key*: one that only wants it to be there leaves it open."""
    listing = ("In", "NotIn")
    return isinstance(each, Mapping) and each.get("key") == key and each.get("operator") in listing


def _less(each: Json, value: str) -> Json:
    """The requirement without *value*; it cannot ask for more different values than it lists."""
    assert isinstance(each, Mapping), "it was looked at"
    values = each.get("values")
    listed = [str(one) for one in values] if isinstance(values, Sequence) else []
    if each["operator"] == "NotIn":
        return {**each, "values": [*listed, *([] if value in listed else [value])]}
    kept = [one for one in listed if one != value]
    least = each.get("minValues")
    fewer = {"minValues": len(kept)} if isinstance(least, int) and least > len(kept) else {}
    return {**each, "values": kept, **fewer}


def write(call: Call, world: World, change: Change[Member]) -> Receipt:
    """Only while nothing may be disrupted: in either direction nodes drift."""
    try:
        found = lookup(world.k8s, [change.resource]).get(change.resource)
    except SopError as error:
        return receipt(error)
    budgets = member.read(found, nodepools.BUDGETS).state if found else ABSENT
    if budgets is not ABSENT and not nodepools.frozen(budgets.value):
        why = f"the budgets of {change.resource.name} allow disruption: its nodes would be replaced"
        return Receipt(kind=ReceiptKind.REJECTED, why=why)
    return member.write(call, world, change, PATH)
