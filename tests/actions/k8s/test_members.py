"""Members of one object in one merge patch: exactly there, and exactly back."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from sopctl.actions.k8s.members import merge_patch, read
from sopctl.sandbox.k8s.patch import merge_patch as merge

KEYS = st.sampled_from("abc")
LEAVES = st.one_of(st.integers(0, 3), st.text("xy", max_size=2), st.lists(st.integers(0, 2)))
VALUES = st.recursive(LEAVES, lambda inner: st.dictionaries(KEYS, inner, max_size=3), max_leaves=6)
PATHS = st.lists(
    st.lists(KEYS, min_size=1, max_size=3).map(tuple), min_size=1, max_size=3, unique=True
).filter(lambda paths: not any(a != b and a == b[: len(a)] for a in paths for b in paths))


def obj(content):
    return {"metadata": {"resourceVersion": "1"}, **content}


@settings(max_examples=150)
@given(st.dictionaries(KEYS, VALUES, max_size=3), PATHS, st.data())
def test_a_patch_gets_there_and_back(content, paths, data):
    start = read(obj(content), paths)
    if any(_blocked(content, path) for path in paths):
        return  # a member inside of a number
    values = {path: data.draw(st.one_of(st.none(), VALUES)) for path in paths}
    wanted = start.state.become(values)
    there = merge(obj(content), merge_patch(start, wanted))
    seen = read(there, paths)
    for path in paths:
        assert seen.state.value(path) == values[path]
    back = merge(there, merge_patch(seen, start.state))
    assert back == obj(content)


def _blocked(content, path):
    inner = content
    for key in path[:-1]:
        if key not in inner:
            return False
        inner = inner[key]
        if not isinstance(inner, dict):
            return True
    return False


def test_the_way_back_of_one_leaves_the_other_that_was_there_before():
    content = {"spec": {"x": {"a": 1}}}
    paths = (("spec", "x", "a"), ("spec", "x", "b"))
    start = read(obj(content), paths)
    there = merge(obj(content), merge_patch(start, start.state.become({paths[0]: 1, paths[1]: 2})))
    assert merge(there, merge_patch(read(there, paths), start.state)) == obj(content)


def test_what_somebody_put_beside_stays_on_the_way_back():
    paths = (("spec", "x", "a"),)
    start = read(obj({"spec": {}}), paths)
    there = merge(obj({"spec": {}}), merge_patch(start, start.state.become({paths[0]: 1})))
    there["spec"]["x"]["b"] = 2
    seen = read(there, paths)
    body = merge_patch(seen, start.state)
    assert merge(there, body)["spec"] == {"x": {"b": 2}}
