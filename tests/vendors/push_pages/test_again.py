"""Processing again from the pages: one push, the ticked, all that match, those behind calls."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from calls.models import Call
from tests.vendors.push_pages.conftest import AGAIN, CALLS, SEE, Keep, SignIn, page, record
from vendors import inbox, push_acts
from vendors.models import Push, State

pytestmark = pytest.mark.django_db


def states() -> list[str]:
    return list(Push.objects.order_by("id").values_list("state", flat=True))


def hidden(text: str) -> dict[str, list[str]]:
    """What the confirmation's form would send."""
    form = text.partition('aria-labelledby="confirm"')[2]
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', form):
        found.setdefault(name, []).append(value)
    return found


@pytest.mark.parametrize(
    ("method", "name", "needed"),
    [
        ("post", "push-again", {AGAIN}),
        ("post", "pushes-again", {AGAIN}),
        ("get", "pushes-again-all", {AGAIN}),
        ("post", "pushes-again-all", {AGAIN}),
        ("post", "calls-reprocess", {AGAIN, CALLS}),
    ],
)
def test_every_act_needs_its_permission(
    sign_in: SignIn, keep: Keep, method: str, name: str, needed: set[str]
) -> None:
    row = keep(record())
    address = reverse(name, args=[row.pk] if name == "push-again" else [])
    given = {"push": row.pk, "pick": Call.objects.get().pk, "sure": "1"}

    for missing in needed:
        refused = getattr(sign_in(*({CALLS, SEE, AGAIN} - {missing})), method)(address, given)
        assert refused.status_code == 403
    assert states() == ["done"]
    allowed = getattr(sign_in(*needed), method)(address, given)
    assert allowed.status_code in {200, 302}


def test_a_token_against_forgery_is_needed(sign_in: SignIn, keep: Keep) -> None:
    row = keep(record())
    client = sign_in(SEE, AGAIN, CALLS)
    client.handler.enforce_csrf_checks = True

    for name in ("pushes-again", "pushes-again-all", "calls-reprocess"):
        assert client.post(reverse(name), {"push": row.pk, "sure": "1"}).status_code == 403


def test_one_push_is_put_back_at_once(sign_in: SignIn, keep: Keep, rings: list[None]) -> None:
    row = keep(b"not json")
    client = sign_in(SEE, AGAIN)
    rings.clear()

    response = client.post(f"/pushes/{row.pk}/again/", follow=True)

    assert response.redirect_chain == [(f"/pushes/{row.pk}/", 302)]
    assert "1 push is processed again." in response.content.decode()
    assert states() == ["waiting"]
    assert rings
    again = client.post(f"/pushes/{row.pk}/again/", follow=True)
    assert "Nothing was put back" in again.content.decode()


def test_those_ticked_are_counted_before_they_are_put_back(sign_in: SignIn, keep: Keep) -> None:
    rows = [keep(str(number).encode()) for number in range(3)]
    client = sign_in(SEE, AGAIN)
    ticked = {"push": [rows[0].pk, rows[2].pk, "x", "9" * 30], "back": "state=unreadable"}

    asked = client.post("/pushes/again/", ticked).content.decode()
    before = states()
    done = client.post("/pushes/again/", hidden(asked))

    assert "2 pushes would be processed again." in asked
    assert before == ["unreadable"] * 3
    assert states() == ["waiting", "unreadable", "waiting"]
    assert done["Location"] == "/pushes/?state=unreadable"


def test_nothing_ticked_is_a_sentence(sign_in: SignIn) -> None:
    client = sign_in(SEE, AGAIN, CALLS)

    for name in ("pushes-again", "calls-reprocess"):
        text = client.post(reverse(name), follow=True).content.decode()
        assert "is ticked. Tick the" in text


def test_all_that_match_are_counted_before_they_are_put_back(sign_in: SignIn, keep: Keep) -> None:
    keep(record())
    keep(b"no")
    client = sign_in(SEE, AGAIN)

    asked = page(client, "/pushes/again/all/?state=unreadable")
    before = states()
    done = client.post("/pushes/again/all/?state=unreadable", hidden(asked))

    assert "1 push would be processed again." in asked
    assert before == ["done", "unreadable"]
    assert states() == ["done", "waiting"]
    assert done["Location"] == "/pushes/?state=unreadable"


def test_what_is_too_much_at_once_is_said_and_not_done(
    sign_in: SignIn, keep: Keep, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push_acts, "MOST_AT_ONCE", 2)
    for number in range(3):
        keep(str(number).encode())
    client = sign_in(SEE, AGAIN)

    asked = page(client, "/pushes/again/all/")
    client.post("/pushes/again/all/", hidden(asked))

    assert "2 pushes would be processed again." in asked
    assert "There are more: the newest 2 are taken at once." in asked
    assert states() == ["unreadable", "waiting", "waiting"]


def test_a_filter_that_is_not_understood_puts_nothing_back(sign_in: SignIn, keep: Keep) -> None:
    keep(b"no")

    response = sign_in(SEE, AGAIN).post("/pushes/again/all/?colour=red", follow=True)

    assert "There is no such filter" in response.content.decode()
    assert states() == ["unreadable"]


def test_the_pushes_behind_picked_calls_are_processed_again(sign_in: SignIn, keep: Keep) -> None:
    keep(record("c-1"))
    keep(record("c-1", task_row_index=None))
    keep(record("c-2"))
    Call.objects.filter(call_id="c-1").update(caller="")
    client = sign_in(CALLS, AGAIN)
    picked = {"pick": [Call.objects.get(call_id="c-1").pk], "back": "vendor=yeta"}

    asked = client.post("/calls/reprocess/", picked).content.decode()
    before = states()
    done = client.post("/calls/reprocess/", hidden(asked))

    assert "2 pushes would be processed again." in asked
    assert "They are what 1 call was made of." in asked
    assert before == ["done"] * 3
    assert states() == ["waiting", "waiting", "done"]
    assert done["Location"] == "/calls/?vendor=yeta"
    inbox.process_all()
    assert states() == ["done"] * 3


def test_who_put_back_how_many_is_logged(
    sign_in: SignIn, keep: Keep, caplog: pytest.LogCaptureFixture
) -> None:
    row = keep(record())
    caplog.set_level("INFO")

    sign_in(AGAIN).post(f"/pushes/{row.pk}/again/")

    [line] = [one for one in caplog.records if one.getMessage() == "pushes put back"]
    assert (line.__dict__["pushes"], line.__dict__["by"]) == (1, "person 0")


def test_boxes_and_buttons_stand_only_where_they_can_be_used(sign_in: SignIn, keep: Keep) -> None:
    row = keep(record())
    seeing, acting = sign_in(SEE, CALLS), sign_in(SEE, CALLS, AGAIN)

    for address in ("/pushes/", f"/pushes/{row.pk}/", f"/calls/{Call.objects.get().pk}/pushes/"):
        assert "again" not in _forms(seeing, address)
        assert "again" in _forms(acting, address) or "reprocess" in _forms(acting, address)


def _forms(client: Client, address: str) -> str:
    return " ".join(re.findall(r'<form[^>]*action="([^"]*)"', page(client, address)))


def test_a_waiting_push_is_left_alone(sign_in: SignIn, keep: Keep) -> None:
    keep(record())
    Push.objects.update(state=State.WAITING, attempts=2)

    sign_in(AGAIN).post("/pushes/again/all/", {"sure": "1"})

    assert Push.objects.get().attempts == 2
