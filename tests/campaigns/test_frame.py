"""What every campaign has."""

from __future__ import annotations

import json
from itertools import count

import pytest

from campaigns import frame
from campaigns.frame import Campaign, Played, command


def numbers(seed):
    return count(seed)


def play(case):
    return Played((f"ends in {case % 10}",), "it has a seven" if "7" in str(case) else "")


SEVENS = Campaign(name="sevens", cases=numbers, play=play)


@pytest.fixture
def told(monkeypatch, tmp_path):
    """Runs the command with these words; its exit code and what it said."""
    said = []
    monkeypatch.setattr(frame, "FIGURES", tmp_path)
    monkeypatch.setattr(frame, "tell", said.append)

    def run(campaign, *words):
        monkeypatch.setattr("sys.argv", ["campaign", "--workers", "1", *words])
        return command(campaign), "\n".join(said)

    return run


def test_violations_are_told_with_how_to_play_them_again(told):
    code, said = told(SEVENS, "--cases", "20")
    assert code == 1
    assert "20 cases" in said
    assert "it has a seven" in said
    assert "again: --only '7'" in said
    assert "2 violations" in said


def test_one_case_is_played_again(told):
    assert told(SEVENS, "--only", "17")[0] == 1
    assert told(SEVENS, "--only", "18")[0] == 0


def test_what_came_out_is_kept(told, tmp_path):
    told(SEVENS, "--cases", "6", "--seed", "10", "--keep")
    kept = json.loads((tmp_path / "sevens.json").read_text())
    assert (kept["cases"], kept["violations"], kept["cells"], kept["seed"]) == (6, 0, 6, 10)


def test_a_cell_that_was_never_covered_fails_it(told):
    wanted = frozenset({"ends in 1", "ends in 5"})
    code, said = told(Campaign("sevens", numbers, play, wanted), "--cases", "3")
    assert code == 1
    assert "never covered: ends in 5" in said


def test_how_often_each_cell_was_is_kept_if_asked_for(told, tmp_path):
    told(Campaign("sevens", numbers, play, told=True), "--cases", "12", "--seed", "10", "--keep")
    kept = json.loads((tmp_path / "sevens.json").read_text())
    assert kept["by cell"]["ends in 1"] == 2
    assert kept["by cell"]["ends in 9"] == 1
