"""What is served here: the discovery documents, aggregated and one by one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sopctl.sandbox.k8s.kinds import Registry, ResourceType
from sopctl.sandbox.k8s.objects import Obj, encode
from sopctl.sandbox.k8s.request import Request, Response, answer

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"


def version(release: str) -> Obj:
    """The /version document of `major.minor`."""
    major, minor = release.split(".")[:2]
    return {
        "major": major,
        "minor": minor,
        "gitVersion": f"v{major}.{minor}.0+sandbox",
        "gitCommit": "0000000000000000000000000000000000000000",
        "gitTreeState": "clean",
        "buildDate": "2026-01-01T00:00:00Z",
        "goVersion": "none",
        "compiler": "cpython",
        "platform": "linux/amd64",
    }


def respond(request: Request, registry: Registry) -> Response | None:
    """The answer to a discovery request, None when the path is not one."""
    match [part for part in request.path.split("/") if part]:
        case ["api" | "apis" as root]:
            if "apidiscovery.k8s.io" in request.headers.get("accept", "").split(",")[0]:
                document = _aggregated(registry, core=root == "api")
                return Response(body=encode(document), content_type=AGGREGATED)
            return answer(_core_versions() if root == "api" else _groups(registry))
        case ["api", "v1"]:
            return answer(_resources(registry, "", "v1"))
        case ["apis", group]:
            return answer(_group(group, _versions(registry, group)))
        case ["apis", group, version]:
            return answer(_resources(registry, group, version))
        case _:
            return None


def group_versions(registry: Registry) -> Mapping[str, list[str]]:
    """Served groups with their versions, the preferred first."""
    found: dict[str, list[str]] = {}
    for kind in registry.types():
        versions = found.setdefault(kind.group, [])
        if kind.version not in versions:
            versions.append(kind.version)
    # Custom versions are registered with the storage version last, and that one is preferred.
    return {group: versions[::-1] for group, versions in found.items()}


def _versions(registry: Registry, group: str) -> list[str]:
    found = group_versions(registry).get(group)
    if not found or not group:
        raise registry.unserved(group)
    return found


def _core_versions() -> Obj:
    return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []}


def _groups(registry: Registry) -> Obj:
    groups = group_versions(registry).items()
    return {
        "kind": "APIGroupList",
        "apiVersion": "v1",
        "groups": [_group(group, versions) for group, versions in groups if group],
    }


def _group(group: str, versions: list[str]) -> Obj:
    named = [{"groupVersion": f"{group}/{item}", "version": item} for item in versions]
    return {
        "kind": "APIGroup",
        "apiVersion": "v1",
        "name": group,
        "versions": named,
        "preferredVersion": named[0],
    }


def _of(registry: Registry, group: str, version: str) -> list[ResourceType]:
    return [kind for kind in registry.types() if (kind.group, kind.version) == (group, version)]


def _resources(registry: Registry, group: str, version: str) -> Obj:
    kinds = _of(registry, group, version)
    if not kinds:
        raise registry.unserved(group)
    return {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": f"{group}/{version}" if group else version,
        "resources": [entry for kind in kinds for entry in _entries(kind)],
    }


def _entries(kind: ResourceType) -> Iterable[Obj]:
    yield {
        "name": kind.plural,
        "singularName": kind.singular,
        "namespaced": kind.namespaced,
        "kind": kind.kind,
        "verbs": list(kind.verbs),
        **({"shortNames": list(kind.short_names)} if kind.short_names else {}),
        **({"categories": list(kind.categories)} if kind.categories else {}),
    }
    for sub in kind.subresources.values():
        yield {
            "name": f"{kind.plural}/{sub.name}",
            "singularName": "",
            "namespaced": kind.namespaced,
            "kind": sub.kind,
            "verbs": list(sub.verbs),
            **({"group": sub.group, "version": sub.version} if sub.kind != kind.kind else {}),
        }


def _aggregated(registry: Registry, *, core: bool) -> Obj:
    items = [
        {
            "metadata": {"name": group, "creationTimestamp": None} if group else {},
            "versions": [
                {
                    "version": version,
                    "freshness": "Current",
                    "resources": [_discovered(kind) for kind in _of(registry, group, version)],
                }
                for version in versions
            ],
        }
        for group, versions in group_versions(registry).items()
        if (group == "") is core
    ]
    return {
        "kind": "APIGroupDiscoveryList",
        "apiVersion": "apidiscovery.k8s.io/v2",
        "metadata": {},
        "items": items,
    }


def _discovered(kind: ResourceType) -> Obj:
    return {
        "resource": kind.plural,
        "responseKind": {"group": kind.group, "version": kind.version, "kind": kind.kind},
        "scope": "Namespaced" if kind.namespaced else "Cluster",
        "singularResource": kind.singular,
        "verbs": list(kind.verbs),
        "shortNames": list(kind.short_names),
        "categories": list(kind.categories),
        "subresources": [
            {
                "subresource": sub.name,
                "responseKind": {"group": sub.group, "version": sub.version, "kind": sub.kind},
                "verbs": list(sub.verbs),
            }
            for sub in kind.subresources.values()
        ],
    }
