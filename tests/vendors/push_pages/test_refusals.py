"""Refused pushes as pages: why, what to look at first, whose move it is, letting one in."""

import pytest
from django.utils.translation import override

from tests.conftest import sample
from tests.vendors.push_pages.conftest import (
    AGAIN,
    CALLS,
    HOSTILE,
    NUMBERS,
    RELEASE,
    SEE,
    MakeAccount,
    Refuse,
    Send,
    SignIn,
    page,
)
from vendors import answers, inbox
from vendors.adapters.base import Trust
from vendors.models import Push, Reason, RefusedPush

pytestmark = pytest.mark.django_db


def test_the_list_says_who_was_turned_away_and_why(sign_in: SignIn, refuse: Refuse) -> None:
    refuse(b"{}")

    text = page(sign_in(SEE), "/refusals/")

    for words in ("127.0.0.1", "The signature did not match", "No signature", "fee"):
        assert words in text


def test_each_filter_finds_its_refusals(
    sign_in: SignIn, refuse: Refuse, make_account: MakeAccount, push: Send
) -> None:
    signed = refuse('{"sessionId": "优惠券-1"}'.encode())
    account = make_account("yeta", "Gone")
    account.is_enabled = False
    account.save(update_fields=["is_enabled"])
    push(account, "receiveVoice", b"{}")
    disabled = RefusedPush.objects.latest("id")
    client = sign_in(SEE)

    def found(query: str) -> list[RefusedPush]:
        rows: list[RefusedPush] = client.get("/refusals/" + query).context["refusals"]
        return rows

    assert found("") == [disabled, signed]
    assert found("?reason=signature") == found("?vendor=huawei") == found("?kind=fee") == [signed]
    assert found("?account=Gone") == [disabled]
    assert found("?text=优惠券") == found(f"?text={signed.pk}") == [signed]
    assert found("?text=127.0.0.1") == [disabled, signed]


def test_the_page_says_what_to_look_at_first_and_whose_move_it_is(
    sign_in: SignIn, refuse: Refuse
) -> None:
    trace = refuse(b'{"eventType": "fee", "feeLst": [{"sessionId": "s-1"}]}')

    text = page(sign_in(SEE, NUMBERS), f"/refusals/{trace.pk}/")

    for words in (
        "Is signing switched on in the vendor's console?",
        "The vendor's, or whoever minds its console.",
        "401 Unauthorized",
        '{"resultcode":"401","resultdesc":"Unauthorized"}',
        "s-1",
    ):
        assert words in text


def test_every_reason_and_every_verdict_has_advice() -> None:
    checked = set(Trust) - {Trust.VALID, Trust.NOT_CHECKED}

    with override("en"):
        for reason in Reason:
            for trust in checked:
                advice = answers.advice(RefusedPush(reason=reason.value, trust=trust.value))
                assert str(advice.check)
                assert str(advice.move)
        assert set(answers.SIGNATURES) == checked


def test_a_body_that_was_not_kept_is_said_to_be_gone(
    sign_in: SignIn, make_account: MakeAccount, push: Send
) -> None:
    push(make_account("yeta", allowed_ips="203.0.113.0/24"), "receiveVoice", b"{}")

    text = page(sign_in(SEE, RELEASE), f"/refusals/{RefusedPush.objects.get().pk}/")

    assert "The body is not kept." in text
    assert "403 Forbidden" in text
    assert "Release" not in text


def test_what_strangers_wrote_is_escaped_and_masked(sign_in: SignIn, refuse: Refuse) -> None:
    trace = refuse(f'{{"{HOSTILE}": "13100001111"}}'.encode())

    masked = sign_in(SEE).get(f"/refusals/{trace.pk}/").content.decode()

    assert "<script>alert" not in masked
    assert "13100001111" not in masked
    assert "****1111" in masked


def test_a_push_is_released_by_those_who_may_and_once(sign_in: SignIn, refuse: Refuse) -> None:
    trace = refuse(b"{}")
    address = f"/refusals/{trace.pk}/release/"
    client = sign_in(SEE, RELEASE)

    refused = sign_in(SEE, CALLS, AGAIN).post(address)
    first = client.post(address, follow=True).content.decode()
    second = client.post(address, follow=True).content.decode()

    assert refused.status_code == 403
    assert "The push was released." in first
    assert "There is no body to release" in second
    assert Push.objects.count() == 1
    assert client.get(address).status_code == 405
    assert "Release it now" not in page(client, f"/refusals/{trace.pk}/")


def test_a_released_push_still_shows_the_refusal_that_its_sender_heard(
    sign_in: SignIn, refuse: Refuse
) -> None:
    fee = sample("huawei", "fee__callback")
    trace = refuse(fee)
    client = sign_in(SEE, CALLS, RELEASE)
    client.post(f"/refusals/{trace.pk}/release/")
    inbox.process_all()
    row = Push.objects.get()

    alone = page(client, f"/pushes/{row.pk}/")
    of_call = page(client, f"/calls/{row.call_ids}/pushes/")

    for text in (alone, of_call):
        assert "401 Unauthorized" in text
        assert "200 OK" not in text
    assert f'href="/refusals/{trace.pk}/"' in alone


def test_the_page_is_for_those_who_may_see_pushes(sign_in: SignIn, refuse: Refuse) -> None:
    trace = refuse(b"{}")

    assert sign_in(CALLS, RELEASE).get(f"/refusals/{trace.pk}/").status_code == 403
    assert sign_in(SEE).get("/refusals/99/").status_code == 404
