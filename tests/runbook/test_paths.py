from __future__ import annotations

import pytest

from sopctl.runbook import paths

VALUE = {"spec": {"taints": [{"key": "a"}]}, "labels": {"a.b/c": "x", "0": "zero"}}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("spec.taints[0].key", "a"),
        ("labels[a.b/c]", "x"),
        ("labels[0]", "zero"),
        ("spec.taints", [{"key": "a"}]),
        ("", VALUE),
    ],
)
def test_a_path_leads_to_a_value(path, found):
    assert paths.at(VALUE, path) == found


@pytest.mark.parametrize("path", ["spec.none", "spec.taints[1]", "spec.taints.key", "labels[a.b]"])
def test_where_nothing_is_it_says_so(path):
    with pytest.raises(paths.MissingError):
        paths.at(VALUE, path)


@pytest.mark.parametrize("path", [".a", "a..b", "a[", "a]", "a[]"])
def test_what_is_no_path_is_refused(path):
    with pytest.raises(ValueError, match="is not a path"):
        paths.parsed(path)
