"""A scheduling webhook of one's own: two templates of constraints, and one object that binds one.

New pods get the constraints of the PolicyTemplate that the PolicyBinding ``default`` names, each
counting the pods of the same app; what pods state themselves about the same keys is replaced. Pods
without an app and those of kube-system are left alone, and without a binding nothing happens.
Source: Ctrip, "Spot on EKS", 2.4.4 (PolicyTemplates bound dynamically by sched-webhook). The names
are the sandbox's own: the report shows none.
"""

from __future__ import annotations

from sopctl.sandbox.k8s.kinds import ResourceType
from sopctl.sandbox.k8s.objects import Obj
from sopctl.sandbox.k8s.store import Store
from sopctl.sandbox.k8s.writer import Write

TEMPLATES, BINDINGS = "policytemplates", "policybindings"  # the tables: plurals nobody else has
BINDING = "default"
_LEFT_ALONE = "kube-system"


class SchedulingPolicies:
    """The webhook, called for every write."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __call__(self, kind: ResourceType, new: Obj, old: Obj | None, _: Write) -> Obj:
        """The pod with the constraints of the bound template; anything else as it is."""
        if kind.storage != "pods" or old is not None or not self._store.table(BINDINGS):
            return new
        metadata = new["metadata"]
        app = (metadata.get("labels") or {}).get("app")
        if not app or metadata.get("namespace") == _LEFT_ALONE:
            return new
        stated = self._bound()
        keys = {each["topologyKey"] for each in stated}
        own = [
            each
            for each in new["spec"].get("topologySpreadConstraints") or ()
            if each["topologyKey"] not in keys
        ]
        selector = {"matchLabels": {"app": app}}
        constraints = [*own, *({**each, "labelSelector": selector} for each in stated)]
        return {**new, "spec": {**new["spec"], "topologySpreadConstraints": constraints}}

    def _bound(self) -> list[Obj]:
        binding = self._store.get(BINDINGS, ("", BINDING)) or {"spec": {}}
        template = self._store.get(TEMPLATES, ("", str(binding["spec"].get("template", ""))))
        found: list[Obj] = (template or {"spec": {}})["spec"].get("topologySpreadConstraints", [])
        return found
