"""ControllerRevisions: the templates that a StatefulSet or DaemonSet has had."""

from __future__ import annotations

from sopctl.sandbox.world import pods
from sopctl.sandbox.world.controllers.templates import template_hash
from sopctl.sandbox.world.ports import Obj
from sopctl.sandbox.world.view import View

LABEL = "controller-revision-hash"


def current(view: View, owner: Obj, kind: str) -> Obj:
    """Return the revision of the owner's present template; it is created when it is new."""
    name = f"{owner['metadata']['name']}-{template_hash(owner['spec']['template'])}"
    namespace = owner["metadata"]["namespace"]
    found = view.get("controllerrevisions", name, namespace)
    if found is not None:
        return found
    known = view.owned("controllerrevisions", owner["metadata"]["uid"])
    return view.create(
        "controllerrevisions",
        {
            "apiVersion": "apps/v1",
            "kind": "ControllerRevision",
            "metadata": {
                "name": name,
                "namespace": namespace,
                "labels": owner["spec"]["template"]["metadata"]["labels"],
                "ownerReferences": [pods.owned_by(owner, kind, "apps/v1")],
            },
            "data": {"spec": {"template": owner["spec"]["template"]}},
            "revision": max((each["revision"] for each in known), default=0) + 1,
        },
    )


def template(view: View, owner: Obj, name: str) -> Obj:
    """Return the template of a revision; a forgotten one is the present template."""
    found = view.get("controllerrevisions", name, owner["metadata"]["namespace"])
    stored: Obj = owner["spec"]["template"]
    return stored if found is None else found["data"]["spec"]["template"]
