from __future__ import annotations

import subprocess
import sys

import pytest

from sopctl.sandbox.k8s import cel


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ('JSONPatch{op: "add", path: p}', '{"op": "add", "path": p}'),
        ("Object.spec{replicas: 1}", '{"replicas": 1}'),
        ("Object{spec: Object.spec{a: b ? c : d}}", '{"spec": {"a": b ? c : d}}'),
        (
            "object.spec.map(c, {'JSONPatch{x: 1}': c})",
            "object.spec.map(c, {'JSONPatch{x: 1}': c})",
        ),
        ("JSONPatch{op: f(a, b), value: [x, y]}", '{"op": f(a, b), "value": [x, y]}'),
        ('{"a": x ? y : z}', '{"a": x ? y : z}'),
    ],
)
def test_typed_literals_become_maps(typed, plain):
    assert cel.without_types(typed) == plain


def test_values_of_every_shape_come_back_as_json():
    value = cel.compiled("{'a': [1, 2.5, 'x', true, null], 'b': object.c}")({"object": {"c": {}}})
    assert value == {"a": [1, 2.5, "x", True, None], "b": {}}


def test_a_missing_member_is_an_error_and_not_a_text():
    with pytest.raises(cel.ExpressionError, match="nope"):
        cel.compiled("object.nope")({"object": {}})


def test_nulls_do_not_wear_out_the_interpreter():
    code = (
        "from sopctl.sandbox.k8s import cel\n"
        "program = cel.compiled('[null, {\"a\": object.x}]')\n"
        "for _ in range(20000): assert program({'object': {'x': None}}) == [None, {'a': None}]\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr.decode()[-400:]
