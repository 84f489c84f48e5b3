"""The filters against slow, literal readings of the documented rules, on random small clusters.

Rules: https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/ and
.../assign-pod-node/, as filtering.go of the two plugins reads them.
"""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from sopctl.sandbox.k8s.objects import Obj
from sopctl.sandbox.world.scheduling.neighbours import Neighbours
from sopctl.sandbox.world.scheduling.snapshot import Seat, Snapshot
from sopctl.sandbox.world.scheduling.spread import Spread
from sopctl.sandbox.world.scheduling.subject import place, subject
from tests.fakes.workloads import pod, pod_spec

KEYS = ("zone", "host", "rack")
TAINT: Obj = {"key": "gone", "effect": "NoSchedule"}
APPS = st.sampled_from(["web", "db"])


@st.composite
def nodes(draw):
    made = []
    for number in range(draw(st.integers(1, 5))):
        labels = {"host": f"n{number}", "zone": draw(st.sampled_from("abc"))}
        if draw(st.booleans()):
            labels["rack"] = draw(st.sampled_from("xy"))
        labels = {k: v for k, v in labels.items() if draw(st.integers(0, 9))}  # some miss a key
        taints = [TAINT] if draw(st.integers(0, 3)) == 0 else []
        made.append(
            {"metadata": {"name": f"n{number}", "labels": labels}, "spec": {"taints": taints}}
        )
    return made


SELECTORS = st.one_of(
    st.none(),
    st.just({}),
    APPS.map(lambda app: {"matchLabels": {"app": app}}),
    st.just({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["db"]}]}),
)
CONSTRAINTS = st.builds(
    lambda key, skew, low, selector, affinity, taints, revision: {
        "topologyKey": key,
        "maxSkew": skew,
        "whenUnsatisfiable": "DoNotSchedule",
        **({"minDomains": low} if low else {}),
        **({"labelSelector": selector} if selector is not None else {}),
        **({"matchLabelKeys": ["rev"]} if revision and selector else {}),
        "nodeAffinityPolicy": affinity,
        "nodeTaintsPolicy": taints,
    },
    st.sampled_from(KEYS),
    st.integers(1, 3),
    st.integers(0, 4),
    SELECTORS,
    st.sampled_from(["Honor", "Ignore"]),
    st.sampled_from(["Honor", "Ignore"]),
    st.booleans(),
)
TERMS = st.builds(
    lambda key, selector, namespaces: {
        "topologyKey": key,
        "labelSelector": selector,
        **({"namespaces": namespaces} if namespaces else {}),
    },
    st.sampled_from(KEYS),
    SELECTORS,
    st.sampled_from([[], ["other"], ["shop", "other"]]),
)


def affinity(attracted: list[Obj], repelled: list[Obj]) -> Obj:
    required = "requiredDuringSchedulingIgnoredDuringExecution"
    return {"podAffinity": {required: attracted}, "podAntiAffinity": {required: repelled}}


@st.composite
def pods(draw, name: str, *, terms: bool):
    spec = pod_spec()
    if terms:
        lists = st.lists(TERMS, max_size=2)
        spec["affinity"] = affinity(draw(lists), draw(lists))
    made = pod(name, spec, app=draw(APPS), rev=draw(st.sampled_from("12")))
    made["metadata"]["namespace"] = draw(st.sampled_from(["shop", "shop", "other"]))
    if draw(st.integers(0, 4)) == 0:
        made["metadata"]["deletionTimestamp"] = "2026-11-01T03:00:00Z"
    return made


@st.composite
def clusters(draw, *, terms: bool):
    found = draw(nodes())
    seated = []
    for number in range(draw(st.integers(0, 8))):
        home = draw(st.sampled_from(found))["metadata"]["name"]
        seated.append((draw(pods(f"p{number}", terms=terms)), home))
    return found, seated


def snapshot(found: list[Obj], seated: list[tuple[Obj, str]]) -> Snapshot:
    made = Snapshot(Seat(place(each)) for each in found)
    for each, home in seated:
        made.bind(subject(each), home)
    return made


def selects(selector: Obj | None, labels: dict[str, str]) -> bool:
    """No selector selects nothing, an empty one everything."""
    if selector is None:
        return False
    for key, value in (selector.get("matchLabels") or {}).items():
        if labels.get(key) != value:
            return False
    for each in selector.get("matchExpressions") or []:
        inside = labels.get(each["key"]) in each["values"]
        if inside != (each["operator"] == "In"):
            return False
    return True


def matching(constraint: Obj, new: Obj, other: Obj) -> bool:
    """Apply labelSelector and matchLabelKeys, which keeps a revision among itself."""
    same = all(
        other["metadata"]["labels"][key] == new["metadata"]["labels"][key]
        for key in constraint.get("matchLabelKeys") or []
    )
    return same and selects(constraint.get("labelSelector"), other["metadata"]["labels"])


def counts(constraint: Obj, new: Obj, other: Obj) -> bool:
    """Whether a pod counts. An empty selector counts nothing (countPodsMatchSelector)."""
    empty = constraint.get("labelSelector") == {} and not constraint.get("matchLabelKeys")
    return (
        not empty
        and other["metadata"]["namespace"] == new["metadata"]["namespace"]
        and "deletionTimestamp" not in other["metadata"]
        and matching(constraint, new, other)
    )


