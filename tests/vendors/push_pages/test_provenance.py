"""Who said what of a call: each field, whose word counts, what others said, how times were sent."""

from typing import Any

import pytest

from calls import masking
from calls.models import Call
from tests.conftest import sample
from tests.vendors.push_pages.conftest import (
    CALLS,
    HOSTILE,
    NUMBERS,
    SEE,
    Deliver,
    Keep,
    MakeAccount,
    SignIn,
    page,
    record,
)
from vendors import provenance
from vendors.models import Push
from vendors.provenance import Line

pytestmark = pytest.mark.django_db


def lines(call: Call) -> dict[str, Line]:
    found = provenance.lines(call, provenance.pushes_of(call))
    return {line.now.path: line for line in found}


def sent(line: Line) -> tuple[str, str]:
    """Where a value stands in the push, and how."""
    assert line.sent is not None
    return line.sent.place, line.sent.sent


def short(**values: Any) -> dict[str, Any]:
    """The short record of the same call, which says less and counts less."""
    body = record(**values)
    return {name: value for name, value in body.items() if not name.startswith("task_row")}


def test_a_field_names_the_push_whose_word_counts_and_what_others_said(keep: Keep) -> None:
    brief = keep(short(duration_call=27, duration_ring=7))
    full = keep(record(duration_call=28, duration_ring=7))

    found = lines(Call.objects.get())

    talk, ring = found["talk_seconds"], found["ring_seconds"]
    assert talk.by is not None
    assert (talk.by.push_id, talk.by.source, talk.now.value) == (full.pk, "Call record", 28)
    [other] = talk.others
    assert (other.push_id, other.source, other.word and other.word.value) == (
        brief.pk,
        "Short call record",
        27,
    )
    assert talk.is_conflict
    assert not ring.is_conflict
    assert [one.push_id for one in ring.echoes] == [brief.pk]


def test_a_time_is_shown_as_the_vendor_wrote_it_and_where(
    keep: Keep, deliver: Deliver, make_account: MakeAccount
) -> None:
    keep(record(time_ring=1527737756729))
    deliver(make_account("huawei"), "fee", sample("huawei", "fee__callback"))
    yeta, huawei = Call.objects.order_by("id")

    with masking.revealed():
        times, fee = lines(yeta), lines(huawei)

    assert sent(times["started_at"]) == ("time_dial", "1527737756729")
    assert sent(times["rang_at"]) == ("time_ring", "1527737756729")
    ended = sample("huawei", "fee__callback")["feeLst"][0]["callEndTime"]
    assert sent(fee["ended_at"]) == ("feeLst[0].callEndTime", ended)


def test_what_nobody_said_is_worked_out_by_the_portal(
    deliver: Deliver, make_account: MakeAccount
) -> None:
    [call] = deliver(make_account("huawei"), "fee", sample("huawei", "fee__callback"))

    found = lines(call)

    assert found["talk_seconds"].by is None
    assert found["ended_at"].by is not None


def test_a_guess_contradicts_nobody(deliver: Deliver, make_account: MakeAccount) -> None:
    account = make_account("huawei")
    fee = sample("huawei", "fee__callback")
    fee["feeLst"][0] |= {"ulFailReason": "8009", "sessionId": "s-1"}
    status = sample("huawei", "status__callback_disconnect")
    status["statusInfo"] |= {"sessionId": "s-1", "partyType": "callee", "stateCode": 0}
    deliver(account, "fee", fee)
    [call] = deliver(account, "status", status)

    line = lines(call)["ended_by"]

    assert (line.now.value, line.now.text) == ("callee", "Called party")
    assert [(one.word and one.word.value, one.is_guess) for one in line.others] == [
        ("caller", True)
    ]
    assert not line.is_conflict


def test_of_a_push_about_many_calls_only_the_word_about_this_one_counts(
    deliver: Deliver, make_account: MakeAccount
) -> None:
    fee = sample("huawei", "fee__callback")
    first = fee["feeLst"][0] | {"sessionId": "s-1", "callEndTime": "2026-11-02 01:00:00"}
    second = fee["feeLst"][0] | {"sessionId": "s-2", "callEndTime": "2026-11-02 02:00:00"}
    deliver(make_account("huawei"), "fee", fee | {"feeLst": [first, second]})

    line = lines(Call.objects.get(call_id="s-2"))["ended_at"]

    assert not line.others
    assert sent(line)[0] == "feeLst[1].callEndTime"


def test_legs_and_codes_have_their_lines(deliver: Deliver, make_account: MakeAccount) -> None:
    [call] = deliver(make_account("huawei"), "fee", sample("huawei", "fee__callback"))

    found = lines(call)

    leg = call.legs.order_by("id")[0]
    assert found[f"legs.{leg.key}.number"].by
    assert any(path.startswith("codes.") for path in found)
    assert all(line.by for path, line in found.items() if path.startswith(("codes.", "details.")))


def test_the_call_page_fetches_it_when_opened_and_links_it_without_a_script(
    sign_in: SignIn, keep: Keep
) -> None:
    keep(record())
    call = Call.objects.get()

    seen = page(sign_in(CALLS, SEE), f"/calls/{call.pk}/")
    hidden = page(sign_in(CALLS), f"/calls/{call.pk}/")

    assert f'hx-get="/calls/{call.pk}/pushes/" hx-trigger="toggle once"' in seen
    assert f'<a href="/calls/{call.pk}/pushes/">' in seen
    assert f"/calls/{call.pk}/pushes/" not in hidden


def test_the_fold_has_every_push_with_its_body_and_our_answer(sign_in: SignIn, keep: Keep) -> None:
    brief, full = keep(short(duration_call=27)), keep(record())
    address = f"/calls/{Call.objects.get().pk}/pushes/"
    client = sign_in(CALLS, SEE, NUMBERS)

    fold = page(client, address, **{"HX-Request": "true"})
    whole = page(client, address)

    assert "<html" not in fold
    assert "<html" in whole
    for row in (brief, full):
        assert f'href="/pushes/{row.pk}/"' in fold
        assert f'data-copy-from="push-{row.pk}-raw"' in fold
    for words in ("200 OK", "time_dial: 1527737756729", "otherwise", '"duration_call": 27'):
        assert words in fold


def test_what_strangers_wrote_is_escaped_and_masked(sign_in: SignIn, keep: Keep) -> None:
    keep(record(call_id=HOSTILE, surprise={HOSTILE: "13100009999"}, callee="13100001111"))
    address = f"/calls/{Call.objects.get().pk}/pushes/"

    text = sign_in(CALLS, SEE).get(address).content.decode()

    assert "<script>alert" not in text
    assert "****9999" in text
    for number in ("13100009999", "13100001111"):
        assert number not in text


def test_a_call_whose_pushes_are_gone_still_has_its_page(sign_in: SignIn, keep: Keep) -> None:
    keep(record())
    Push.objects.all().delete()

    text = page(sign_in(CALLS, SEE), f"/calls/{Call.objects.get().pk}/pushes/")

    assert "The pushes of this call are no longer kept." in text
    assert "Hung up" in text
