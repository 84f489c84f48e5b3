from __future__ import annotations

import jsonpatch
import pytest

from sopctl.providers import json_patch

OBJECT = {"metadata": {"uid": "u-1", "resourceVersion": "7", "annotations": {"a/b~c": "old"}}}


def test_keys_with_slashes_and_tildes_are_escaped():
    path = json_patch.pointer("metadata", "annotations", "a/b~c")
    assert path == "/metadata/annotations/a~1b~0c"
    changed = jsonpatch.apply_patch(OBJECT, [json_patch.add(path, "new")])
    assert changed["metadata"]["annotations"] == {"a/b~c": "new"}


def test_the_same_object_in_the_same_version_passes():
    assert jsonpatch.apply_patch(OBJECT, json_patch.same_object("u-1", "7")) == OBJECT


@pytest.mark.parametrize(("uid", "version"), [("u-2", "7"), ("u-1", "8")])
def test_another_object_or_version_does_not(uid, version):
    with pytest.raises(jsonpatch.JsonPatchTestFailed):
        jsonpatch.apply_patch(OBJECT, json_patch.same_object(uid, version))


def test_what_is_not_known_is_not_tested():
    assert json_patch.same_object("", "") == []