def eligible(constraint: Obj, new: Obj, node: Obj) -> bool:
    """Apply the two node inclusion policies and the rule that every key must be there."""
    labels = node["metadata"]["labels"]
    wanted = new["spec"].get("nodeSelector") or {}
    keys = {each["topologyKey"] for each in new["spec"]["topologySpreadConstraints"]}
    if not keys <= labels.keys():
        return False
    if constraint["nodeAffinityPolicy"] == "Honor" and not wanted.items() <= labels.items():
        return False
    return not (constraint["nodeTaintsPolicy"] == "Honor" and node["spec"]["taints"])


def spreads(new: Obj, here: Obj, found: list[Obj], seated: list[tuple[Obj, str]]) -> bool:
    """Read the rule: skew = pods in this domain + self - fewest in an eligible domain."""
    for each in new["spec"]["topologySpreadConstraints"]:
        key = each["topologyKey"]
        if key not in here["metadata"]["labels"]:
            return False
        domains: dict[str, int] = {}
        for node in found:
            if eligible(each, new, node):
                domain = node["metadata"]["labels"][key]
                own = [pod for pod, home in seated if home == node["metadata"]["name"]]
                number = sum(counts(each, new, pod) for pod in own)
                domains[domain] = domains.get(domain, 0) + number
        enough = len(domains) >= each.get("minDomains", 1)
        fewest = min(domains.values(), default=0) if enough else 0
        inside = domains.get(here["metadata"]["labels"][key], 0)
        if inside + matching(each, new, new) - fewest > each["maxSkew"]:
            return False
    return True


@settings(max_examples=60, deadline=None)
@given(
    clusters(terms=False),
    st.lists(CONSTRAINTS, min_size=1, max_size=3),
    pods("new", terms=False),
    st.booleans(),
)
def test_spread(cluster, constraints, new, picky):
    found, seated = cluster
    new["spec"]["topologySpreadConstraints"] = constraints
    if picky:
        new["spec"]["nodeSelector"] = {"zone": "a"}
    asked = Spread(subject(new), snapshot(found, seated))

    for node in found:
        expected = spreads(new, node, found, seated)
        assert (asked.refusal(place(node)) is None) == expected


def holds(term: Obj, holder: Obj, other: Obj) -> bool:
    homes = term.get("namespaces") or [holder["metadata"]["namespace"]]
    labels = other["metadata"]["labels"]
    return other["metadata"]["namespace"] in homes and selects(term.get("labelSelector"), labels)


def terms_of(each: Obj, kind: str) -> list[Obj]:
    wishes = (each["spec"].get("affinity") or {}).get(kind) or {}
    return wishes.get("requiredDuringSchedulingIgnoredDuringExecution") or []


def welcomes(new: Obj, here: Obj, found: list[Obj], seated: list[tuple[Obj, str]]) -> bool:
    """Read the rules of required pod affinity and anti-affinity."""
    by_name = {each["metadata"]["name"]: each["metadata"]["labels"] for each in found}
    labels = here["metadata"]["labels"]

    def together(term: Obj, home: str) -> bool:
        key = term["topologyKey"]
        return key in labels and by_name[home].get(key) == labels[key]

    attracted = terms_of(new, "podAffinity")
    friends = [home for other, home in seated if all(holds(term, new, other) for term in attracted)]
    if attracted:
        if any(term["topologyKey"] not in labels for term in attracted):
            return False
        near = all(any(together(term, home) for home in friends) for term in attracted)
        known = any(term["topologyKey"] in by_name[home] for term in attracted for home in friends)
        first = not known and all(holds(term, new, new) for term in attracted)
        if not near and not first:
            return False
    for other, home in seated:
        if any(
            holds(term, new, other) and together(term, home)
            for term in terms_of(new, "podAntiAffinity")
        ):
            return False
        if any(
            holds(term, other, new) and together(term, home)
            for term in terms_of(other, "podAntiAffinity")
        ):
            return False
    return True


@settings(max_examples=60, deadline=None)
@given(clusters(terms=True), pods("new", terms=True))
def test_affinity_between_pods(cluster, new):
    found, seated = cluster
    asked = Neighbours(subject(new), snapshot(found, seated))

    for node in found:
        assert (asked.refusal(place(node)) is None) == welcomes(new, node, found, seated)


@settings(max_examples=30, deadline=None)
@given(clusters(terms=True), pods("new", terms=True), st.lists(CONSTRAINTS, max_size=2), st.data())
def test_noting_and_forgetting_is_counting_again(cluster, new, constraints, data):
    """What preemption and packing rely on."""
    found, seated = cluster
    new["spec"]["topologySpreadConstraints"] = constraints
    guest = subject(new)
    whole = snapshot(found, seated)
    spread, near = Spread(guest, whole), Neighbours(guest, whole)
    kept = []
    for each, home in seated:
        if data.draw(st.booleans()):
            spread.note(subject(each), whole.seats[home].place, -1)
            near.note(subject(each), whole.seats[home].place, -1)
        else:
            kept.append((each, home))

    fresh = snapshot(found, kept)
    again = Spread(guest, fresh), Neighbours(guest, fresh)
    for node in found:
        where = place(node)
        assert spread.refusal(where) == again[0].refusal(where)
        assert near.refusal(where) == again[1].refusal(where)
