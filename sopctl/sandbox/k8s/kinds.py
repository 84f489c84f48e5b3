"""Which resources are served: the built-in table, and the custom ones as they are defined."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sopctl.sandbox.k8s import releases
from sopctl.sandbox.k8s import schema as schemas
from sopctl.sandbox.k8s.errors import ApiError, NotServedError, no_such_path
from sopctl.sandbox.k8s.objects import Obj

ALL_VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")

# In the order in which the server of custom resources names them.
_CUSTOM_VERBS = (
    *("delete", "deletecollection", "get", "list"),
    *("patch", "create", "update", "watch"),
)

# Neither extract carries these; from each type's registry storage (pkg/registry/**/storage).
_SHORT_NAMES: Mapping[str, tuple[str, ...]] = {
    "configmaps": ("cm",),
    "cronjobs": ("cj",),
    "customresourcedefinitions": ("crd", "crds"),
    "daemonsets": ("ds",),
    "deployments": ("deploy",),
    "endpoints": ("ep",),
    "events": ("ev",),
    "horizontalpodautoscalers": ("hpa",),
    "ingresses": ("ing",),
    "limitranges": ("limits",),
    "namespaces": ("ns",),
    "networkpolicies": ("netpol",),
    "nodes": ("no",),
    "persistentvolumeclaims": ("pvc",),
    "persistentvolumes": ("pv",),
    "poddisruptionbudgets": ("pdb",),
    "pods": ("po",),
    "priorityclasses": ("pc",),
    "replicasets": ("rs",),
    "replicationcontrollers": ("rc",),
    "resourcequotas": ("quota",),
    "serviceaccounts": ("sa",),
    "services": ("svc",),
    "statefulsets": ("sts",),
    "storageclasses": ("sc",),
}
# Left out of the extract with the subresources that lead to a kubelet.
_MORE: Mapping[str, Mapping[str, Obj]] = {
    "serviceaccounts": {
        "token": {
            "group": "authentication.k8s.io",
            "version": "v1",
            "kind": "TokenRequest",
            "verbs": ["create"],
        }
    }
}
_EXTENDING = frozenset({"admissionregistration.k8s.io", "apiextensions.k8s.io"})
_CATEGORY_ALL = frozenset(
    {
        "cronjobs",
        "daemonsets",
        "deployments",
        "horizontalpodautoscalers",
        "jobs",
        "pods",
        "replicasets",
        "replicationcontrollers",
        "services",
        "statefulsets",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subresource:
    """A part of a resource with a path of its own, such as `status`."""

    name: str
    group: str
    version: str
    kind: str
    verbs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceType:
    """One served resource in one version.

    `storage` names the table its objects are in: the plural, or `plural.group` where the plural
    is taken; versions of a custom resource share it.
    """

    group: str
    version: str
    kind: str
    plural: str
    storage: str
    namespaced: bool
    verbs: tuple[str, ...] = ALL_VERBS
    subresources: Mapping[str, Subresource] = field(default_factory=dict)
    singular: str = ""
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    schema: Obj = field(default_factory=dict, repr=False)
    custom: Obj | None = field(default=None, repr=False)  # the version of the definition

    @property
    def api_version(self) -> str:
        """`group/version`, or the bare version in the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def resource(self) -> str:
        """`plural.group` as in messages; the bare plural in the core group."""
        return f"{self.plural}.{self.group}" if self.group else self.plural


