"""The same policy and roles for Terraform, in its JSON syntax (``NAME.tf.json``).

Source: developer.hashicorp.com/terraform/language/syntax/json; the resources are those of the
providers hashicorp/aws and hashicorp/kubernetes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sopctl.core.codec import Json
from sopctl.permissions.rbac import Manifest

_RULE = {
    "apiGroups": "api_groups",
    "resources": "resources",
    "resourceNames": "resource_names",
    "nonResourceURLs": "non_resource_urls",
    "verbs": "verbs",
}
_TYPES = {
    "ClusterRole": "kubernetes_cluster_role_v1",
    "ClusterRoleBinding": "kubernetes_cluster_role_binding_v1",
    "Role": "kubernetes_role_v1",
    "RoleBinding": "kubernetes_role_binding_v1",
}


def configuration(
    policy: Mapping[str, Json], roles: Sequence[Manifest], name: str
) -> Mapping[str, Json]:
    """A configuration with one resource for the policy, and one for each role and binding."""
    resources: dict[str, Any] = {
        "aws_iam_policy": {_word(name): {"name": name, "policy": _literal(json.dumps(policy))}}
    }
    for each in roles:
        meta: Any = each["metadata"]
        label = _word("_".join([name, *([meta["namespace"]] if "namespace" in meta else [])]))
        resources.setdefault(_TYPES[str(each["kind"])], {})[label] = _block(each, meta)
    return {"resource": resources}


def _block(manifest: Manifest, meta: Json) -> Mapping[str, Json]:
    given: Any = manifest
    if "rules" in given:
        rules = [{_RULE[key]: value for key, value in rule.items()} for rule in given["rules"]]
        return {"metadata": meta, "rule": rules}
    return {
        "metadata": meta,
        "role_ref": _snake(given["roleRef"]),
        "subject": [_snake(each) for each in given["subjects"]],
    }


def _snake(reference: Mapping[str, Json]) -> Mapping[str, Json]:
    return {"api_group" if key == "apiGroup" else key: each for key, each in reference.items()}


def _word(name: str) -> str:
    return "".join(letter if letter.isalnum() else "_" for letter in name)


def _literal(text: str) -> str:
    """A text in which Terraform finds no template."""
    return text.replace("${", "$${").replace("%{", "%%{")
