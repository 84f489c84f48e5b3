"""What an API server has under a version and a kind: its discovery, for actions on any object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from sopctl.core.codec import Json
from sopctl.core.errors import NotFoundError, RefusedError
from sopctl.providers.k8s import K8s
from sopctl.providers.k8s_paths import kind_of, root_of


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiResource:
    """*kind* is that of resource ids; *scalable*: it has the subresource ``scale``."""

    kind: str
    namespaced: bool
    scalable: bool


def discover(k8s: K8s, api_version: str, kind: str) -> ApiResource:
    """The resource of that *kind*; raises RefusedError for what the cluster does not serve.

    Source: kubernetes.io, "The Kubernetes API", discovery (``APIResourceList``).
    """
    try:
        listed = k8s.get(root_of(api_version)).get("resources") or ()
    except NotFoundError as error:
        raise RefusedError(
            f"the cluster has no API {api_version}",
            hint="Look at `kubectl api-versions`: is it the right cluster?",
        ) from error
    whole = {each["kind"]: each for each in listed if "/" not in each["name"]}
    if kind not in whole:
        close = get_close_matches(kind, whole, n=1)
        meant = f"Did you mean {close[0]}? " if close else ""
        raise RefusedError(
            f"{api_version} has no kind {kind!r}", hint=f"{meant}Look at `kubectl api-resources`."
        )
    plural = whole[kind]["name"]
    return ApiResource(
        kind=kind_of(api_version, plural),
        namespaced=bool(whole[kind].get("namespaced")),
        scalable=any(each["name"] == f"{plural}/scale" for each in listed),
    )


def permission(verb: str, params: Mapping[str, Json], subresource: str = "") -> tuple[str, ...]:
    """The permission to *verb* what ``api_version`` and ``kind`` of a step say, as one text.

    Without a cluster the plural is a guess, the same as in apimachinery
    ``UnsafeGuessKindToResource``. Nothing is known of what an expression says.
    """
    version, kind = str(params.get("api_version", "")), str(params.get("kind", "")).lower()
    if not kind or "${{" in version + kind:
        return ()
    group = version.rpartition("/")[0]
    plural = _plural(kind)
    return (f"k8s:{verb} {plural}{'.' if group else ''}{group}{subresource}",)


def _plural(singular: str) -> str:
    if singular == "endpoints":
        return singular
    if singular.endswith("s"):
        return f"{singular}es"
    return f"{singular[:-1]}ies" if singular.endswith("y") else f"{singular}s"
