"""Replies are written as xmltodict writes them, which moto asks otherwise."""

import pytest
import xmltodict

from sopctl.sandbox.aws.patches import wire

BODIES = [
    {"R": {}},
    {"R": {"Empty": "", "None": None, "Nothing": [], "Zero": 0, "Yes": True, "No": False}},
    {"R": {"Groups": {"member": [{"Name": "a", "Size": 3}, {"Name": "b", "Size": 4.5}, {}]}}},
    {"R": {"List": ["x", None, "", {"y": "z"}]}},
    {"R": {"@xmlns": 'http://a.b/?c&"d"', "Text": "<&>\"'ü"}},
    {"R": {"@a": "1", "Inner": {"@b": "2", "#text": "between & beside", "After": "last"}}},
]


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize(("write", "full"), [(wire.fragment, False), (wire.document, True)])
def test_a_reply_is_as_xmltodict_writes_it(body, write, full):
    wanted = xmltodict.unparse(body, full_document=full, short_empty_elements=True)
    assert xmltodict.parse(write(None, body)) == xmltodict.parse(wanted)
    assert write(None, body).startswith("<?xml") is full
