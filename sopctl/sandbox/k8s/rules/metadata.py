"""The rules of metadata: names, labels, owners and finalizers.

Source: apimachinery/pkg/api/validation/objectmeta.go.
"""

from __future__ import annotations

import re

from sopctl.sandbox.k8s.errors import cause
from sopctl.sandbox.k8s.kinds import ResourceType
from sopctl.sandbox.k8s.objects import Obj

_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?")
_LABEL_VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?")
_LABEL_KEY = re.compile(r"([a-z0-9.-]+/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")
_ANY_NAME = frozenset({"clusterroles", "clusterrolebindings", "roles", "rolebindings"})
_LONGEST_NAME = 253
_LONGEST_LABEL = 63
_NAME_WANTED = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
    "'.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used "
    "for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
_KEY_WANTED = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end "
    "with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for "
    "validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)
_VALUE_WANTED = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', "
    "and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or "
    "'12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)
_STANDARD_FINALIZERS = frozenset({"foregroundDeletion", "kubernetes", "orphan"})


Causes = list[Obj]


def metadata(kind: ResourceType, meta: Obj) -> Causes:
    causes: Causes = []
    prefix = meta.get("generateName", "")
    for field, name in (("generateName", re.sub("-$", "a", prefix)), ("name", meta.get("name"))):
        sane = name and _NAME.fullmatch(name) and len(name) <= _LONGEST_NAME
        if kind.storage not in _ANY_NAME and not sane and (name or field == "name"):
            text = f'Invalid value: "{meta.get(field, "")}": {_NAME_WANTED}'
            causes.append(cause("FieldValueInvalid", f"metadata.{field}", text))
    for key, value in (meta.get("labels") or {}).items():
        if not _LABEL_KEY.fullmatch(key):
            text = f'Invalid value: "{key}": {_KEY_WANTED}'
            causes.append(cause("FieldValueInvalid", "metadata.labels", text))
        if not _LABEL_VALUE.fullmatch(value) or len(value) > _LONGEST_LABEL:
            text = f'Invalid value: "{value}": {_VALUE_WANTED}'
            causes.append(cause("FieldValueInvalid", "metadata.labels", text))
    return causes + _owners(meta) + _finalizers(kind, meta)


def _owners(meta: Obj) -> Causes:
    """apimachinery/pkg/api/validation/objectmeta.go, validateOwnerReference."""
    wanted = {"apiVersion": "version must not be empty", "kind": "must not be empty"}
    wanted |= {"name": "must not be empty", "uid": "must not be empty"}
    return [
        cause("FieldValueInvalid", f"metadata.ownerReferences.{key}", f'Invalid value: "": {why}')
        for owner in meta.get("ownerReferences") or ()
        for key, why in wanted.items()
        if not owner.get(key)
    ]


def _finalizers(kind: ResourceType, meta: Obj) -> Causes:
    causes: Causes = []
    for index, name in enumerate(meta.get("finalizers") or ()):
        if not _LABEL_KEY.fullmatch(name):
            text = f'Invalid value: "{name}": {_KEY_WANTED}'
            causes.append(cause("FieldValueInvalid", "metadata.finalizers", text))
        if kind.custom is None and "/" not in name and name not in _STANDARD_FINALIZERS:
            text = f'Invalid value: "{name}": name is neither a standard finalizer name nor is it '
            place = f"metadata.finalizers[{index}]"
            causes.append(cause("FieldValueInvalid", place, text + "fully qualified"))
    return causes


def kept(obj: Obj, old: Obj) -> Causes:
    """What an object that is going may not do any more: be held by somebody else, too."""
    before, after = (each["metadata"].get("finalizers") or [] for each in (old, obj))
    more = [name for name in after if name not in before]
    if not old["metadata"].get("deletionTimestamp") or not more:
        return []
    listed = "[]string{" + ", ".join(f'"{name}"' for name in more) + "}"
    text = "Forbidden: no new finalizers can be added if the object is being deleted, found new "
    return [cause("FieldValueForbidden", "metadata.finalizers", f"{text}finalizers {listed}")]
