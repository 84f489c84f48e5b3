from __future__ import annotations

from sopctl.notation.suggest import did_you_mean


def test_the_nearest_name_is_suggested():
    assert did_you_mean("zoen", ["zone", "evacuate"]) == "Did you mean zone?"
    assert did_you_mean("ZONE", ["zone"]) == "Did you mean zone?"


def test_without_a_near_one_all_are_listed():
    assert did_you_mean("x", ["b", "a"], what="steps") == "Known steps: a, b."
    assert did_you_mean("x", [], what="steps") == "There are no steps."
    assert did_you_mean("x", map(str, range(99)), what="steps").endswith(", 3 and 75 more.")


def test_without_a_word_for_them_the_hint_stays_short():
    assert did_you_mean("x", ["b"]) == "Known are: b."
    assert did_you_mean("x", []) == ""