class Registry:
    """The served resources of one cluster."""

    def __init__(self, version: str) -> None:
        self.release = version
        self._by_path: dict[tuple[str, str, str], ResourceType] = {}
        self._by_storage: dict[str, ResourceType] = {}
        for kind in _built_in(version):
            self._add(kind)

    def _add(self, kind: ResourceType) -> None:
        self._by_path[kind.group, kind.version, kind.plural] = kind
        self._by_storage[kind.storage] = kind

    def types(self) -> Iterable[ResourceType]:
        """Every served resource, one entry per version."""
        return tuple(self._by_path.values())

    def at(self, group: str, version: str, plural: str) -> ResourceType:
        """The resource served at a path; ApiError 404 when there is none."""
        found = self._by_path.get((group, version, plural))
        if found is None:
            raise self.unserved(group)
        return found

    def unserved(self, group: str) -> ApiError:
        """404 of whoever would serve the group: where nobody does, it is in words."""
        built_in = any(kind.group == group and not kind.custom for kind in self._by_path.values())
        return no_such_path() if built_in else NotServedError()

    def named(self, resource: str) -> ResourceType:
        """The resource with a plural (or `plural.group`); ApiError 404 when there is none."""
        found = self._by_storage.get(resource)
        if found is None:
            found = next((k for k in self._by_path.values() if k.resource == resource), None)
        if found is None:
            raise no_such_path()
        return found

    def of_kind(self, api_version: str, kind: str) -> ResourceType | None:
        """The resource of an object's `apiVersion` and `kind`."""
        for candidate in self._by_path.values():
            if candidate.kind == kind and candidate.api_version == api_version:
                return candidate
        return None

    def define(self, definition: Obj) -> None:
        """Serve the versions of a CustomResourceDefinition, replacing what it served before."""
        self.forget(definition["metadata"]["name"])
        spec = definition["spec"]
        names = spec["names"]
        taken = names["plural"] in self._by_storage
        storage = f"{names['plural']}.{spec['group']}" if taken else names["plural"]
        # The storage version last: `named` answers with it.
        for version in sorted(spec["versions"], key=lambda item: bool(item.get("storage"))):
            if version.get("served"):
                self._add(_custom_type(definition, version, storage))

    def forget(self, name: str) -> None:
        """Stop serving the CustomResourceDefinition called `plural.group`."""
        for path, kind in list(self._by_path.items()):
            if kind.custom is not None and kind.resource == name:
                del self._by_path[path]
                self._by_storage.pop(kind.storage, None)


def _built_in(version: str) -> Iterable[ResourceType]:
    rows = schemas.load("resources.json.gz")
    assert isinstance(rows, list)
    for row in rows:
        plural = row["plural"]
        if not releases.serves(version, row["group"], row["version"], plural):
            continue
        yield ResourceType(
            group=row["group"],
            version=row["version"],
            kind=row["kind"],
            plural=plural,
            storage=plural,
            namespaced=row["namespaced"],
            verbs=tuple(row["verbs"]),
            subresources={
                name: Subresource(
                    name=name,
                    group=sub["group"],
                    version=sub["version"],
                    kind=sub["kind"],
                    verbs=tuple(sub["verbs"]),
                )
                for name, sub in {**row["subresources"], **_MORE.get(plural, {})}.items()
            },
            singular=row["kind"].lower(),
            short_names=_SHORT_NAMES.get(plural, ()),
            categories=_categories(row["group"], plural),
            schema=schemas.of_kind(row["group"], row["version"], row["kind"]),
        )


def _categories(group: str, plural: str) -> tuple[str, ...]:
    if group in _EXTENDING:
        return ("api-extensions",)
    return ("all",) if plural in _CATEGORY_ALL else ()


def _custom_type(definition: Obj, version: Obj, storage: str) -> ResourceType:
    spec = definition["spec"]
    names = spec["names"]
    subresources: dict[str, Subresource] = {}
    declared = version.get("subresources", {})
    if "status" in declared:
        subresources["status"] = Subresource(
            name="status",
            group=spec["group"],
            version=version["name"],
            kind=names["kind"],
            verbs=("get", "patch", "update"),
        )
    if "scale" in declared:
        subresources["scale"] = Subresource(
            name="scale",
            group="autoscaling",
            version="v1",
            kind="Scale",
            verbs=("get", "patch", "update"),
        )
    return ResourceType(
        group=spec["group"],
        version=version["name"],
        kind=names["kind"],
        plural=names["plural"],
        storage=storage,
        namespaced=spec["scope"] == "Namespaced",
        verbs=_CUSTOM_VERBS,
        subresources=subresources,
        singular=names.get("singular", names["kind"].lower()),
        short_names=tuple(names.get("shortNames", ())),
        categories=tuple(names.get("categories", ())),
        schema=schemas.of_custom(dict(version.get("schema", {}).get("openAPIV3Schema", {}))),
        custom=version,
    )
