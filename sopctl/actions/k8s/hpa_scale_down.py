"""``k8s.hpa.scale_down``: no fewer pods while traffic is shifting.

When a zone dies, or traffic is moved, utilisation drops and autoscalers remove replicas that are
needed a minute later. ``behavior.scaleDown.selectPolicy: Disabled`` stops that and nothing else.

The API server fills in the rest of ``behavior`` as soon as any of it is set, scale-up rules
included (k8s.io/kubernetes ``pkg/apis/autoscaling/v2/defaults.go``). So the before-image is the
raw value, and going back to "no behavior at all" removes the whole, provided that the scale-up
rules are still those defaults.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sopctl.core.action import Action, Call, Change, Converged, Receipt, ReceiptKind
from sopctl.core.codec import Json
from sopctl.core.resource import ABSENT, Absent, Observed, ResourceId, Selection
from sopctl.facts.objects import json_text, meta
from sopctl.facts.objects.lookup import IN_FLIGHT, WINDOW, lookup
from sopctl.facts.objects.meta import Obj
from sopctl.facts.world import World
from sopctl.marks import fence
from sopctl.marks.annotation import AnnotationMarker
from sopctl.providers import json_patch, k8s_writes
from sopctl.providers.k8s_paths import collection

KIND = "k8s.hpa"
PART = "spec.behavior.scaleDown"
FROZEN = "Disabled"
_BEHAVIOR = "/spec/behavior"
_SCALE_DOWN = "/spec/behavior/scaleDown"

DEFAULT_SCALE_UP: Json = {
    "stabilizationWindowSeconds": 0,
    "selectPolicy": "Max",
    "policies": [
        {"type": "Pods", "value": 4, "periodSeconds": 15},
        {"type": "Percent", "value": 100, "periodSeconds": 15},
    ],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*namespaces* empty is all of them; *labels* must all be there, with these values."""

    namespaces: tuple[str, ...] = ()
    labels: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleDown:
    """*behavior*: ``spec.behavior`` is there.

    Of its ``scaleDown``, exactly as the API has it: *select_policy*, and *others*, canonical JSON
    of all other members; each empty if there is no such thing. The API server never stores an
    empty ``scaleDown``: it fills it in.
    """

    behavior: bool
    select_policy: str = ""
    others: str = ""

    @property
    def frozen(self) -> bool:
        return self.select_policy == FROZEN

    @property
    def rules(self) -> dict[str, Json]:
        """The members of ``scaleDown``."""
        rules: dict[str, Json] = json_text.parsed(self.others) if self.others else {}
        return rules | ({"selectPolicy": self.select_policy} if self.select_policy else {})


def _read(behavior: Obj | None) -> ScaleDown:
    rules = (behavior or {}).get("scaleDown") or {}
    others = {key: value for key, value in rules.items() if key != "selectPolicy"}
    return ScaleDown(
        behavior=behavior is not None,
        select_policy=rules.get("selectPolicy") or "",
        others=json_text.dumped(others) if others else "",
    )


def select(clients: World, params: Params) -> Selection:
    found = clients.k8s.list(collection(KIND))
    ids, notes = [], _without(found, params)
    for obj in found:
        if not _asked_for(obj, params):
            continue
        name = meta.full_name(obj)
        if _scaled_object(obj):
            notes.append(
                f"{name} is written by KEDA: pause scale-in on its ScaledObject "
                "(annotation autoscaling.keda.sh/paused-scale-in)"
            )
            continue
        ids.append(ResourceId(KIND, name, meta.uid(obj), PART))
        if who := meta.keeper(obj):
            notes.append(f"{name} is kept by {who}, which may write its own version back")
    return Selection(tuple(ids), len(found), tuple(notes))


def _without(found: Sequence[Obj], params: Params) -> list[str]:
    """A remark for each namespace asked for that has none at all: most likely mistyped."""
    known = {each["metadata"]["namespace"] for each in found}
    return [
        f"there is no autoscaler in a namespace {name!r}: is the name right?"
        for name in params.namespaces
        if name not in known
    ]


def _asked_for(obj: Obj, params: Params) -> bool:
    if params.namespaces and obj["metadata"]["namespace"] not in params.namespaces:
        return False
    return (params.labels or {}).items() <= meta.labels(obj).items()


def _scaled_object(obj: Obj) -> bool:
    owner = meta.controller(obj)
    return owner is not None and owner.kind == "ScaledObject"


def observe(
    clients: World, params: Params, ids: Sequence[ResourceId]
) -> Mapping[ResourceId, Observed[ScaleDown]]:
    return {each: _observed(obj) for each, obj in lookup(clients.k8s, ids).items()}


def _observed(obj: Obj) -> Observed[ScaleDown]:
    behavior = obj["spec"].get("behavior")
    return Observed(
        _read(behavior),
        evidence={"scale_up": (behavior or {}).get("scaleUp")},
        version=meta.version(obj),
    )


def desire(
    params: Params, resource: ResourceId, observed: Observed[ScaleDown]
) -> ScaleDown | Absent:
    if observed.state is ABSENT or observed.state.frozen:
        return observed.state
    return replace(observed.state, behavior=True, select_policy=FROZEN)


def satisfies(desired: ScaleDown | Absent, observed: ScaleDown | Absent) -> bool:
    """Frozen is frozen, whatever the API server filled in; the way back is exact."""
    if desired is ABSENT or observed is ABSENT:
        return desired == observed
    return observed.frozen if desired.frozen else desired == observed


def converge(call: Call, clients: World, changes: Sequence[Change[ScaleDown]]) -> Converged:
    for change in changes:
        yield change.resource, _write(call, clients, change)


def _write(call: Call, clients: World, change: Change[ScaleDown]) -> Receipt:
    before, after = change.before.state, change.after
    assert before is not ABSENT, "an HPA always has this state"
    assert after is not ABSENT, "an HPA always has this state"
    scale_up = change.before.evidence.get("scale_up")
    if not after.behavior and scale_up not in (None, DEFAULT_SCALE_UP):
        why = f"somebody set the scale-up rules of {change.resource.name} meanwhile"
        return Receipt(kind=ReceiptKind.REJECTED, why=why)
    operations = json_patch.same_object(change.resource.incarnation, change.before.version)
    if before.rules:
        operations.append(json_patch.test(_SCALE_DOWN, before.rules))
    operations.append(_operation(before, after))
    return k8s_writes.patch(call, clients.k8s, change.resource, operations)


def _operation(before: ScaleDown, after: ScaleDown) -> json_patch.Operation:
    if not after.behavior:
        return json_patch.remove(_BEHAVIOR)
    if not before.behavior:
        return json_patch.add(_BEHAVIOR, {"scaleDown": after.rules} if after.rules else {})
    if not after.rules:
        return json_patch.remove(_SCALE_DOWN)
    return json_patch.add(_SCALE_DOWN, after.rules)


ACTION = Action(
    id="k8s.hpa.scale_down",
    summary="Keep horizontal pod autoscalers from removing replicas.",
    kind=KIND,
    params=Params,
    state=ScaleDown,
    select=select,
    observe=observe,
    desire=desire,
    satisfies=satisfies,
    converge=converge,
    marker=AnnotationMarker("scale_down"),
    touch=fence.touch,
    concurrency=IN_FLIGHT,
    window=WINDOW,
    permissions=(
        "k8s:list horizontalpodautoscalers.autoscaling",
        "k8s:get horizontalpodautoscalers.autoscaling",
        "k8s:patch horizontalpodautoscalers.autoscaling",
    ),
)
