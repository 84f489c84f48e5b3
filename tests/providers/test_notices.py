"""People are told once, within bounds, and nothing of an address is ever said."""

from __future__ import annotations

import sys

import pytest

from sopctl.core.errors import FencedError
from sopctl.core.notice import Notice
from sopctl.providers.notices import Notices
from sopctl.providers.secrets import Secrets
from tests.fakes.postbox import postbox

KEY = "hunter2-and-a-long-secret"


@pytest.fixture
def box():
    with postbox() as made:
        yield made


def tell(notices, *to, body="Spot is paused", title="az-failure on prod"):
    return notices.tell(Notice(to=to, title=title), body, lambda: None)


def only(told):
    assert len(told) == 1
    return told[0]


def test_everybody_is_told_by_name_and_the_addresses_stay_secret(box, capfd):
    hidden = []
    secrets = Secrets(environ={"ONCALL": box.url("oncall")}, hide=hidden.append)
    notices = Notices(
        people={"oncall": ("env:ONCALL",), "team": (box.url("team"),)}, secrets=secrets
    )

    assert [told.ok for told in tell(notices, "oncall", "team")] == [True, True]

    assert sorted(path for path, _ in box.letters) == ["oncall", "team"]
    assert set(box.bodies()) == {"Spot is paused"}
    assert set(box.titles()) == {"az-failure on prod"}
    assert sorted(hidden) == sorted([box.url("oncall"), box.url("team")])
    assert capfd.readouterr() == ("", "")


def test_who_is_named_by_nobody_is_told_nothing(box):
    notices = Notices(people={"team": (box.url(),)}, always=("team",))

    assert only(tell(notices)).name == "team"
    assert tell(Notices(people={"team": (box.url(),)})) == ()
    assert len(box.letters) == 1


def test_a_refusal_is_told_with_its_number_and_is_not_sent_again(box, capfd):
    box.answers[KEY] = 503
    notices = Notices(people={"oncall": (box.url(KEY) + "?retry=3&wait=0.1",)})

    told = only(tell(notices, "oncall"))

    assert (told.ok, told.why) == (False, "refused, with 503")
    assert len(box.letters) == 1
    assert KEY not in str(told)
    assert capfd.readouterr() == ("", "")


def test_a_redirect_is_not_followed_even_if_the_address_asks_for_it(box):
    box.answers["box"] = 307
    told = only(tell(Notices(people={"oncall": (box.url() + "?redirect=yes",)}), "oncall"))

    assert not told.ok
    assert [path.partition("?")[0] for path, _ in box.letters] == ["box"]


def test_one_address_of_several_is_enough(box):
    box.answers["bad"] = 500
    notices = Notices(people={"oncall": (box.url("bad"), box.url("good"))})

    told = only(tell(notices, "oncall"))

    assert told.ok
    assert "500" in told.why


def test_who_does_not_answer_in_time_is_not_waited_for_and_not_known(box):
    box.slow = ("slow",)
    notices = Notices(people={"oncall": (box.url("slow"),), "team": (box.url(),)}, limit=0.5)

    slow, quick = tell(notices, "oncall", "team")

    assert (slow.ok, slow.why) == (None, "no answer in time")
    assert quick.ok


def test_what_nobody_answers_is_said_without_the_address(box):
    notices = Notices(people={"oncall": (f"json://127.0.0.1:1/{KEY}",)})

    told = only(tell(notices, "oncall"))

    assert told.ok is False
    assert KEY not in str(told)


def test_an_unreadable_address_is_not_repeated():
    told = only(tell(Notices(people={"oncall": (f"nosuch://{KEY}",)}), "oncall"))

    assert told.ok is False
    assert "cannot read the address" in told.why
    assert KEY not in str(told)


@pytest.mark.parametrize(
    "address",
    [
        "json://hooks.example/x",
        "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#channel",
        "mailto://127.0.0.1?user=me&pass=x&from=a@b.example&to=c@d.example",
    ],
)
def test_a_practice_world_reaches_nothing_real(address):
    told = only(tell(Notices(people={"oncall": (address,)}, practice=True), "oncall"))

    assert (told.ok, told.why) == (False, "it is real, and this is a practice world")


def test_a_practice_world_tells_this_machine_but_not_through_a_proxy(box, monkeypatch):
    notices = Notices(people={"oncall": (box.url(),)}, practice=True)
    assert only(tell(notices, "oncall")).ok

    monkeypatch.setenv("http_proxy", "http://proxy.example:3128")
    assert not only(tell(notices, "oncall")).ok
    assert len(box.letters) == 1


def test_a_worker_that_lost_its_run_tells_nobody(box):
    def guard():
        raise FencedError("lost")

    notices = Notices(people={"oncall": (box.url(),)})
    with pytest.raises(FencedError):
        notices.tell(Notice(to=("oncall",)), "Hello", guard)
    assert box.letters == []


def test_secrets_are_taken_out_of_what_is_said(box):
    notices = Notices(people={"oncall": (box.url(),)}, scrub=lambda t: t.replace(KEY, "[gone]"))
    tell(notices, "oncall", body=f"it is {KEY}", title=KEY)

    assert (box.bodies(), box.titles()) == (["it is [gone]"], ["[gone]"])


def test_what_is_in_the_way_is_known_before(monkeypatch):
    notices = Notices(people={"oncall": ("env:ONCALL",), "team": ("json://127.0.0.1/x",)})

    assert notices.doubts(Notice(to=("team",))) == ()
    assert notices.doubts(Notice()) == ()
    (unset,) = notices.doubts(Notice(to=("oncall",)))
    assert "env:ONCALL" in unset
    (unnamed,) = notices.doubts(Notice(to=("boss",)))
    assert "names nobody boss" in unnamed


def test_without_apprise_the_plan_and_the_answer_say_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "apprise", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    notices = Notices(people={"team": ("json://127.0.0.1/x",)})

    assert "pip install 'sopctl[notify]'" in notices.doubts(Notice(to=("team",)))[0]
    assert "pip install 'sopctl[notify]'" in only(tell(notices, "team")).why
