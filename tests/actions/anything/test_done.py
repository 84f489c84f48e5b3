from __future__ import annotations

import pytest

from sopctl.actions.anything.done import refuse_one_way, way_back
from sopctl.core.action import Undo
from sopctl.core.errors import RefusedError


@pytest.mark.parametrize(("undo", "word"), [((), ""), (("x",), "it is gone")])
def test_there_is_a_way_back_or_a_word_why_not(undo, word):
    with pytest.raises(RefusedError, match="either undo or irreversible"):
        refuse_one_way(undo, word, "it")


def test_what_is_irreversible_has_no_way_back():
    refuse_one_way((), "it is gone", "it")
    refuse_one_way(("x",), "", "it")
    assert way_back("it is gone") is Undo.NONE
    assert way_back("") is Undo.EXACT
